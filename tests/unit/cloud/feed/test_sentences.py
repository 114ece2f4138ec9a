"""Sentences over the feed: what is heard is said in each language as it was where it was told."""

from zoneinfo import ZoneInfo

import msgspec
import pytest

from cloud.core.health import Component, Condition
from cloud.core.times import message_time
from cloud.feed.memory import View
from cloud.feed.messages import raw
from cloud.feed.sentences import ToldComponent
from i18n.catalog import catalog_of
from i18n.figures import said_at
from i18n.message import LocalizedMessage, first_of, in_context, located

WIT = ZoneInfo("Asia/Jayapura")
ROOM = LocalizedMessage("{folder} has {percent:.0f} % ({free} MB) free", folder="/var", percent=4.4, free=812)


@pytest.mark.parametrize(
    "sentence",
    [
        "Connection refused",
        "",
        ROOM,
        located("gw-pier", ROOM),
        first_of([ROOM, "two", LocalizedMessage("not looked at yet")], most=2),
        LocalizedMessage("{owner}: {held:.3g} MB of {most:.3g} MB", owner="gw-1", held=0.5, most=64.0),
        in_context("dashboards", "Open"),
        located("rollups", LocalizedMessage("rollups of hours and minutes hold until {until}", until=message_time(0))),
    ],
    ids=["plain", "empty", "with figures", "in another", "several", "with decimals", "in a context", "with a moment"],
)
def test_a_sentence_keeps_its_form_and_what_fills_it(sentence: str):
    view = View(components={"disk": ToldComponent.of(Component(Condition.DEGRADED, sentence))})
    heard = msgspec.msgpack.decode(raw(view), type=View).components["disk"].component
    assert heard == Component(Condition.DEGRADED, sentence)
    for code in ("en", "id"):
        assert catalog_of(code).said(heard.detail) == catalog_of(code).said(sentence)
        assert said_at(catalog_of(code), heard.detail, WIT) == said_at(catalog_of(code), sentence, WIT)


def test_what_has_no_form_on_the_way_goes_as_its_text():
    sentence = LocalizedMessage("{file} ended on {date}", file=ValueError("x.pem"), date=True)
    assert ToldComponent.of(Component(Condition.OK, sentence)).component.detail == "x.pem ended on True"
