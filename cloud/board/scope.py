"""The board as somebody sees it who may see some of the sites: worked out once for each such set and edition.

BoardView(places=(worst, …), quiet=963, domains={"flood": DomainCount(…)}, gateways=…, changes=…)
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from cloud.board.records import Change, GatewayState, Liveness, PlaceState, all_of
from cloud.gateways.connection_state import WORST_FIRST, ConnectionState
from cloud.situation import DomainState, badness

MOST_CHANGES = 200


class DomainCount(msgspec.Struct, frozen=True):
    """A domain in all places: how many are in each state, the worst one and where that is, how alive its sensors are.

    `states` has each state once with the number of places, the worst first; a share of capacity counts by its rank.
    """

    states: Sequence[tuple[DomainState, int]] = ()
    where: PlaceState | None = None
    alive: Liveness = Liveness()


class BoardView(msgspec.Struct, frozen=True):
    """What one may see of it at an `edition`: every place the most needy first, of which `needy` need somebody."""

    edition: int
    places: Sequence[PlaceState]
    needy: int
    domains: Mapping[str, DomainCount]
    alive: Liveness
    gateways: Sequence[GatewayState]
    changes: Sequence[Change]
    since_ms: int

    @property
    def quiet(self) -> int:
        """How many places are quiet."""
        return len(self.places) - self.needy

    @property
    def connections(self) -> Counter[ConnectionState]:
        """How many gateways are in each state."""
        return Counter(one.state for one in self.gateways)


def view_of(
    places: Iterable[PlaceState],
    gateways: Iterable[GatewayState],
    changes: Iterable[Change],
    *,
    sites: frozenset[str] | None,
    edition: int,
    since_ms: int,
) -> BoardView:
    """Return what somebody sees who may see `sites` (None: all)."""
    seen = sorted((one for one in places if sites is None or one.site.id in sites), key=lambda one: one.need)
    own = (one for one in gateways if sites is None or one.gateway.site in sites)
    told = [one for one in changes if sites is None or one.site in sites]
    return BoardView(
        edition=edition,
        places=seen,
        needy=sum(one.needs_somebody for one in seen),
        domains=_domains(seen),
        alive=all_of(one.alive for one in seen),
        gateways=sorted(own, key=lambda one: (WORST_FIRST.index(one.state), one.gateway.name)),
        changes=told[:MOST_CHANGES],
        since_ms=since_ms,
    )


def _domains(places: Sequence[PlaceState]) -> dict[str, DomainCount]:
    """Count the places of each domain by their state."""
    shown: dict[tuple[object, ...], DomainState] = {}
    counts: Counter[tuple[object, ...]] = Counter()
    worst: dict[str, tuple[tuple[object, ...], PlaceState]] = {}
    alive: defaultdict[str, list[Liveness]] = defaultdict(list)
    for place in places:
        for state in place.states:
            kind = (state.domain, state.rank, state.doubted, state.text if state.alarm else None)
            counts[kind] += 1
            held = shown.get(kind)
            if held is None:
                shown[kind] = state
                bad = badness(state.rank, alarm=state.alarm, doubted=state.doubted)
                if state.domain not in worst or bad > worst[state.domain][0]:
                    worst[state.domain] = bad, place
        for domain, one in place.domains.items():
            alive[domain].append(one)
    return {
        domain: DomainCount(
            sorted(((shown[kind], n) for kind, n in counts.items() if kind[0] == domain), key=_order),
            worst[domain][1] if domain in worst else None,
            all_of(alive.get(domain, ())),
        )
        for domain in worst.keys() | alive.keys()
    }


def _order(counted: tuple[DomainState, int]) -> tuple[int, bool, bool, int]:
    state = counted[0]
    rank, alarm, doubted, own = badness(state.rank, alarm=state.alarm, doubted=state.doubted)
    return -rank, not alarm, not doubted, -own
