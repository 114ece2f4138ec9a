"""How fast a spool fills, and how long it holds."""

import pytest

from cloud.gateways.reading_rates import RATE_FROM_MS, RATE_OVER_MS, ReadingRates, spool_left_s
from wire import SourceState, SourceStatus, SpoolState, Status
from wire.status import SPOOL_BYTES_A_READING

T0 = 1_764_000_000_000


def counted(readings: int, *, at: int, stream: str = "s1", online: bool = True) -> Status:
    return Status(
        1, online=online, gateway="gw-1", version="1", boot="b", stream=stream, time_ms=T0 + at,
        spool=SpoolState(bytes=2**20, max_bytes=2**22),
        sources=(SourceState("a", SourceStatus.OK, readings=readings),),
    )  # fmt: skip


def test_a_rate_is_known_after_a_minute_of_one_run_of_the_agent():
    rates = ReadingRates()
    for readings, at, rate in ((100, 0, None), (400, RATE_FROM_MS // 2, None), (700, RATE_FROM_MS, 10.0)):
        rates.on_status("gw-1", counted(readings, at=at))
        assert rates.rate("gw-1") == rate
    rates.on_status("gw-1", counted(0, at=0, online=False))  # a last will says nothing of it
    assert rates.rate("gw-1") == 10.0
    rates.on_status("gw-1", counted(5, at=RATE_FROM_MS + 1, stream="s2"))
    assert rates.rate("gw-1") is None


def test_a_rate_is_that_of_the_last_quarter_of_an_hour_in_few_counts():
    rates = ReadingRates()
    for second in range(0, 7_200, 30):
        readings = second if second < 3_600 else 3_600 + (second - 3_600) * 5
        rates.on_status("gw-1", counted(readings, at=second * 1_000))
    assert rates.rate("gw-1") == 5.0
    assert len(rates._counted["gw-1"]) <= RATE_OVER_MS // 60_000 + 2


def test_a_spool_holds_as_long_as_its_room_lasts():
    said = counted(0, at=0)
    assert spool_left_s(said, 10.0) == pytest.approx(3 * 2**20 / (10.0 * SPOOL_BYTES_A_READING))
    assert spool_left_s(said, None) is spool_left_s(said, 0.0) is None
