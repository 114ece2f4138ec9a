"""The page as HTML: all that the screen of `siaga-edge status` says, well formed, and nothing of a device is markup."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from edge.control.snapshot import AlarmNow, OutputNow, SourceNow, ValueNow
from edge.page.document import POLICY, document
from edge.status_view import view_of
from i18n.catalog import catalog_of
from i18n.message import Bilingual
from tests.unit.edge.control.snapshots import NOW_MS, snapshot
from wire import SourceStatus

_EMPTY = {"meta", "link"}
ALARM = AlarmNow(
    "river-level", "river-daruba-1", Bilingual("Alert 2: River level", "Siaga 2: Permukaan sungai"), "water_level",
    212.0, "cm", NOW_MS - 90_000, NOW_MS - 88_000, "siren",
)  # fmt: skip
HORN = OutputNow("horn", True, problem="the chip says it is off")
STRANGE = SourceNow(
    "<script>alert(1)</script>", SourceStatus.FAILED, '"><img src=x onerror=1>\x1b[2J', 3, 2, 10, 5, 0, 0.5, 1.0,
    (ValueNow("a&b", "x<y", 1.0, "<unit>", 2.0),), 4,
)  # fmt: skip


class Elements(HTMLParser):
    """Elements in the order in which they come, and the words; fails where one is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.words = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert not any(name.startswith("on") or name == "style" for name, _ in attrs)
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data + " "


def words(text: str) -> str:
    return " ".join(Elements(text).words.split())


def page(language: str, **parts: object) -> str:
    shown = snapshot(**parts)
    return document(view_of(shown, catalog_of(language)), catalog_of(language), shown.gateway)


def test_the_page_says_what_the_screen_says():
    shown = words(page("en"))
    for said in (
        "Refused", "the cloud has everything up to", "refused: 12 of air-mraket: unknown sensor", "river working",
        "river-daruba-1 water_level 132.4 cm 1 s ago", "Readings 1,204", "A minute 30.0", "Noise 0.3 %",
        "Spool 0 readings wait; 400.0 kB of 536.9 MB; with the link down it is full in 231.5 days",
        "Link connected to broker.example.org:8883", "Clock the time is known, from the system's clock",
    ):  # fmt: skip
        assert said in shown


def test_alarms_and_outputs_are_said_in_both_languages():
    english = words(page("en", alarms=(ALARM,), outputs=(HORN, OutputNow("lamp", False, is_asked=True))))
    assert re.search(
        r"\bAlarm Alert 2: River level since \S+, now 212 cm; siren answered that it is on, \S+ the cloud", english
    )
    assert "horn is on; it is not as it should be: the chip says it is off" in english
    assert "lamp is off; it has not answered yet" in english
    assert "Siaga 2: Permukaan sungai sejak" in words(page("id", alarms=(ALARM,)))


def test_an_alarm_that_nothing_sounds_for_says_so():
    quiet = AlarmNow("f", "s", Bilingual("Alert", "Siaga"), "water_level", 1.0, "cm", NOW_MS, problem="no answer")
    assert "nothing sounds here: no answer" in words(page("en", alarms=(quiet,)))


@pytest.mark.parametrize("language", ["en", "id"])
def test_nothing_that_a_device_says_is_markup(language: str):
    text = page(language, sources=(STRANGE,), notes=("<i>note</i>", "x" * 400), gateway="<gw>", alarms=(ALARM,))
    elements = Elements(text)
    assert not {"script", "img", "i", "gw", "unit"} & set(elements.seen)
    assert "<script>alert(1)</script>" in elements.words
    assert "\x1b" not in text


def test_the_page_in_indonesian_has_no_word_of_the_frame_in_english():
    shown = words(re.sub(r"<style>.*</style>", "", page("id"), flags=re.DOTALL))
    assert not re.search(r"\b(the|and|of|is|ago|older)\b", shown)


def test_the_policy_allows_the_pages_own_style_and_nothing_else():
    style = re.search(r"<style>(.*)</style>", page("en"), re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in POLICY
    assert POLICY.startswith("default-src 'none'; ")
    assert "unsafe" not in POLICY
    assert not re.search(r"url\(|@import|https?:", style[1])


def test_a_gateway_with_the_most_that_is_shown_is_a_page_that_a_phone_takes():
    value = ValueNow("sensor-of-some-place", "water_level", 1234.5, "cm", 3.0)
    sources = tuple(SourceNow(f"source-{n}", SourceStatus.OK, "", 9, values=(value,) * 4) for n in range(250))
    assert len(page("en", sources=sources)) < 400_000
