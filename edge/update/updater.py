"""Does what the agent was asked for, as root, in steps of which each is on disk before it is begun:

request ─► FETCHING   signed lists, archive            ─► INSTALLING  unpacked, put beside, the link is good
        ─► ON_TRIAL   link to it, agent started anew   ─► an ack: CONFIRMED    none: RETURNING ─► ROLLED_BACK

Killed at any moment it goes on from there when it is started again, also at a boot: trial_of_version.py counts.
"""

import logging
import time
from collections.abc import Callable

from edge.architecture import architecture
from edge.clock import kernel_is_synced, tick
from edge.installation.parts import CannotInstall
from edge.update import trial_of_version as trial
from edge.update.asked import read_offer, read_request
from edge.update.kept_update import read_update, write_update
from edge.update.link_settings import LinkSettings
from edge.update.outcome import NotNow, UpdateRefused
from edge.update.places import CURRENT, UPDATER, UpdatePlaces
from edge.update.running import RunningVersion
from edge.update.trial_of_version import KeptUpdate, UpdateStep
from edge.update.unpacking import digest_of, unpack
from edge.update.versions import (
    check_room,
    check_way_back,
    forget_version,
    forget_versions,
    is_beside,
    point,
    put_beside,
)
from runtime.backoff import doubled_s
from runtime.clock import boot_id, boot_s
from wire import Clock, SourceStatus, WireError
from wire.gateway_update import UpdateOffer, archive_name, is_newer

_log = logging.getLogger(__name__)

CONFIRM_S = 300.0
"""So long has a version from its start to an ack. The one before took less, or it would not have been tried."""
LOOK_EVERY_S = 2.0
LONGEST_AGAIN_S = 900.0
"""What cannot be done now is tried again ever more seldom, up to this."""
GIVE_UP_S = 24 * 3_600.0
"""So long is tried what cannot be done now."""


