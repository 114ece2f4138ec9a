"""The two files between console and demo: one story at a time, and nothing of what others write there is believed."""

from pathlib import Path

import pytest

from cloud.console.stories.exchange import AskedStory, StoryExchange


def test_a_story_is_asked_for_once_and_taken_once(tmp_path: Path):
    exchange = StoryExchange(tmp_path / "stories")
    assert exchange.pop_asked() is None
    assert exchange.ask(AskedStory("flood", "ani"))
    assert not exchange.ask(AskedStory("smoke", "budi"))
    assert exchange.pop_asked() == AskedStory("flood", "ani")
    assert exchange.pop_asked() is None
    assert not list((tmp_path / "stories").iterdir())


def test_none_is_asked_for_while_one_plays(tmp_path: Path):
    exchange = StoryExchange(tmp_path)
    exchange.show_playing("flood")
    assert exchange.playing == "flood"
    assert not exchange.ask(AskedStory("smoke", "ani"))
    exchange.show_playing("")
    assert exchange.playing == ""
    assert exchange.ask(AskedStory("smoke", "ani"))


@pytest.mark.parametrize("written", ["", "flood", '{"name":"fire"}', '{"name":["flood"]}', "[]", "\xff"])
def test_what_is_no_story_is_none(tmp_path: Path, written: str):
    exchange = StoryExchange(tmp_path)
    for name in ("asked", "playing"):
        (tmp_path / name).write_text(written)
    assert exchange.playing == ""
    assert exchange.pop_asked() is None
