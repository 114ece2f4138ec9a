"""UTC from a receiver's fixes: believed when they agree, kept to over jumps, repetitions and silence."""

import pytest

from edge.receiver_time import ReceiverTime

NOW_MS = 1_796_000_000_000
UPTIME_MS = 40_000
TRUE_OFFSET_MS = NOW_MS - UPTIME_MS


class Receiver:
    """A simulated receiver: by its fixes it is `delay_ms` late, and its time `wrong_ms` off."""

    def __init__(self) -> None:
        self.time = ReceiverTime("gps")
        self.uptime_ms = UPTIME_MS

    def tells(self, fixes: int, *, delay_ms: int = 0, wrong_ms: int = 0, every_ms: int = 1_000) -> None:
        for _ in range(fixes):
            self.uptime_ms += every_ms
            self.time.on_fix(TRUE_OFFSET_MS + self.uptime_ms - delay_ms + wrong_ms, self.uptime_ms)

    def is_silent(self, ms: int) -> None:
        self.uptime_ms += ms

    @property
    def late_ms(self) -> int | None:
        """By how much the time that it gives is too early."""
        return None if self.time.offset_ms is None else TRUE_OFFSET_MS - self.time.offset_ms


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def believed(receiver: Receiver) -> Receiver:
    receiver.tells(5)
    assert receiver.late_ms == 0
    return receiver


def test_five_fixes_that_agree_are_believed_and_four_are_not(receiver: Receiver):
    receiver.tells(4, delay_ms=300)
    assert receiver.time.offset_ms is None
    assert receiver.time.sentence(system_is_known=False) == "its time counts when 5 fixes agree, so far 4"
    receiver.tells(1, delay_ms=300)
    assert receiver.late_ms == 300


def test_of_delays_that_vary_the_median_counts(receiver: Receiver):
    for delay_ms in (900, 120, 100, 850, 110):
        receiver.tells(1, delay_ms=delay_ms)
    assert receiver.late_ms == 120


def test_an_old_fix_that_is_told_again_and_again_starts_nothing(receiver: Receiver):
    for _ in range(1_000):
        receiver.uptime_ms += 1_000
        receiver.time.on_fix(NOW_MS, receiver.uptime_ms)
    assert receiver.time.offset_ms is None


def test_an_old_series_of_fixes_that_is_read_at_once_starts_nothing(receiver: Receiver):
    for second in range(60):
        receiver.time.on_fix(NOW_MS - 60_000 + 1_000 * second, receiver.uptime_ms)
    assert receiver.time.offset_ms is None
    receiver.tells(4)
    assert receiver.time.offset_ms is None
    receiver.tells(1)
    assert receiver.late_ms == 0


def test_times_that_disagree_are_never_believed(receiver: Receiver):
    for number in range(1_000):
        receiver.tells(1, wrong_ms=(number % 4) * 3_000)
    assert receiver.time.offset_ms is None


def test_a_time_before_there_was_any_siaga_is_passed_over(receiver: Receiver):
    for _ in range(10):
        receiver.uptime_ms += 1_000
        receiver.time.on_fix(receiver.uptime_ms, receiver.uptime_ms)
    assert receiver.time.offset_ms is None


def test_one_fix_a_second_is_looked_at_however_many_come(believed: Receiver):
    believed.tells(10_000, delay_ms=500, every_ms=10)  # a hundred seconds
    assert believed.late_ms == 100


def test_each_fix_moves_the_offset_by_a_millisecond_to_the_median_of_what_is_told(believed: Receiver):
    believed.tells(7, delay_ms=400)
    assert believed.late_ms == 7
    believed.tells(1_000, delay_ms=400)
    assert believed.late_ms == 400
    believed.tells(1, delay_ms=-500)
    assert believed.late_ms == 399


def test_a_jump_changes_nothing_until_it_has_lasted_for_ten_minutes(believed: Receiver):
    believed.tells(599, wrong_ms=7_200_000)
    assert believed.late_ms == 0
    said = believed.time.doubt(uptime_ms=believed.uptime_ms)
    assert "the receiver 'gps' tells a time that is 7200 s ahead of what it told before" in said
    assert "600 fixes agree, so far 599" in said
    believed.tells(1, wrong_ms=7_200_000)
    assert believed.late_ms == -7_200_000
    assert believed.time.doubt(uptime_ms=believed.uptime_ms) == ""


