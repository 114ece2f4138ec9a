"""Each case of tests/cases through the live engine."""

from pathlib import Path

import pytest

from tests.unit.rules.cases import CASES, Case, alarms_of, events_of, read_case, recorded_files, spikes_of

PATHS = [
    pytest.param(path, marks=[pytest.mark.recorded(name) for name in recorded_files(path)], id=path.stem)
    for path in sorted(CASES.glob("*.toml"))
]


@pytest.fixture(params=PATHS)
def case(request: pytest.FixtureRequest) -> Case:
    path: Path = request.param
    return read_case(path)


def test_the_alarms_of_a_case_are_those_expected(case: Case):
    alarms = alarms_of(events_of(case))
    assert [case.clock(alarm.opened_ms) for alarm in alarms] == case.expected["raised"]
    if "closed" in case.expected:
        ends = [case.clock(alarm.closed_ms) for alarm in alarms if alarm.closed_ms is not None]
        assert ends == case.expected["closed"]
    if "worst" in case.expected:
        assert [alarm.worst for alarm in alarms] == case.expected["worst"]


def test_no_alarm_of_a_case_is_open_when_none_may_be(case: Case):
    alarms = alarms_of(events_of(case))
    for text in case.expected.get("no_alarm_at", []):
        at_ms = case.time_ms(text)
        assert any(reading.time_ms == at_ms for reading in case.readings), f"there is no reading at {text}"
        assert not [a for a in alarms if a.opened_ms <= at_ms and (a.closed_ms is None or at_ms < a.closed_ms)], text


def test_the_spikes_of_a_case_are_those_expected(case: Case):
    if "spikes" in case.expected:
        assert [case.clock(at_ms) for at_ms in spikes_of(case)] == case.expected["spikes"]
