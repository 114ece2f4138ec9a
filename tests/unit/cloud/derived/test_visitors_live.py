"""Visitors computed minute by minute are those computed in one go, whatever the interval and the zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.unit.cloud.derived.examples import HOUR, MINUTE, Place
from tests.unit.cloud.derived.test_visitors import counter


@pytest.mark.parametrize("interval_s", [1, 60, 420, 600, 900, 3_600, None])
@pytest.mark.parametrize("zone", ["Asia/Jayapura", "Asia/Kolkata"])
async def test_the_completeness_of_visitors_is_the_same_live_and_in_one_go(tmp_path, interval_s, zone):
    closed = round(datetime(2026, 11, 24, 18, 0, tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    step = max(MINUTE, round((interval_s or 60) * 1000))
    stamps = [closed + 20_000 + step * number for number in range(8 * HOUR // step)]
    stamps = [stamp for stamp in stamps if not closed + 2 * HOUR < stamp < closed + 3 * HOUR]

    async with Place(tmp_path / "live", counter(interval_s), zone=zone, closes="18:00") as place:
        for stamp in stamps:
            await place.send({stamp: 1.0})
            await place.derivations.compute(stamp + MINUTE)
        live = await place.series("visitors_completeness", of="daruba")
    async with Place(tmp_path / "at once", counter(interval_s), zone=zone, closes="18:00") as place:
        await place.send(dict.fromkeys(stamps, 1.0))
        await place.derivations.compute(stamps[-1] + MINUTE)
        at_once = await place.series("visitors_completeness", of="daruba")

    assert live == pytest.approx(at_once, abs=1e-6)
    assert 80 < live[max(live)] < 100, "an hour of eight was silent"
    assert max(live.values()) <= 100
