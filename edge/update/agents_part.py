"""The agent's share of an update: it keeps what the city offers, leaves what is asked for, tells what becomes of it.

…/config update ─► update.offer     …/cmd update ─► accepted, or why not ─► update.request     state.json ─► …/status

It has no right to more: the updater is another process, root's, and sees for itself (edge/update/updater.py).
"""

import logging
from collections.abc import Callable

import msgspec

from edge.remote.commands import Answer, NotDone
from edge.update.asked import UpdateRequest, read_offer, write_offer, write_request
from edge.update.kept_update import read_update
from edge.update.places import CURRENT, UpdatePlaces
from edge.update.trial_of_version import KeptUpdate, UpdateStep
from wire.errors import WireError
from wire.gateway_command import GatewayCommand
from wire.gateway_update import UpdateStatus, decode_offer, version_key

_log = logging.getLogger(__name__)

PROVE_EVERY_S = 30.0
"""Before and in a trial something is sent so often, so that there is something to acknowledge."""
_TAKEN_WITHIN_S = 120.0
_PROVED = (UpdateStep.INSTALLING, UpdateStep.ON_TRIAL)


class UpdatePart:
    """Reads the part `update` of the configuration, answers the command, and says what becomes of an update.

    `now_ms` is UTC, or None while the clock is unknown; `now_s` is monotonic; `changed` is called when there is
    something to say, and `prove` sends something at once, False where it is not connected.
    """

    def __init__(
        self, places: UpdatePlaces, version: str, *, now_ms: Callable[[], int | None], now_s: Callable[[], float],
        changed: Callable[[], None], prove: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._places = places
        self._version = version
        self._now_ms = now_ms
        self._now_s = now_s
        self._changed = changed
        self._prove = prove
        self._proved_s = float("-inf")
        self._asked_s: float | None = None
        self._seen: tuple[int, int] | None = None
        self._kept, self._damage = KeptUpdate(), ""
        self._unwritten = ""
        self.poll()

    @property
    def status(self) -> UpdateStatus | None:
        """The newest update."""
        return self._kept.status

    @property
    def note(self) -> str:
        """What somebody should look at."""
        if self._asked_s is not None and self._now_s() - self._asked_s > _TAKEN_WITHIN_S:
            return (
                "an update was asked for, and nobody takes it up; look at systemctl status siaga-edge-update.path "
                "siaga-edge-update.service"
            )
        if self._kept.step is UpdateStep.ROLLED_BACK:
            return f"the update to version {self._kept.version} was taken back: {self._kept.reason}"
        return self._damage or self._unwritten

    def poll(self) -> None:
        """To be called each second: see whether the updater has said anything."""
        try:
            found = self._places.state.stat()
            seen = (found.st_mtime_ns, found.st_ino)
        except OSError:
            seen = None
        if seen != self._seen:
            self._seen = seen
            self._kept, self._damage = read_update(self._places.state)
            self._changed()
        now_s = self._now_s()
        self._watch_request(now_s)
        if self._kept.step in _PROVED and now_s - self._proved_s >= PROVE_EVERY_S and self._prove():
            self._proved_s = now_s

    def _watch_request(self, now_s: float) -> None:
        """Since when it waits for an updater; while an update is under way it may."""
        waits = not self._kept.step.is_under_way and self._places.request.exists()
        self._asked_s = None if not waits else now_s if self._asked_s is None else self._asked_s

    # --- the part of the configuration

    def check(self, raw: msgspec.Raw) -> None:
        """WireError where it is no offer."""
        decode_offer(bytes(raw))

    def use(self, raw: msgspec.Raw | None) -> None:
        """Keep where updates are; what was said stays where the city says nothing of them."""
        if raw is None:
            return
        try:
            write_offer(self._places.offer, decode_offer(bytes(raw)))
            self._unwritten = ""
        except OSError as error:
            self._unwritten = f"{self._places.offer.name} cannot be written: {error.strerror}; look at the disk"
            _log.error("%s", self._unwritten)

    # --- the command

    async def ask(self, command: GatewayCommand) -> Answer:
        """Leave it for the updater; NotDone where that is known to be of no use."""
        why_not = self._why_not(command.version)
        if why_not:
            raise NotDone(why_not)
        try:
            write_request(self._places.request, UpdateRequest(command.version, command.key, command.again))
        except OSError as error:
            raise NotDone(f"{self._places.request.name} cannot be written: {error.strerror}") from None
        return {"version": command.version, "from": self._version}

    def _lacks(self) -> str:
        """What the city has not told yet; "" where nothing lacks."""
        try:
            offer = read_offer(self._places.offer)
        except WireError as error:
            return str(error)
        if offer is None:
            return "the city's configuration does not say where updates are"
        if not offer.root and not self._places.first_root.exists():
            return "no root of trust is known here, and the city's configuration says none"
        return ""

    def _why_not(self, version: str) -> str:
        """Why `version` is not asked for; "" where it may be."""
        places = self._places
        try:
            wanted = version_key(version)
        except WireError as error:
            return str(error)
        if not places.version_in(CURRENT) or not places.work.is_dir():
            return f"this gateway was not installed by install.sh into {places.installed}, so it is updated on site"
        if self._kept.step.is_under_way or places.request.exists():
            return f"an update to {self._kept.version or 'another version'} is under way; wait for its end"
        if self._now_ms() is None:
            return "the time is not known here yet, so the signed lists cannot be judged; ask again when it is"
        why_not = self._lacks()
        if why_not:
            return why_not
        try:
            present = version_key(self._version)
        except WireError:
            return ""  # the updater knows what is linked
        if wanted == present:
            return f"version {version} runs here already"
        return f"version {self._version} runs here, and {version} is older; go back on site" if wanted < present else ""
