import pytest

from cloud.core.times import ROUND_STEPS_MS, parse_step, parse_time, rfc_3339, step_for, step_text

NOON_IN_DARUBA_MS = 1_795_489_800_000


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T03:10:00Z",
        "2026-11-24t03:10:00z",
        "2026-11-24 03:10:00Z",
        "2026-11-24T03:10:00.000Z",
        "2026-11-24T12:10:00+09:00",
        "2026-11-24T12:10:00 09:00",  # the plus of a URL that was not percent-encoded
        "2026-11-23T22:40:00-04:30",
        "1795489800000",
    ],
)
def test_one_moment_may_be_written_in_many_ways(text):
    assert parse_time(text) == NOON_IN_DARUBA_MS


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-11-24", "2026-11-24T03:10:00", "2026-11-24T03:10Z", "2026-02-30T00:00:00Z", "1795489800",
     "-1", "9" * 15, "2026-11-24T03:10:00+99:00", "٢٠٢٦-11-24T03:10:00Z"],
)  # fmt: skip
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_time(text)


def test_times_are_written_with_milliseconds_and_z():
    assert rfc_3339(NOON_IN_DARUBA_MS + 7) == "2026-11-24T03:10:00.007Z"
    assert rfc_3339(-1) == "1969-12-31T23:59:59.999Z"


def test_written_and_read_a_time_is_the_same():
    for time_ms in (NOON_IN_DARUBA_MS, NOON_IN_DARUBA_MS + 999, 946_684_800_001):
        assert parse_time(rfc_3339(time_ms)) == time_ms


@pytest.mark.parametrize(
    ("text", "step_ms"), [("30s", 30_000), ("10m", 600_000), ("1h", 3_600_000), ("1d", 86_400_000)]
)
def test_steps_are_read_and_written_alike(text, step_ms):
    assert parse_step(text) == step_ms
    assert step_text(step_ms) == text


@pytest.mark.parametrize("text", ["", "0s", "10", "m", "1.5h", "-1h", "1w", "1H", "367d", "9999999999s"])
def test_what_is_no_step_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_step(text)


def test_the_step_that_is_advised_is_the_shortest_round_one_that_fits():
    assert step_for(3_600_000, 100) == 60_000
    assert step_for(3_600_000, 3_600) == 1_000
    assert step_for(10**15, 1) == ROUND_STEPS_MS[-1]
