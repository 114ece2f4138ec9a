"""Alarms that were raised while nobody knew the time: when they really began, once somebody does.

raised at uptime 42 s, offset 0 ("1970") ─► the offset is 1795489200000: it began at 1795489242000
of another start of the machine          ─► nobody can say: no later than this start of the agent

Kept with the readings, since an agent that is killed meanwhile must not tell the cloud of a flood in 1970. Pure.
"""

from collections.abc import Collection, Mapping

import msgspec

Identity = tuple[str, str, int]
"""(family, sensor, opened_ms): which alarm."""
_KEPT = "alarms.untimed"


class _Untimed(msgspec.Struct, frozen=True, array_like=True):
    family: str
    sensor: str
    opened_ms: int
    boot: str
    offset_ms: int


class UntimedAlarms:
    """Those of this start of the machine, `boot`, and of earlier ones; `offset_ms` is UTC minus uptime."""

    def __init__(self, kept: Mapping[str, str], *, boot: str) -> None:
        self._boot = boot
        self._alarms: dict[Identity, _Untimed] = {}
        try:
            for each in msgspec.json.decode(kept.get(_KEPT) or "[]", type=tuple[_Untimed, ...]):
                self._alarms[each.family, each.sensor, each.opened_ms] = each
        except msgspec.MsgspecError:
            self._alarms = {}  # damaged: their times stay as they were stamped

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._alarms)

    def add(self, others: "UntimedAlarms") -> None:
        """Take over those that others know."""
        self._alarms |= others._alarms

    def record(self, identity: Identity, *, offset_ms: int) -> None:
        """An alarm was raised, by a time that is `offset_ms` and the uptime."""
        self._alarms[identity] = _Untimed(*identity, self._boot, offset_ms)

    def keep_to(self, known: Collection[Identity]) -> None:
        """Forget those that nobody is told of any more."""
        self._alarms = {identity: each for identity, each in self._alarms.items() if identity in known}

    def settle(self, *, offset_ms: int, started_ms: int) -> dict[Identity, int]:
        """When each began (UTC), now that the offset is known; `started_ms` (UTC) is when this agent did."""
        began = {
            identity: each.opened_ms + offset_ms - each.offset_ms if each.boot == self._boot else started_ms
            for identity, each in self._alarms.items()
        }
        self._alarms = {}
        return began

    def to_keep(self) -> dict[str, str]:
        """What must be committed of it."""
        return {_KEPT: msgspec.json.encode(tuple(self._alarms.values())).decode()}
