"""What detect says of a line is one language, whole, and names what to do."""

import pytest

from edge.detect.found import DeviceFound, LineFound, Nothing
from edge.detect.messages import HeardMessages
from edge.detect.ports import PortHolder
from edge.detect.score import Sureness
from edge.detect.sentences import of_broker, of_holders, of_line, of_the_file, of_topic
from firmware_bridge.sample import Sample
from i18n.catalog import catalog_of
from tests.unit.edge.test_languages import INDONESIAN, triples, untranslated

AIR = DeviceFound("sds011", {}, 19_200, Sureness.CERTAIN, 5, 3, (Sample("pm2_5", 12.3), Sample("pm10", 30.0)))
SLAVE = DeviceFound(
    "modbus", {"model": "xy-md02", "address": 3}, 9_600, Sureness.LIKELY, 2, 0, is_asked=True, labels=True,
    alike=("sht20",), note="x",
)  # fmt: skip
LINES = [
    (LineFound((AIR,)), "certain (5 frames heard at 19200 baud, noise: 3 bytes)"),
    (LineFound((AIR,)), "leaves the factory with 9600"),
    (LineFound((AIR,)), "pm2_5 12.3 ug/m3, pm10 30 ug/m3"),
    (LineFound((SLAVE,)), "likely (a slave answers at address 3, 9600 baud)"),
    (LineFound((DeviceFound("mhz19b", {}, None, Sureness.CERTAIN, 2, 0, is_asked=True),)), "it answers at 9600 baud"),
    (LineFound((DeviceFound("modbus", {"mode": "listen"}, 9_600, Sureness.LIKELY, 9, 0),)), "another master asks"),
    (LineFound((DeviceFound("maxbotix", {}, 9_600, Sureness.POSSIBLE, 9, 0, labels=True),)), "several models sound"),
    (LineFound((), Nothing.SILENT, searched_s=60), "exchange RX and TX"),
    (LineFound((), Nothing.ECHO), "only what was sent came back"),
    (LineFound((), Nothing.GARBAGE, b"\x00\x80\xf8"), "3 bytes came that are no frames at any rate"),
    (LineFound((), Nothing.GARBAGE, b"\x00", framing_errors=7), "counted 7 characters that were none"),
    (LineFound((), Nothing.INVERTED, b"\xab"), "bits turned round"),
    (LineFound((), Nothing.UNKNOWN_TEXT, b"a;b\n" * 3), "such as 'a;b'"),
]


@pytest.mark.parametrize(("found", "part"), LINES)
def test_a_line_is_told_of_in_both_languages(found: LineFound, part: str):
    said = list(of_line(found))
    assert any(part in sentence for sentence in said)
    for sentence in said:
        assert untranslated(sentence) == []
        assert triples(sentence) & triples(catalog_of(INDONESIAN).said(sentence)) == set()


@pytest.mark.parametrize(
    ("holder", "source", "part"),
    [
        (PortHolder(7, "siaga-edge", True), {"name": "river"}, "reads its source 'river'"),
        (PortHolder(7, "siaga-edge", True), None, "belongs to a running agent (process 7)"),
        (PortHolder(7, "minicom", False), None, "is read by minicom (process 7)"),
    ],
)
def test_who_has_the_port_is_named(holder: PortHolder, source: dict[str, str] | None, part: str):
    sentence = of_holders("/dev/ttyUSB0", [holder], source)
    assert part in sentence
    assert untranslated(sentence) == []


def test_topics_are_told_of_in_both_languages():
    heard = HeardMessages()
    said = [*of_broker(heard)]
    for topic, payload in (("a/b", b'{"temperature":1.5}'), ("a/c", b'{"x":1}'), ("a/d", b"open")):
        heard.add(topic, payload)
    heard.more_topics = True
    said += [*map(of_topic, heard.found()), *of_broker(heard)]
    parts = (
        "no message came",
        "1 messages): temperature 1.5 Cel",
        "x = 1",
        "nobody knows a reading",
        "more topics than",
    )
    for sentence, part in zip(said, parts, strict=True):
        assert part in sentence
        assert untranslated(sentence) == []


def test_a_wrong_rate_in_the_file_is_named():
    (sentence,) = of_the_file(LineFound((AIR,)), {"name": "air", "baud": 9_600})
    assert "baud = 9600 for this port (source 'air'), which is wrong: it is 19200" in sentence
    assert untranslated(sentence) == []
    assert list(of_the_file(LineFound((AIR,)), {"name": "air", "baud": 19_200})) == []
    assert list(of_the_file(LineFound((AIR,)), None)) == []
