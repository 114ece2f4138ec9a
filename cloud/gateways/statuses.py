"""What each gateway last reported of itself on `…/status`:  online, spool depth, clock, each source's state.

online  =  it said so  and  it was heard within OFFLINE_AFTER_S  (a retained message says nothing of now: that of a
           revoked or dead gateway may say "online" for ever)
Kept in memory alone: the topic is retained, so the broker sends all of it again after a restart.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping

import msgspec

from cloud.core.changed_keys import ChangedKeys
from cloud.gateways.connection_state import ConnectionState, connection_state
from cloud.gateways.reading_rates import CountedReadings, ReadingRates
from runtime.clock import boot_s
from wire import Status, WireError, decode_status

MAX_GATEWAYS = 10_000
OFFLINE_AFTER_S = 90.0
"""Not heard for so long: offline. A gateway repeats its status each 30 s (docs/edge.md); two may be lost on the way."""
TWINS_FOR_S = 900.0
"""How long two agents under one id are reported after they were last seen to take turns."""
_log = logging.getLogger(__name__)

Run = tuple[str, str]
"""One run of an agent: (boot of its machine, stream)."""


class StatusRecord(msgspec.Struct, frozen=True):
    """What a process knows of a gateway by its statuses, for another that follows it; `twins_s` is since boot."""

    status: Status
    counts: tuple[CountedReadings, ...] = ()
    twins_s: float | None = None


class Statuses:
    """The newest status of each gateway, of at most `MAX_GATEWAYS`.

    `listening_since_s` says since when (seconds since boot, as `clock` gives them) the broker's connection stands; None
    while there is none: then nothing can arrive, and silence means nothing.
    """

    def __init__(
        self,
        listening_since_s: Callable[[], float | None] = lambda: None,
        clock: Callable[[], float] = boot_s,
    ) -> None:
        self.on_live: Callable[[str, Status], None] = lambda _gateway, _status: None
        """Is called with each status that is of now, and not one that the broker had kept."""
        self.rates = ReadingRates()
        self.changed: ChangedKeys[str] = ChangedKeys()
        self.changed_heard: ChangedKeys[str] = ChangedKeys()
        self._listening_since_s = listening_since_s
        self._clock = clock
        self._statuses: dict[str, Status] = {}
        self._heard_s: dict[str, float] = {}
        self._runs: dict[str, deque[Run]] = {}
        self._twins_s: dict[str, float] = {}

    def status(self, gateway_id: str) -> Status | None:
        """What the gateway said last, `online` only while it is heard; None before its first."""
        status = self._statuses.get(gateway_id)
        if status is None or not status.online or self._is_heard(gateway_id):
            return status
        return msgspec.structs.replace(status, online=False)

    def state(self, gateway_id: str) -> ConnectionState:
        """How its connection does."""
        return connection_state(self.status(gateway_id), self.silent_s(gateway_id))

    def is_online(self, gateway_id: str) -> bool:
        """Whether the gateway said so, and is heard."""
        status = self.status(gateway_id)
        return status is not None and status.online

    def silent_s(self, gateway_id: str) -> float | None:
        """For how long nothing was heard of it, counted while we listened; None while we cannot hear."""
        since_s = self._listening_since_s()
        return None if since_s is None else self._clock() - max(self._heard_s.get(gateway_id, since_s), since_s)

    def are_two(self, gateway_id: str) -> bool:
        """Whether two agents take turns under this id: a cloned card, or one folder started twice."""
        seen_s = self._twins_s.get(gateway_id)
        return seen_s is not None and self._clock() - seen_s <= TWINS_FOR_S

    def on_message(self, gateway_id: str) -> None:
        """Record that something came from the gateway itself, now."""
        if gateway_id in self._heard_s or len(self._heard_s) < MAX_GATEWAYS:
            self._heard_s[gateway_id] = self._clock()
            self.changed_heard.add(gateway_id)

    def on_status(self, gateway_id: str, payload: bytes, *, retained: bool = False) -> None:
        """Apply the payload of `…/status`; an empty one takes the status away, one that does not parse changes none.

        A `retained` one is what the broker has kept: it says nothing of now.
        """
        if not payload:
            for kept in (self._statuses, self._runs, self._twins_s):
                kept.pop(gateway_id, None)
            self.rates.forget(gateway_id)
            self.changed.add(gateway_id)
            return
        try:
            status = decode_status(payload)
        except WireError as error:
            _log.warning("gateway %s: %s", gateway_id, error)
            return
        if gateway_id in self._statuses or len(self._statuses) < MAX_GATEWAYS:
            status = _with_last_word(status, self._statuses.get(gateway_id))
            self._statuses[gateway_id] = status
            self.rates.on_status(gateway_id, status)
            if status.online and not retained:
                self.on_message(gateway_id)
                self._look_for_twins(gateway_id, (status.boot, status.stream))
                self.on_live(gateway_id, status)
            self.changed.add(gateway_id)

    def gateways(self) -> list[str]:
        """Every gateway of which a status is known."""
        return list(self._statuses)

    def heard(self) -> list[str]:
        """Every gateway that was heard."""
        return list(self._heard_s)

    def records(self, gateways: Iterable[str]) -> dict[str, StatusRecord | None]:
        """What is known of these gateways; None: no status any more."""
        return {gateway: self._record_of(gateway) for gateway in gateways}

    def heard_s(self, gateways: Iterable[str]) -> dict[str, float]:
        """When these gateways were heard last, in seconds since boot."""
        return {gateway: self._heard_s[gateway] for gateway in gateways}

    def put(self, told: Mapping[str, StatusRecord | None]) -> None:
        """Take over what another process of this machine knows of gateways."""
        for gateway, known in told.items():
            for kept in (self._statuses, self._twins_s):
                kept.pop(gateway, None)
            self.rates.put(gateway, () if known is None else known.counts)
            if known is not None:
                self._statuses[gateway] = known.status
                if known.twins_s is not None:
                    self._twins_s[gateway] = known.twins_s

    def put_heard(self, heard_s: Mapping[str, float]) -> None:
        """Take over when another process of this machine heard gateways."""
        self._heard_s.update(heard_s)

    def _record_of(self, gateway: str) -> StatusRecord | None:
        status = self._statuses.get(gateway)
        return None if status is None else StatusRecord(status, self.rates.ends(gateway), self._twins_s.get(gateway))

    def _is_heard(self, gateway_id: str) -> bool:
        silent_s = self.silent_s(gateway_id)
        return silent_s is None or silent_s <= OFFLINE_AFTER_S

    def _look_for_twins(self, gateway_id: str, run: Run) -> None:
        """A run that is over never sends again: one that comes back after another's status runs beside it."""
        runs = self._runs.setdefault(gateway_id, deque(maxlen=4))
        if runs and runs[-1] == run:
            return
        if run in runs:
            if not self.are_two(gateway_id):
                _log.warning(
                    "two agents connect as gateway %s and throw each other out; a card was cloned, or an agent started "
                    "twice: stop one of them, or enrol it under an id of its own",
                    gateway_id,
                )
            self._twins_s[gateway_id] = self._clock()
            runs.remove(run)
        runs.append(run)


def _with_last_word(status: Status, before: Status | None) -> Status:
    """A last will was written when the gateway connected: what the same run has said since then is its last word."""
    if status.online or status.last_word is not None or before is None or before.last_word is None:
        return status
    if (status.boot, status.stream) != (before.boot, before.stream):
        return status
    return msgspec.structs.replace(status, last_word=before.last_word)
