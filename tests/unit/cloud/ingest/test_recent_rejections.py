"""Whose readings are refused, as a share of what came."""

from collections.abc import Mapping

from cloud.core.health import Condition
from cloud.core.series import Series
from cloud.ingest.recent_rejections import MOST_SERIES, NOT_JUDGED, RecentRejections
from cloud.ingest.rejection import Rejection

LEVEL, RAIN = ("river", "water_level"), ("river", "rainfall")


class Recent(RecentRejections):
    """With a clock of the test's own."""

    def __init__(self, **intervals_s: float) -> None:
        self.now_s = 1_000_000.0
        super().__init__(interval_s=intervals_s.get, clock=lambda: self.now_s)

    def came(
        self,
        *,
        stored: Mapping[Series, int] | None = None,
        refused: Mapping[Series, int] | None = None,
        not_judged: Mapping[Series, int] | None = None,
        gateway: str = "gw",
    ) -> None:
        given = refused or {}
        rejections = [Rejection(gateway, "store_rejected", "", b"", sum(given.values()), given)] if given else []
        self.record(gateway, stored=stored or {}, rejections=rejections, not_judged=not_judged or {})

    def later(self, seconds: float) -> "Recent":
        self.now_s += seconds
        return self


def test_a_series_that_the_store_refuses_is_named_with_its_share():
    recent = Recent()
    for _ in range(30):
        recent.came(stored={RAIN: 1}, refused={LEVEL: 1})
    component = recent.component()
    assert component.status is Condition.DEGRADED
    assert "river water_level: 30 of 30 refused (store_rejected)" in component.detail
    assert recent.series() == {LEVEL}


def test_one_garbled_reading_among_many_is_no_trouble_however_they_are_cut():
    whole, single = Recent(), Recent()
    whole.came(stored={LEVEL: 59}, refused={LEVEL: 1})
    single.came(refused={LEVEL: 1})
    for _ in range(59):
        single.came(stored={LEVEL: 1})
    assert whole.rejected() == single.rejected() == []
    assert whole.component().status is Condition.OK


def test_what_is_stored_is_counted_of_gateways_alone_of_which_something_was_refused():
    recent = Recent()
    assert not recent.has_gateway("gw")
    recent.came(refused={LEVEL: 1})
    recent.came(refused={("x", "y"): 1}, gateway="gw-b")
    recent.later(3).rejected()
    assert [recent.has_gateway(gateway) for gateway in ("gw", "gw-b", "gw-c")] == [True, True, False]


def test_it_is_over_when_readings_are_stored_again_and_when_nothing_more_comes():
    recent = Recent(river=3_600)
    recent.came(refused={LEVEL: 6})
    assert recent.series() == {LEVEL}
    assert recent.later(3_000).series() == {LEVEL}  # an hourly gauge: nothing else has come meanwhile
    recent.came(stored={LEVEL: 100})
    assert recent.later(3).series() == frozenset()
    recent.came(refused={("typo", "pm10"): 6})
    assert recent.later(3).series() == {("typo", "pm10")}
    assert recent.later(700).series() == frozenset()


def test_readings_that_are_stored_and_that_no_rule_judges_are_named_when_they_are_many():
    recent = Recent()
    recent.came(refused={("x", "y"): 1})
    recent.came(stored={LEVEL: 10}, not_judged={LEVEL: 4})
    assert LEVEL not in recent.series()
    recent.came(stored={LEVEL: 2}, not_judged={LEVEL: 2})
    assert LEVEL in recent.later(3).series()
    assert "river water_level: 6 of 12 not judged by the rules" in recent.component().detail
    assert {trouble.reason for trouble in recent.rejected()} == {"store_rejected", NOT_JUDGED}


def test_what_nobody_can_read_is_said_of_its_gateway():
    recent = Recent()
    recent.record("gw", stored={}, rejections=[Rejection("gw", "not_a_batch", "", b"", 3)], not_judged={})
    assert "gateway gw: 3 of 3 refused (not_a_batch)" in recent.component().detail
    assert recent.series() == frozenset()


def test_thousands_of_names_are_counted_within_bounds_and_none_is_silent():
    recent = Recent()
    for number in range(MOST_SERIES + 50):
        recent.came(refused={(f"s{number}", "pm10"): 1})
    troubles = recent.rejected()
    assert len(troubles) == MOST_SERIES + 1
    assert sum(trouble.bad for trouble in troubles) == MOST_SERIES + 50
    assert len(recent.component().detail) < 600
