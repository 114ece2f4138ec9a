"""What stands on the board: places, gateways, and what changed of them.

PlaceState(daruba, (Siaga 2, Moderate), sensors=7, behind=1)    GatewayState(gw-daruba, OFFLINE)
Change(time_ms, "daruba", gateway="gw-daruba", before=ONLINE, after=OFFLINE)
"""

from collections.abc import Iterable, Mapping

import msgspec

from cloud.alarms.records import Alarm
from cloud.gateways.connection_state import ConnectionState
from cloud.registry.records import Gateway, Site
from cloud.situation import NO_READING, REFUSED, DomainState, badness, worst_state


class Liveness(msgspec.Struct, frozen=True):
    """How many sensors there are, and how many of them are late or silent (`behind`) or were never heard."""

    sensors: int = 0
    behind: int = 0
    never: int = 0


def all_of(several: Iterable[Liveness]) -> Liveness:
    """Return the sum of some."""
    sensors = behind = never = 0
    for one in several:
        sensors, behind, never = sensors + one.sensors, behind + one.behind, never + one.never
    return Liveness(sensors, behind, never)


class PlaceState(msgspec.Struct, frozen=True):
    """A place: the state of each domain that is measured there, how alive its sensors are, by domain and in all.

    `needs_somebody`: something is wrong there, doubted or not known, though it should be. Places are ordered by `need`,
    the most needy first: by the worst state, then by silent sensors, then by name.
    """

    site: Site
    states: tuple[DomainState, ...] = ()
    domains: Mapping[str, Liveness] = {}
    alive: Liveness = Liveness()
    worst: DomainState | None = None
    needs_somebody: bool = False
    need: tuple[object, ...] = ()


def place_state(
    site: Site, states: tuple[DomainState, ...], domains: Mapping[str, Liveness], alive: Liveness
) -> PlaceState:
    """Return a place in these states."""
    worst = worst_state(states)
    needs = alive.behind > 0 or any(
        state.rank > 0 or state.doubted or state.text in (NO_READING, REFUSED) for state in states
    )
    rank, alarm, doubted, _ = _bad(worst)
    need = (-max(rank, 0), not alarm, not doubted, not needs, -alive.behind, site.name, site.id)
    return PlaceState(site, states, domains, alive, worst, needs, need)


def _bad(state: DomainState | None) -> tuple[int, bool, bool, int]:
    if state is None:
        return -1, False, False, -1
    return badness(state.rank, alarm=state.alarm, doubted=state.doubted)


class GatewayState(msgspec.Struct, frozen=True):
    """A gateway and how its connection does."""

    gateway: Gateway
    state: ConnectionState


End = DomainState | Alarm | ConnectionState | None
"""What something was before a change, or is after it."""


class Change(msgspec.Struct, frozen=True):
    """Something that changed at a site at `time_ms` (UTC), by a clock that never steps at `steady_ms`.

    Of the state of a domain, of an alarm (opened without `before`, over without `after`), or of a gateway.
    """

    time_ms: int
    steady_ms: int
    site: str
    before: End
    after: End
    gateway: str = ""
