"""One story at a time: what the console asks for begins, nothing is asked twice, and the end is shown."""

from pathlib import Path

from cloud.console.stories.exchange import NAMES, AskedStory, StoryExchange
from demo.stories import playing
from demo.stories.signals import SIGNALS
from demo.stories.teller import TELL, Teller
from tests.unit.demo.stories.rehearsal import Rehearsal


def test_the_console_has_a_button_for_each_story_and_each_has_signals():
    assert tuple(TELL) == NAMES == tuple(SIGNALS)


def test_a_story_that_the_console_asks_for_begins_and_its_name_is_shown(tmp_path: Path):
    rehearsal = Rehearsal(tmp_path, "smoke")
    exchange, teller = StoryExchange(tmp_path / "stories"), Teller(rehearsal.staging)
    teller.poll()
    assert not teller.is_telling
    assert exchange.ask(AskedStory("smoke", "ani"))
    teller.poll()
    assert teller.is_telling
    assert exchange.playing == "smoke"
    assert "ani asks for the story smoke in the console" in rehearsal.lines[0]
    assert not exchange.ask(AskedStory("flood", "budi"))
    teller.poll()
    assert (tmp_path / "devices" / playing.FILE).exists()


def test_what_a_killed_demo_left_is_forgotten_at_the_next_start(tmp_path: Path):
    rehearsal = Rehearsal(tmp_path, "smoke")
    exchange = StoryExchange(tmp_path / "stories")
    assert exchange.ask(AskedStory("flood", "ani"))
    exchange.show_playing("smoke")
    playing.begin(tmp_path / "devices", "smoke", now_s=1.0)
    teller = Teller(rehearsal.staging)
    teller.poll()
    assert not teller.is_telling
    assert exchange.playing == ""
    assert not (tmp_path / "devices" / playing.FILE).exists()
