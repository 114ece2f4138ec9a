"""The room that dead letters have: how many bytes are held of each owner, and who has hardly any left.

known once ─► held in memory ─► each rejection asks here, and not the database
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

from sqlalchemy import Connection, delete, func, select

from cloud.core.health import Component, Condition
from cloud.ingest.dead_letter_quota import STRANGERS, DeadLetterQuota
from cloud.ingest.rejection import Rejection
from cloud.ingest.tables import DeadLetterRow
from i18n.message import LocalizedMessage, joined

MOST_NAMED = 4
"""Gateways that health names."""
RECOUNT_S = 5.0
"""How long a gateway without room waits until it is checked whether somebody has made some."""

_MB = 2**20
_STRANGERS = LocalizedMessage("gateways that the registry does not know")


class DeadLetterRoom:
    """Room for `max_bytes` in all and `gateway_bytes` of each of `known_gateways`; all others share one quota."""

    def __init__(self, max_bytes: int, gateway_bytes: int, known_gateways: Callable[[], Collection[str]]) -> None:
        self._max_bytes = max_bytes
        self._gateway_bytes = gateway_bytes
        self._known_gateways = known_gateways
        self._held: Mapping[str, int] = {}
        self._held_is_known = False  # whether that is what the database holds
        self._counted_s = float("-inf")
        self._discarded: Counter[str] = Counter()
        self._sought: Counter[str] = Counter()

    def held_for_writing(self, connection: Connection) -> dict[str, int]:
        """Bytes held by owner, to be changed; what is in memory is not known again until `set_held`."""
        held = dict(self._held if self._held_is_known else self.count_held(connection))
        self._held_is_known = False
        return held

    def set_held(self, held: Mapping[str, int]) -> None:
        """Take into memory what the database holds now; who has room again is not spoken of any more."""
        self._held, self._held_is_known = held, True
        for owner in set(self._discarded).difference(self._quota().full(held, self._sought)):
            del self._discarded[owner], self._sought[owner]

    def record_discarded(self, rejections: Iterable[Rejection]) -> None:
        """Remember for whom there was no room, and how much they needed."""
        for rejection in rejections:
            owner = self.owner(rejection.gateway)
            self._discarded[owner] += rejection.readings
            self._sought[owner] = max(self._sought[owner], rejection.size)

    def make_room(self, connection: Connection, held: dict[str, int], owner: str, size: int) -> bool:
        """Whether there is room for `size` bytes of `owner`, if need be that of replayed ones.

        The database is not counted at each rejection.
        """
        if self._quota().has(held, owner, size):
            return True
        now_s = time.monotonic()
        if now_s - self._counted_s >= RECOUNT_S:
            self._counted_s = now_s
            connection.execute(delete(DeadLetterRow).where(DeadLetterRow.replayed_ms.is_not(None)))
            held.clear()
            held.update(self.count_held(connection))
        return self._quota().has(held, owner, size)

    def count_held(self, connection: Connection) -> Mapping[str, int]:
        """Bytes that the database holds, by owner."""
        query = select(DeadLetterRow.gateway, func.sum(DeadLetterRow.size)).group_by(DeadLetterRow.gateway)
        held: Counter[str] = Counter()
        for gateway, size in connection.execute(query):
            held[self.owner(gateway)] += int(size)
        return held

    def owner(self, gateway: str) -> str:
        """Whose quota what a gateway sends is counted against."""
        return gateway if gateway in self._known_gateways() else STRANGERS

    def component(self) -> Component:
        """How the dead letters are doing: degraded until there is really room again."""
        full = self._quota().full(self._held, self._sought)
        if not full:
            room = LocalizedMessage("room for what is refused, up to {room:.3g} MB", room=self._max_bytes / _MB)
            return Component(Condition.OK, room)
        said = LocalizedMessage(
            "hardly any room for what is refused: {owners}; what is good is stored all the same; mend the causes, "
            "then replay or discard the letters",
            owners=joined([self._how_full(owner) for owner in full[:MOST_NAMED]]),
        )
        return Component(Condition.DEGRADED, said)

    def _quota(self) -> DeadLetterQuota:
        return DeadLetterQuota(self._max_bytes, self._gateway_bytes, len(self._known_gateways()) + 1)

    def _how_full(self, owner: str) -> LocalizedMessage:
        held = LocalizedMessage(
            "{owner}: {held:.3g} MB of {most:.3g} MB",
            owner=LocalizedMessage("gateway {gateway}", gateway=owner) if owner else _STRANGERS,
            held=self._held.get(owner, 0) / _MB, most=self._gateway_bytes / _MB,
        )  # fmt: skip
        lost = self._discarded[owner]
        return LocalizedMessage("{held}, {count} refused readings not kept", held=held, count=lost) if lost else held
