"""How far computing has come: present and past are two figures, and behind is degraded."""

from cloud.derived.progress import BEHIND_S, PAST_BEHIND_S, Progress


class _Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_start_tells_how_much_of_the_last_two_days_is_done():
    progress = Progress(clock=_Clock())
    progress.look_back(1_000)
    assert progress.in_words == "indices: 0 % of the last two days, present hour not computed yet"
    progress.record_present()
    progress.record_past(35)
    assert progress.in_words == "indices: 96 % of the last two days, present hour up to date"
    progress.record_past(1)
    assert "99 %" in progress.in_words
    progress.record_past(0)
    assert "100 %" in progress.in_words
    assert not progress.is_behind


def test_a_present_hour_that_nobody_computes_is_behind():
    clock = _Clock()
    progress = Progress(clock=clock)
    progress.record_present()
    clock.now_s = BEHIND_S
    assert not progress.is_behind
    clock.now_s = BEHIND_S + 20
    assert progress.is_behind
    assert progress.in_words.endswith("present hour 80 s behind")
    progress.record_present()
    assert not progress.is_behind


def test_a_past_that_waits_for_long_is_behind_too():
    clock = _Clock()
    progress = Progress(clock=clock)
    progress.look_back(10)
    clock.now_s = PAST_BEHIND_S + 1
    progress.record_present()
    progress.record_past(5)
    assert progress.is_behind
    assert progress.in_words == "indices: 50 % of the last two days, present hour up to date"
    progress.record_past(0)
    assert not progress.is_behind


def test_a_city_without_sensors_is_not_behind():
    progress = Progress(clock=_Clock())
    progress.look_back(0)
    assert progress.in_words.startswith("indices: 100 %")
