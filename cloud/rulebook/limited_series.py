"""Of which series that a city added somebody has set a limit: without one nothing says what is calm.

rule street-noise: leq_hour above 65 dB(A), on mic-1          ─►  {("mic-1", "leq")}
"""

from collections.abc import Iterator

from cloud.rulebook.rule_store import RuleStore
from rules.rule import RuleKind
from wire import QuantityTable
from wire.quantity_table import hour_of


class LimitedSeries:
    """The series of the rules in `rule_store`, looked up again when rules or registry have changed."""

    def __init__(self, rule_store: RuleStore) -> None:
        self._rule_store = rule_store
        self._editions: tuple[object, ...] = ()
        self._found: frozenset[tuple[str, str]] = frozenset()

    def current(self) -> frozenset[tuple[str, str]]:
        """Every (sensor, quantity) of the city's own quantities of which a rule watches readings or hours."""
        registry = self._rule_store.registry
        editions = registry.edition, self._rule_store.edition
        if editions != self._editions:
            self._found, self._editions = frozenset(self._of(registry.quantities)), editions
        return self._found

    def _of(self, table: QuantityTable) -> Iterator[tuple[str, str]]:
        watched_as = {name: own for own in table.own for name in (own, hour_of(own))}
        for sensor in self._rule_store.registry.sensors():
            if table.own.keys().isdisjoint(sensor.quantities):
                continue
            for resolved in self._rule_store.resolved(sensor.id):
                rule = resolved.rule
                if rule.enabled and rule.kind is not RuleKind.SILENCE and rule.quantity in watched_as:
                    yield sensor.id, watched_as[rule.quantity]