class Updater:
    """Updates the gateway at `places`. `look` is what the agent that runs says, None where none answers; `start` starts
    that of the version that is linked, or raises CannotInstall; `ready` is called when nothing holds its own start up.
    """

    def __init__(
        self, places: UpdatePlaces, link: LinkSettings, *, look: Callable[[], RunningVersion | None],
        start: Callable[[], None],
        ready: Callable[[], None] = lambda: None, confirm_s: float = CONFIRM_S, look_every_s: float = LOOK_EVERY_S,
    ) -> None:  # fmt: skip
        self._places = places
        self._link = link
        self._look, self._start = look, start
        self._ready = ready
        self._confirm_s = confirm_s
        self._look_every_s = look_every_s
        self._kept, damage = read_update(places.state)
        if damage:
            _log.error("%s", damage)

    def run(self) -> None:
        """Finish what is under way, then what is asked for; OSError where the disk takes no note of it."""
        if self._kept.step.is_under_way:
            self._keep(trial.started(self._kept, boot=boot_id(), now_s=boot_s(), confirm_s=self._confirm_s))
        if self._kept.step is UpdateStep.RETURNING:
            self._point_back()  # before systemd starts the agent
        self._ready()
        while self._kept.step.is_under_way or self._take_request():
            self._finish()
        self._places.under_way.unlink(missing_ok=True)  # a kill came before it was gone
        if self._kept.step is not UpdateStep.NONE:
            forget_versions(self._places)

    def _take_request(self) -> bool:
        """Begin with what is asked for; whether anything is."""
        try:
            request = read_request(self._places.request)
        except WireError as error:
            _log.error("%s; it is thrown away", error)
            self._places.request.unlink(missing_ok=True)
            return False
        if request is None:
            return False
        if request.key != self._kept.key:  # else a cut came before it was gone
            before, at_ms = self._places.version_in(CURRENT), self._known_ms()
            self._keep(
                trial.accept(
                    self._kept, request.version, before=before, key=request.key, again=request.again, time_ms=at_ms
                )
            )
        self._places.request.unlink(missing_ok=True)
        return True

    def _finish(self) -> None:
        """Do the steps until it is over."""
        steps = {
            UpdateStep.FETCHING: self._fetch, UpdateStep.INSTALLING: self._install, UpdateStep.ON_TRIAL: self._try,
            UpdateStep.RETURNING: self._return,
        }  # fmt: skip
        failures, began_s = 0, boot_s()
        while self._kept.step.is_under_way:
            try:
                steps[self._kept.step]()
                failures, began_s = 0, boot_s()
            except UpdateRefused as error:
                self._keep(trial.refuse(self._kept, str(error), time_ms=self._known_ms()))
            except NotNow as error:
                failures += 1
                self._wait(str(error), failures, began_s)
            except OSError as error:
                if self._kept.step not in (UpdateStep.FETCHING, UpdateStep.INSTALLING):
                    raise  # the next start goes on, and counts
                failures += 1
                self._wait(f"{error.filename or self._places.work}: {error.strerror or error}", failures, began_s)

    def _wait(self, why: str, failures: int, began_s: float) -> None:
        if boot_s() - began_s > GIVE_UP_S:
            self._keep(trial.end(self._kept, f"{why}; tried for {GIVE_UP_S / 3_600:.0f} h", time_ms=self._known_ms()))
            return
        if why != self._kept.reason:
            self._keep(trial.say(self._kept, why))
        time.sleep(doubled_s(failures, first_s=self._look_every_s, longest_s=LONGEST_AGAIN_S))

    # --- the steps

    def _fetch(self) -> None:
        """FETCHING: the archive, signed and whole."""
        from edge.update.repository import UpdateRepository  # large, and wanted here alone

        kept, places = self._kept, self._places
        self._check_version()
        at_ms = self._known_ms()
        if at_ms is None:
            raise UpdateRefused(
                "the time is not known here, so nobody can say whether the signed lists have expired; ask again when "
                "the status says that it is"
            )
        repository = UpdateRepository(
            places, self._offer(), at_ms=at_ms, ca=self._link.ca, max_kbit_s=self._link.max_kbit_s
        )
        found = repository.find(kept.version, architecture())
        why = kept.why_rejected(found.digest)
        if why and not kept.again:
            raise UpdateRefused(f"version {kept.version} was rolled back here before: {why}; ask for it again by name")
        check_room(places.installed, found.length)
        repository.fetch(found)
        forget_version(places, kept.version)  # of another archive of this name
        self._keep(trial.fetched(kept, found.digest, time_ms=at_ms))

    def _install(self) -> None:
        """INSTALLING: beside the one in use; and the link is good, or a trial would prove nothing."""
        kept, places = self._kept, self._places
        self._check_version()
        if not is_beside(places.installed, kept.version):
            archive = places.archive / archive_name(kept.version, architecture())
            if digest_of(archive) != kept.digest:
                self._keep(trial.fetch_again(kept))
                return
            folder = unpack(archive, places.unpacked, version=kept.version, architecture=architecture())
            put_beside(folder, places.installed, kept.version)
        check_way_back(places.installed, kept.version)
        running = self._look()
        if running is not None and not running.is_heard:
            raise NotNow("nothing is acknowledged now, so a trial would prove nothing; waiting for the link")
        if running is not None and running.sounds_for:
            raise NotNow(f"a siren is on for {running.sounds_for[0]}; waiting for its end")
        read = () if running is None else running.names(SourceStatus.OK)
        begun = trial.begin_trial(
            kept, boot=boot_id(), end_s=boot_s() + self._confirm_s, read=read, time_ms=self._known_ms()
        )
        self._keep(begun)

    def _try(self) -> None:
        """ON_TRIAL: it runs, until an ack, or until it is over."""
        if self._places.version_in(CURRENT) == self._kept.before:
            point(self._places.installed, CURRENT, self._kept.version)
        if self._places.version_in(CURRENT) == self._kept.version and not self._kept.is_started:
            self._start_trial()
        kept = self._kept
        while kept.step is UpdateStep.ON_TRIAL and self._places.version_in(CURRENT) == kept.version:
            running = self._look()
            is_it = running is not None and running.version == kept.version
            over = boot_s() >= kept.end_s
            if running is not None and is_it and running.is_acknowledged and not self._lost(running, over):
                self._confirm()
                return
            if over:
                self._keep(trial.give_up(kept, self._why_not(running if is_it else None)))
                return
            time.sleep(self._look_every_s)
        if kept.step is UpdateStep.ON_TRIAL:
            raise UpdateRefused("another version was installed on site meanwhile")

    def _confirm(self) -> None:
        point(self._places.installed, UPDATER, self._kept.version)
        self._keep(trial.confirm(self._kept, time_ms=self._known_ms()))
        _log.info("version %s is confirmed", self._kept.version)

    def _return(self) -> None:
        """RETURNING: the version before runs again."""
        _log.error("version %s is taken back: %s", self._kept.version, self._kept.reason)
        self._point_back()
        try:
            self._start()
        except CannotInstall as error:
            raise NotNow(f"{self._kept.reason}; version {self._kept.before} does not start: {error.problem}") from None
        running = self._look()
        if running is not None and running.version == self._kept.version:
            raise NotNow(f"{self._kept.reason}; it runs all the same, and is ended again")
        self._keep(trial.returned(self._kept, time_ms=self._known_ms()))

    # --- what the steps need

    def _keep(self, kept: KeptUpdate) -> None:
        write_update(self._places, kept)
        if (kept.step, kept.reason) != (self._kept.step, self._kept.reason):
            _log.info("update to %s: %s %s", kept.version, kept.step, kept.reason)
        self._kept = kept

    def _check_version(self) -> None:
        kept = self._kept
        try:
            newer = is_newer(kept.version, kept.before)
        except WireError as error:
            raise UpdateRefused(str(error)) from None
        if kept.version == kept.before:
            raise UpdateRefused(f"version {kept.version} runs here already")
        if not newer:
            raise UpdateRefused(f"version {kept.before} runs here, and {kept.version} is older; go back on site")

    def _offer(self) -> UpdateOffer:
        try:
            offer = read_offer(self._places.offer)
        except WireError as error:
            raise UpdateRefused(str(error)) from None
        if offer is None:
            raise UpdateRefused("the city's configuration does not say where updates are")
        return offer

    def _start_trial(self) -> None:
        """Start the agent on trial, with its unit; the trial is over where that fails."""
        try:
            self._start()
        except CannotInstall as error:
            self._keep(trial.give_up(self._kept, f"it could not be started: {error.problem}"))
        else:
            self._keep(trial.agent_started(self._kept))

    def _point_back(self) -> None:
        """What somebody installed on site meanwhile stays."""
        kept = self._kept
        if self._places.version_in(CURRENT) == kept.version:
            point(self._places.installed, CURRENT, kept.before)
        if self._places.version_in(UPDATER) == kept.version:
            point(self._places.installed, UPDATER, kept.before)

    def _lost(self, running: RunningVersion, over: bool) -> list[str]:
        """The sources that gave readings before and not now; one that just begins is lost only while time is left."""
        now = {source.name: source.state for source in running.sources}
        well = (SourceStatus.OK, SourceStatus.STARTING) if over else (SourceStatus.OK,)
        return [name for name in self._kept.read if now.get(name) not in well]

    def _why_not(self, running: RunningVersion | None) -> str:
        if running is None:
            return f"version {self._kept.version} did not answer within {self._confirm_s:.0f} s"
        if not running.is_acknowledged:
            return f"the cloud acknowledged nothing within {self._confirm_s:.0f} s of version {self._kept.version}"
        lost = ", ".join(self._lost(running, over=True))[:200]
        return f"version {self._kept.version} gets no readings of {lost}, which gave some before"

    def _known_ms(self) -> int | None:
        """The time (UTC), where somebody vouches for it: the system, or whom the agent has it from."""
        now = tick(synced=self._link.trusts_system_clock or kernel_is_synced())
        if now.is_known:
            return now.wall_ms
        running = self._look()
        return None if running is None or running.clock.state is Clock.UNKNOWN else running.time_ms
