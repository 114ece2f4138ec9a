"""A story on the devices: its file, its second by the clock of the machine, people who come on top and go again."""

from pathlib import Path
from random import Random

from demo.island.particulates import Particulates
from demo.island.visitors import BERE_BERE, Crowd
from demo.stories import playing
from demo.stories.playing import CrowdOfStory, PlayedStory
from demo.stories.signals import RIVER, SMOKE

NOON_S = 1_764_039_600.0  # 12:00 in Morotai


class _Clock:
    def __init__(self) -> None:
        self.now_s = 500.0

    def __call__(self) -> float:
        return self.now_s


def test_a_device_measures_the_story_while_it_plays_and_the_ordinary_before_and_after(tmp_path: Path):
    clock = _Clock()
    level = PlayedStory(tmp_path, clock=clock).raised(RIVER, lambda _: 100.0)
    assert level(NOON_S) == 100.0
    playing.begin(tmp_path, "flood", now_s=clock.now_s)
    clock.now_s += 100
    assert level(NOON_S) == 245.0
    clock.now_s += 100
    assert level(NOON_S) == 100.0
    playing.begin(tmp_path, "flood", now_s=clock.now_s)
    clock.now_s += 100
    assert level(NOON_S) == 245.0
    playing.end(tmp_path)
    clock.now_s += playing.READ_EVERY_S
    assert level(NOON_S) == 100.0


def test_what_another_boot_or_somebody_else_left_changes_nothing(tmp_path: Path):
    clock = _Clock()
    level = PlayedStory(tmp_path, clock=clock).raised(RIVER, lambda _: 100.0)
    for left in (
        '{"name":"flood","began_s":9000000}',
        '{"name":"fire","began_s":400}',
        "flood",
        "",
        '{"name":"flood"}',
    ):
        (tmp_path / playing.FILE).write_text(left)
        clock.now_s += 1
        assert level(NOON_S) == 100.0, left


def test_a_story_changes_no_device_but_its_own(tmp_path: Path):
    clock = _Clock()
    story = PlayedStory(tmp_path, clock=clock)
    playing.begin(tmp_path, "flood", now_s=clock.now_s - 100)
    assert story.raised("river-wayabula", lambda _: 100.0)(NOON_S) == 100.0
    assert story.smoky(SMOKE, lambda _: Particulates(10.0, 20.0))(NOON_S) == (10.0, 20.0)


def test_smoke_is_fine_dust(tmp_path: Path):
    clock = _Clock()
    story = PlayedStory(tmp_path, clock=clock)
    playing.begin(tmp_path, "smoke", now_s=clock.now_s - 90)
    assert story.smoky(SMOKE, lambda _: Particulates(20.0, 38.0))(NOON_S) == (420.0, 38.0 + 1.2 * 400)


def test_people_of_a_story_come_and_go_by_the_gate_and_nobody_is_lost():
    more = 0
    crowd = CrowdOfStory(Crowd(BERE_BERE, NOON_S, Random(1)), lambda: more)
    at_first, most = crowd.inside, 0
    for step in range(200):
        more = 300 if 20 <= step < 60 else 0
        crowd.step(NOON_S + 2 * step, 2)
        most = max(most, crowd.inside)
        assert crowd.inside == at_first + crowd.came - crowd.went >= 0
    assert most >= 300
    assert crowd.came >= 300
    assert crowd.inside < 100
