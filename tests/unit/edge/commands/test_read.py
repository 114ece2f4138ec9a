"""siaga-edge read: what a piece of bytes, a message and their readings look like at a terminal."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.cli import main
from edge.commands import BROKEN, MISTAKES, NO_AGENT, WELL
from edge.commands.read import lines_of
from edge.control.client import AgentAbsent, AgentRefuses
from edge.control.tap import TapEvent, TapReading
from i18n.catalog import LanguageCode, catalog_of
from i18n.message import LocalizedMessage
from tests.unit.edge.control.snapshots import NOW_MS, snapshot

ENGLISH = catalog_of(LanguageCode.ENGLISH)


@pytest.fixture(autouse=True)
def zone_of_morotai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "WIT-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def shown(**event: Any) -> list[str]:
    return list(lines_of(TapEvent(NOW_MS + 120, **event), {"leq": "dB[SPL]"}, ENGLISH))


def test_bytes_stand_in_hexadecimal_beside_their_letters():
    data = b"R0132\r" + bytes(range(14))
    assert shown(data=data.hex(), size=20) == [
        "11:32:33.120  52 30 31 33 32 0d 00 01 02 03 04 05 06 07 08 09  R0132...........",
        "              0a 0b 0c 0d                                      ....",
    ]


def test_a_message_stands_below_its_topic_as_text_or_in_hexadecimal():
    assert shown(topic="tele/air/SENSOR", data=b'{"a":1}'.hex(), size=7) == [
        "11:32:33.120  tele/air/SENSOR",
        '              {"a":1}',
    ]
    assert shown(topic="t", data="ff00", size=9_000)[1:] == [
        "              ff 00                                            ..",
        "              … 9000 bytes in all",
    ]


def test_readings_stand_below_with_units_and_a_doubt_of_their_time():
    rows = (TapReading("a", "pm2_5", 12.5, 0, "synced"), TapReading("a", "leq", 61.0, 0, "unknown"))
    assert shown(readings=rows) == ["              -> a pm2_5 12.5 µg/m³ · leq 61 dB (time unknown)"]


def test_noise_says_why_and_nothing_that_comes_moves_a_cursor():
    assert shown(noise="bad \x1b[2J", size=3) == ["              noise, 3 bytes: bad  [2J"]
    assert "\x1b" not in "".join(shown(topic="t\x1b[2J", data=b"\x1b[2J".hex(), size=4))
    assert shown() == []
    assert shown(missed=4) == ["              (4 more came faster than they could be shown)"]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([TapEvent(NOW_MS, data="aa", size=1)], WELL),
        ([TapEvent(NOW_MS)], BROKEN),
        (AgentRefuses(LocalizedMessage("the agent says: {sentence}", sentence="no")), MISTAKES),
        (AgentAbsent(LocalizedMessage("the agent says: {sentence}", sentence="no")), NO_AGENT),
    ],
)
def test_the_exit_code_says_whether_anything_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: Any, code: int
):
    def ask(_path: Path, request: str, **fields: object) -> Iterator[bytes]:
        assert (request, fields) == ("read", {"source": "river"})
        if isinstance(answers, Exception):
            raise answers
        yield from map(msgspec.json.encode, answers)

    monkeypatch.setattr("edge.commands.read.ask", ask)
    monkeypatch.setattr("edge.commands.read.snapshot_at", lambda _path: snapshot())
    (tmp_path / "edge.toml").write_text("")
    assert main(["read", "river", "--config", str(tmp_path / "edge.toml")]) == code
