"""The time that the cloud's acks tell: when it is believed, how it is kept to, and what a cloud may not say."""

import random

import pytest

from edge.cloud_time import BELIEVED_AFTER_MS, FOLLOWED_AFTER_MS, CloudTime

OFFSET_MS = 1_796_000_000_000


def answers(
    cloud: CloudTime, *, from_ms: int, for_ms: int, every_ms: int = 10_000, took_ms: int = 400, wrong_ms: int = 0
) -> int:
    """Let the cloud answer for so long; the uptime after it."""
    for heard_ms in range(from_ms, from_ms + for_ms + 1, every_ms):
        made_ms = OFFSET_MS + wrong_ms + heard_ms - took_ms // 2
        cloud.on_answer(made_ms, sent_ms=heard_ms - took_ms, heard_ms=heard_ms)
    return from_ms + for_ms + every_ms


def believed() -> CloudTime:
    cloud = CloudTime()
    answers(cloud, from_ms=30_000, for_ms=BELIEVED_AFTER_MS)
    assert cloud.offset_ms == OFFSET_MS
    return cloud


def test_it_is_believed_after_five_minutes_of_answers_that_agree_and_not_before():
    cloud = CloudTime()
    at_ms = answers(cloud, from_ms=30_000, for_ms=BELIEVED_AFTER_MS - 10_000)
    assert cloud.offset_ms is None
    answers(cloud, from_ms=at_ms, for_ms=0)
    assert cloud.offset_ms == OFFSET_MS


def test_few_answers_far_apart_are_not_believed_however_long_they_take():
    cloud = CloudTime()
    at_ms = answers(cloud, from_ms=30_000, for_ms=900_000, every_ms=300_000)
    assert cloud.offset_ms is None
    answers(cloud, from_ms=at_ms, for_ms=0)
    assert cloud.offset_ms == OFFSET_MS


def test_a_cloud_whose_clock_steps_meanwhile_begins_anew():
    cloud = CloudTime()
    at_ms = answers(cloud, from_ms=30_000, for_ms=290_000, wrong_ms=-600_000)
    at_ms = answers(cloud, from_ms=at_ms, for_ms=290_000)
    assert cloud.offset_ms is None
    answers(cloud, from_ms=at_ms, for_ms=0)
    assert cloud.offset_ms == OFFSET_MS


def test_the_quickest_answer_counts_and_slow_ones_do_no_harm():
    cloud, chance = CloudTime(), random.Random(7)
    for number in range(400):
        heard_ms, took_ms = 30_000 + number * 5_000, chance.randrange(600, 19_000)
        made_ms = heard_ms - chance.randrange(took_ms + 1)
        cloud.on_answer(OFFSET_MS + made_ms, sent_ms=heard_ms - took_ms, heard_ms=heard_ms)
    assert cloud.offset_ms is not None
    assert abs(cloud.offset_ms - OFFSET_MS) < 2_000


@pytest.mark.parametrize(("drift_parts", "day"), [(20_000, 1), (-20_000, 1), (100_000, 7)])
def test_a_crystal_that_drifts_is_followed_for_days(drift_parts: int, day: int):
    cloud = believed()
    wrong_ms = 0
    for heard_ms in range(400_000, day * 86_400_000, 60_000):
        wrong_ms = heard_ms // drift_parts
        cloud.on_answer(OFFSET_MS + heard_ms + wrong_ms - 200, sent_ms=heard_ms - 400, heard_ms=heard_ms)
        assert cloud.offset_ms is not None
        assert abs(cloud.offset_ms - OFFSET_MS - wrong_ms) <= 210
    assert abs(wrong_ms) >= 4_000


def test_a_jump_is_named_and_followed_after_an_hour():
    cloud = believed()
    at_ms = answers(cloud, from_ms=400_000, for_ms=FOLLOWED_AFTER_MS - 10_000, wrong_ms=-7_200_000)
    assert cloud.offset_ms == OFFSET_MS
    assert "the cloud tells a time that is 7200 s behind what it told before" in cloud.doubt
    answers(cloud, from_ms=at_ms, for_ms=0, wrong_ms=-7_200_000)
    assert (cloud.offset_ms, cloud.doubt) == (OFFSET_MS - 7_200_000, "")


def test_one_answer_that_agrees_ends_a_doubt():
    cloud = believed()
    at_ms = answers(cloud, from_ms=400_000, for_ms=600_000, wrong_ms=3_600_000)
    assert cloud.doubt
    answers(cloud, from_ms=at_ms, for_ms=0)
    assert (cloud.offset_ms, cloud.doubt) == (OFFSET_MS, "")


@pytest.mark.parametrize(
    ("time_ms", "took_ms"),
    [(0, 400), (1_577_836_799_999, 400), (4_102_444_800_000, 400), (2**53, 400), (OFFSET_MS, 20_001), (OFFSET_MS, -1)],
)
def test_a_time_that_cannot_be_and_an_answer_that_took_too_long_say_nothing(time_ms: int, took_ms: int):
    cloud = CloudTime()
    for heard_ms in range(30_000, 30_000 + 2 * BELIEVED_AFTER_MS, 10_000):
        late_ms = heard_ms if time_ms == OFFSET_MS else 0
        cloud.on_answer(time_ms + late_ms, sent_ms=heard_ms - took_ms, heard_ms=heard_ms)
    assert cloud.offset_ms is None


def test_it_is_kept_over_a_restart_of_the_agent_and_not_of_the_machine():
    kept = believed().kept("boot-1")
    again, other, early = CloudTime(), CloudTime(), CloudTime()
    again.remember(kept, "boot-1", uptime_ms=400_000)
    other.remember(kept, "boot-2", uptime_ms=400_000)
    early.remember(kept, "boot-1", uptime_ms=3)
    assert (again.offset_ms, other.offset_ms, early.offset_ms) == (OFFSET_MS, None, None)


@pytest.mark.parametrize("kept", ["", "boot-1", "boot-1 1 2 3", "boot-1 x 2", "boot-1 -5 2", f"boot-1 {'9' * 40} 2"])
def test_what_a_damaged_spool_has_made_of_it_is_passed_over(kept: str):
    cloud = CloudTime()
    cloud.remember(kept, "boot-1", uptime_ms=400_000)
    assert cloud.offset_ms is None
