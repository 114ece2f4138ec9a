"""The Siaga limits in force of each gauge, from the rules that engineers have set.

gauges_of(rule_store)("river-daruba")
 -> GaugeLimits(siaga_3=Limit(150), …), of its rule with levels named "Siaga 3", "Siaga 2", …
"""

from collections.abc import Callable

from cloud.rulebook.rule_store import RuleStore
from rules.siaga import GaugeLimits, gauge_of


def gauges_of(rule_store: RuleStore) -> Callable[[str], GaugeLimits | None]:
    """Ask `rule_store` for the limits of a gauge by its sensor's id: None where no rule has such levels."""

    def of_sensor(sensor: str) -> GaugeLimits | None:
        found = (gauge_of(resolved.rule) for resolved in rule_store.resolved(sensor))
        return next((gauge for gauge in found if gauge is not None), None)

    return of_sensor
