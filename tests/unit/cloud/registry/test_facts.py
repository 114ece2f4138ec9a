"""Dated facts: what held at a time, what was believed at it, and what a change changes."""

from hypothesis import given
from hypothesis import strategies as st

from cloud.registry.facts import Fact, Facts, Timeline, constant, differences

RIVER, HEIGHT = "sensor:river", "mounting_height_cm"
DAY = 86_400_000


def fact(number: int, value: object, *, since: int, recorded: int, undone: int | None = None) -> Fact:
    return Fact(number, RIVER, HEIGHT, value, since, "ani", "by hand", "measured", recorded, undone)


def as_known(*facts: Fact) -> Timeline:
    found = Facts(facts).timeline(RIVER, HEIGHT)
    assert found is not None
    return found


def as_recorded(*facts: Fact) -> Timeline:
    found = Facts(facts).timeline_as_recorded(RIVER, HEIGHT)
    assert found is not None
    return found


BASELINE = fact(1, 450, since=0, recorded=5 * DAY)
CHANGE = fact(2, 420, since=10 * DAY, recorded=12 * DAY)


def test_values_before_a_change_keep_theirs():
    timeline = as_known(BASELINE, CHANGE)
    assert [timeline.at(each * DAY) for each in (0, 9, 10, 99)] == [450, 450, 420, 420]
    assert timeline.at(10 * DAY - 1) == 450


def test_a_correction_has_the_validity_of_what_it_corrects_and_its_undoing_gives_that_back():
    correction = fact(3, 425, since=10 * DAY, recorded=13 * DAY)
    assert as_known(BASELINE, CHANGE, correction).at(10 * DAY) == 425
    taken_back = fact(3, 425, since=10 * DAY, recorded=13 * DAY, undone=14 * DAY)
    assert as_known(BASELINE, CHANGE, taken_back) == as_known(BASELINE, CHANGE)


def test_the_order_in_which_facts_were_recorded_matters_only_for_the_same_validity():
    late = fact(4, 440, since=8 * DAY, recorded=20 * DAY)
    timeline = as_known(BASELINE, CHANGE, late)
    assert [timeline.at(each * DAY) for each in (7, 8, 10)] == [450, 440, 420]


def test_what_was_believed_at_a_time_no_later_word_changes():
    before = as_recorded(BASELINE)
    for later in (CHANGE, fact(3, 400, since=0, recorded=13 * DAY)):
        after = as_recorded(BASELINE, later)
        assert all(after.at(time) == before.at(time) for time in (0, DAY, 11 * DAY, later.recorded_ms - 1))
        assert after.at(later.recorded_ms) == later.value
    undone = fact(2, 420, since=10 * DAY, recorded=12 * DAY, undone=15 * DAY)
    assert [as_recorded(BASELINE, undone).at(each * DAY) for each in (11, 12, 14, 15)] == [450, 420, 420, 450]


def test_the_baseline_holds_for_readings_older_than_its_recording():
    assert as_recorded(BASELINE).at(1) == 450
    assert as_known(BASELINE).at(-DAY) == 450


def test_nothing_recorded_is_no_timeline():
    assert Facts().timeline(RIVER, HEIGHT) is None
    assert Facts().timeline_as_recorded(RIVER, HEIGHT) is None
    assert Timeline([]).at(5) is None


def test_a_change_tells_in_which_stretches_other_things_hold():
    assert list(differences(constant(450), as_known(BASELINE, CHANGE))) == [(10 * DAY, None)]
    both = as_known(BASELINE, CHANGE, fact(3, 450, since=20 * DAY, recorded=21 * DAY))
    assert list(differences(constant(450), both)) == [(10 * DAY, 20 * DAY)]
    assert list(differences(both, both)) == []


CHANGES = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 4)), min_size=1, max_size=8)


@given(CHANGES, CHANGES, st.integers(-5, 40))
def test_differences_are_exactly_where_two_eras_differ(
    before: list[tuple[int, int]], after: list[tuple[int, int]], at: int
):
    one, other = (Timeline(sorted(dict(changes).items())) for changes in (before, after))
    stretches = list(differences(one, other))
    inside = any(start <= max(at, 0) and (end is None or max(at, 0) < end) for start, end in stretches)
    assert inside == (one.at(max(at, 0)) != other.at(max(at, 0)))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 30), st.integers(0, 30)), min_size=1, max_size=6))
def test_a_reading_sent_again_is_tagged_as_it_was_whatever_was_recorded_in_between(rows: list[tuple[int, int, int]]):
    """`rows`: valid from, recorded, undone (0: never) of facts after the baseline."""
    rows = sorted(rows, key=lambda row: row[1])
    facts = [fact(1, 0, since=0, recorded=0)]
    for number, (since, recorded, undone) in enumerate(rows, start=2):
        facts.append(fact(number, number, since=since, recorded=recorded, undone=undone if undone > recorded else None))
    for now in range(31):
        known = [_as_of(each, now) for each in facts if each.recorded_ms <= now]
        assert all(as_recorded(*known).at(time) == as_recorded(*facts).at(time) for time in range(now + 1))


def _as_of(one: Fact, now: int) -> Fact:
    is_undone = one.undone_ms is not None and one.undone_ms <= now
    return one if is_undone else fact(one.id, one.value, since=one.valid_from_ms, recorded=one.recorded_ms)
