"""Each story, told to its end on its own signals and the city's real rules: nothing it waits for may fail to come."""

from pathlib import Path

import pytest

from demo.stories.signals import CROWD, RIVER, SMOKE
from i18n.catalog import LANGUAGES
from tests.unit.demo.stories.rehearsal import ORDINARY, Rehearsal

PLAYED = ("flood", "smoke", "crowd")


def _after(lines: list[str], *parts: str) -> bool:
    """Whether a line with each of `parts` comes, in this order."""
    rest = iter(lines)
    return all(any(part in line for line in rest) for part in parts)


@pytest.mark.parametrize("name", PLAYED)
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_story_sees_all_that_it_tells_and_ends_within_four_minutes(tmp_path: Path, name: str, language: str):
    rehearsal = Rehearsal(tmp_path, name, language=language)
    assert rehearsal.run() <= 240
    assert not [line for line in rehearsal.lines if "NOT SEEN" in line or "TIDAK TERLIHAT" in line]
    assert all(f"http://127.0.0.1:8080/console/{language}" in line or ".xml" in line for line in rehearsal.lines)


def test_a_flood_is_told_in_the_order_of_a_flood(tmp_path: Path):
    rehearsal = Rehearsal(tmp_path, "flood")
    rehearsal.run()
    assert _after(
        rehearsal.lines, "It pours", "Rises fast", "Siaga 3", "Siaga 2", "Siaga 1", "Notification", "The siren sounds",
        'Acknowledged by operator: "simulated: ', "The water falls", "the alarm recovers", "The end of the story",
    ), rehearsal.lines  # fmt: skip


@pytest.mark.parametrize("level_cm", [70.0, 100.0, 130.0, 145.0])
def test_a_flood_comes_over_any_water_that_the_day_brings(tmp_path: Path, level_cm: float):
    rehearsal = Rehearsal(tmp_path, "flood", ordinary={**ORDINARY, RIVER: level_cm})
    rehearsal.run()
    seen = [line for line in rehearsal.lines if "NOT SEEN" not in line]
    assert _after(seen, "Siaga 3", "Siaga 2", "Siaga 1", "Acknowledged")


def test_smoke_is_told_before_the_index_knows_of_it(tmp_path: Path):
    rehearsal = Rehearsal(tmp_path, "smoke", ordinary={**ORDINARY, SMOKE: 8.0})
    rehearsal.run()
    assert _after(
        rehearsal.lines,
        "PM2.5 rises",
        "Smoke: Smoke",
        "Dense smoke",
        "siren",
        "Acknowledged",
        "ISPU",
        "closed by itself",
    ), rehearsal.lines


def test_a_crowd_fills_the_beach_and_goes_home(tmp_path: Path):
    rehearsal = Rehearsal(tmp_path, "crowd", ordinary={**ORDINARY, CROWD: 0.0})
    rehearsal.run()
    assert _after(rehearsal.lines, "People stream in", "Full: Crowding", "Acknowledged", "gone home"), rehearsal.lines


def test_what_does_not_come_is_said_and_the_story_goes_on_to_its_end(tmp_path: Path):
    rehearsal = Rehearsal(tmp_path, "flood", ordinary={**ORDINARY, RIVER: 245.0})  # a flood in which nothing rises
    rehearsal.run(most_s=1_000)
    assert any("NOT SEEN within 100 s: level 1 of river-rise" in line for line in rehearsal.lines)
    assert "The end of the story" in rehearsal.lines[-1]


def test_a_second_flood_says_what_is_open_already(tmp_path: Path):
    rehearsal = Rehearsal(tmp_path, "flood")
    rehearsal.run()
    first = len(rehearsal.lines)
    rehearsal.run()
    second = rehearsal.lines[first:]
    assert any("Open already, before the story: River level, Siaga 3" in line for line in second), second
    assert _after(second, "Open already", "Siaga 3", "Siaga 2", "Siaga 1", "The end of the story")
    assert not [line for line in second if "NOT SEEN" in line]