def test_a_jump_that_ends_is_forgotten(believed: Receiver):
    believed.tells(599, wrong_ms=-18_000)
    assert "18 s behind what it told before" in believed.time.doubt(uptime_ms=believed.uptime_ms)
    believed.tells(1)
    assert believed.time.doubt(uptime_ms=believed.uptime_ms) == ""
    believed.tells(599, wrong_ms=-18_000)
    assert believed.late_ms == 0


def test_jumps_to_and_fro_change_nothing(believed: Receiver):
    for number in range(3_000):
        believed.tells(1, wrong_ms=(number % 3 + 1) * 60_000)
    assert believed.late_ms == 0


def test_without_a_fix_the_offset_stays_and_after_an_hour_that_is_said(believed: Receiver):
    believed.is_silent(3_599_999)
    assert believed.time.doubt(uptime_ms=believed.uptime_ms) == ""
    believed.is_silent(2 * 3_600_000)
    assert "has told none for 2 h" in believed.time.doubt(uptime_ms=believed.uptime_ms)
    assert believed.late_ms == 0


def test_what_a_crystal_drifts_while_there_is_no_fix_is_made_up_for_by_five_fixes(believed: Receiver):
    believed.is_silent(3 * 86_400_000)
    believed.tells(4, wrong_ms=-12_000)
    assert believed.late_ms == 0
    believed.tells(1, wrong_ms=-12_000)
    assert believed.late_ms == 12_000


def test_more_than_a_crystal_can_drift_is_a_jump(believed: Receiver):
    believed.is_silent(3 * 86_400_000)
    believed.tells(599, wrong_ms=-40_000)
    assert believed.late_ms == 0


def test_the_offset_outlives_the_agent_and_not_the_machine(believed: Receiver):
    kept = believed.time.kept("boot-1")
    assert again(kept).offset_ms == TRUE_OFFSET_MS
    assert again(kept).agreed_ms == believed.uptime_ms
    assert again(kept, boot="boot-2").offset_ms is None
    assert again(kept, name="other").offset_ms is None
    assert again(kept, uptime_ms=believed.uptime_ms - 1).offset_ms is None
    assert again(believed.time.kept("unknown"), boot="unknown").offset_ms is None


def test_fixes_that_came_before_the_spool_was_open_count_more_than_what_it_keeps(believed: Receiver):
    kept = f"boot-1 {TRUE_OFFSET_MS + 500} 41000 gps"
    believed.time.remember(kept, "boot-1", uptime_ms=believed.uptime_ms)
    assert believed.late_ms == 0


@pytest.mark.parametrize(
    "kept",
    ["", "boot-1", "boot-1 x 41000 gps", "boot-1 -5 41000 gps", "boot-1 1796000000000 gps", "boot-1 5 41000 gps",
     f"boot-1 {'9' * 5_000} 41000 gps", "boot-1 1796000000000 -1 gps", "boot-1 ١ ١ gps"],
)  # fmt: skip
def test_what_a_damaged_spool_makes_of_it_is_passed_over(kept: str):
    assert again(kept).offset_ms is None


def again(kept: str, *, name: str = "gps", boot: str = "boot-1", uptime_ms: int = 100_000) -> ReceiverTime:
    time = ReceiverTime(name)
    time.remember(kept, boot, uptime_ms=uptime_ms)
    return time


def test_a_contradiction_of_the_systems_clock_is_told_from_five_seconds_on(believed: Receiver):
    assert believed.time.contradiction(offset_ms=TRUE_OFFSET_MS - 4_999) == ""
    said = believed.time.contradiction(offset_ms=TRUE_OFFSET_MS - 17_000)
    assert "'gps' tells a time that is 17 s ahead of the system's clock, which counts" in said
    assert ReceiverTime("gps").contradiction(offset_ms=0) == ""


def test_what_becomes_of_its_time_is_said_beside_its_position(receiver: Receiver):
    assert receiver.time.sentence(system_is_known=False).startswith("no sentence with a date was heard (RMC or ZDA)")
    receiver.tells(5)
    assert receiver.time.sentence(system_is_known=False) == "the gateway's time comes from here"
    assert receiver.time.sentence(system_is_known=True) == "the gateway's time is the system's, which counts more"
