"""From components to troubles: what lasts long enough to be an alarm, and when it is over.

component  ok ──── down ─────────────────────── down ──── ok ───────────── ok
                    └─ down_s, degraded_s ─► raised        └─ OVER_S ─► over
Pure: seconds are handed in, of a clock that never steps.
"""

from collections.abc import Mapping

import msgspec

from cloud.core.health import Component, Condition

URGENT = frozenset({"outputs"})
"""Components that are told of as soon as if they were down: of these somebody depends on it."""
OVER_S = 30.0
"""A component must be well again for so long: a link that comes and goes is one trouble."""


class ComponentTrouble(msgspec.Struct, frozen=True):
    """A component's trouble: how bad it is, and the sentence on it."""

    component: str
    status: Condition
    detail: str


class TroubleChanges(msgspec.Struct, frozen=True):
    """What alarms are to say: troubles that begin or get worse, and the components whose trouble is over."""

    raised: tuple[ComponentTrouble, ...] = ()
    over: tuple[str, ...] = ()


class _Spell(msgspec.Struct, frozen=True):
    """Since when a component is not ok, is down, is ok again; None: it is not."""

    bad_s: float | None = None
    down_s: float | None = None
    ok_s: float | None = None

    def after(self, status: Condition, now_s: float) -> "_Spell":
        """Return the spell after one more poll: a moment that is ok ends nothing, `OVER_S` of them do."""
        if status is Condition.OK:
            ok_s = now_s if self.ok_s is None else self.ok_s
            return _Spell(ok_s=ok_s) if now_s - ok_s >= OVER_S else _Spell(self.bad_s, self.down_s, ok_s)
        bad_s = now_s if self.bad_s is None else self.bad_s
        is_new = status is Condition.DOWN and self.down_s is None
        return _Spell(bad_s, now_s if is_new else self.down_s)


class TroubleTracker:
    """Tracks since when each component has been as it is, and which troubles have an alarm."""

    def __init__(self, *, down_s: float, degraded_s: float) -> None:
        self._down_s, self._degraded_s = down_s, degraded_s
        self._spells: dict[str, _Spell] = {}
        self._raised: dict[str, Condition] = {}

    def restore(self, raised: Mapping[str, Condition]) -> None:
        """Take over what was raised before a restart."""
        self._raised = dict(raised)

    def changes(self, components: Mapping[str, Component], *, now_s: float) -> TroubleChanges:
        """Return what has changed with `components` as they are now; the same again until `record`."""
        spells = self._spells
        self._spells = {name: spells.get(name, _Spell()).after(part.status, now_s) for name, part in components.items()}
        raised = [
            ComponentTrouble(name, part.status, part.detail)
            for name, part in components.items()
            if self._is_due(name, part, now_s)
        ]
        over = [name for name in self._raised if self._is_over(name, now_s)]
        return TroubleChanges(tuple(raised), tuple(over))

    def record(self, changes: TroubleChanges) -> None:
        """Record that alarms say these changes."""
        self._raised.update({trouble.component: trouble.status for trouble in changes.raised})
        for name in changes.over:
            self._raised.pop(name, None)

    def _is_due(self, name: str, part: Component, now_s: float) -> bool:
        spell, raised_for = self._spells[name], self._raised.get(name)
        if part.status is Condition.OK or raised_for in (part.status, Condition.DOWN):
            return False
        bad_s, down_s = spell.bad_s, spell.down_s
        is_down = part.status is Condition.DOWN and down_s is not None and now_s - down_s >= self._down_s
        degraded_s = self._down_s if name in URGENT else self._degraded_s
        return is_down or (raised_for is None and bad_s is not None and now_s - bad_s >= degraded_s)

    def _is_over(self, name: str, now_s: float) -> bool:
        spell = self._spells.get(name)
        if spell is None:  # the settings have no such part any more
            return True
        return spell.ok_s is not None and now_s - spell.ok_s >= OVER_S
