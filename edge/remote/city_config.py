"""The city's configuration at this gateway: taken, checked as edge.toml is, used, kept, and taken back.

…/config ─► check: edge.toml with the city's words laid over it ─► kept on trial ─► used ─► an ack of a batch sent since
                └─► refused, and why                                                  └─► none: the one before, and why
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import msgspec

from edge import last_good
from edge.check import CheckedSettings, Overlay, check_file
from edge.remote import trial
from edge.remote.kept_file import kept_path, read_kept, write_kept
from edge.remote.ownership import laid_over
from edge.remote.trial import KeptConfig
from runtime.clock import boot_id, boot_s
from runtime.settings import SettingsError
from wire import WireError
from wire.gateway_config import (
    CONFIG_VERSION,
    MOST_PASSED_OVER,
    RAW_PARTS,
    ConfigReport,
    ConfigState,
    GatewayConfig,
    decode_config,
)

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
PROVE_EVERY_S = 15.0
"""While a revision is on trial something is sent so often, so that there is something to acknowledge."""


class PartReader(Protocol):
    """Who reads a part of the configuration that is no setting of edge.toml, such as `alarms`."""

    def check(self, raw: msgspec.Raw) -> None:
        """WireError where it cannot be used."""

    def use(self, raw: msgspec.Raw | None) -> None:
        """Use it; None where the city says nothing. It was checked."""


class CheckedConfig(msgspec.Struct, frozen=True):
    """A revision without mistakes: edge.toml with its words, and what of it was passed over."""

    config: GatewayConfig | None
    settings: CheckedSettings
    passed_over: tuple[str, ...] = ()


class CityConfig:
    """What the city wants of this gateway; `settings` are those to start with, `alone` those of edge.toml alone."""

    def __init__(
        self, path: Path, alone: CheckedSettings, *, readers: Mapping[str, PartReader] | None = None,
        boot: Callable[[], str] = boot_id, now_s: Callable[[], float] = boot_s,
    ) -> None:  # fmt: skip
        self.path = path
        self._kept_path = kept_path(alone.settings.spool.path)
        self.readers = dict(readers or {})
        """Who reads the parts that are no settings, by name; to be complete before `run`."""
        self._boot = boot
        self._now_s = now_s
        self._arrived: bytes | None = None
        self._wake = asyncio.Event()
        self._misfit = self._unwritten = ""
        found = read_kept(self._kept_path)
        self._damage = found.problem
        if found.problem:
            _log.error("%s", found.problem)
        self._kept = self._start(found.kept)
        self.settings = self.check_again() if self._kept.in_use else alone
        self._used_s = self._sent_s = float("-inf")

    @property
    def config(self) -> GatewayConfig | None:
        """The configuration in use; None for edge.toml alone."""
        return _decoded(self._kept.in_use) if self._kept.in_use and not self._misfit else None

    @property
    def note(self) -> str:
        """What somebody should look at; "" where all that the city wants is in force, or being tried."""
        kept = self._kept
        said = {
            ConfigState.REFUSED: f"revision {kept.desired} of the configuration is refused: {kept.reason}",
            ConfigState.ROLLED_BACK: f"revision {kept.desired} of the configuration was rolled back: {kept.reason}",
        }
        return self._misfit or said.get(kept.state, "") or self._unwritten or self._damage

    def report(self, *, time_ms: int | None = None) -> ConfigReport:
        """What became of what the city wants."""
        kept = self._kept
        in_force = 0 if self._misfit else kept.good_revision
        state = ConfigState.REFUSED if self._misfit else kept.state
        reason = (self._misfit or kept.reason)[:400]
        return ConfigReport(CONFIG_VERSION, kept.desired, in_force, state, reason, kept.passed_over, time_ms)

    def on_message(self, payload: bytes) -> None:
        """The city says what it wants; only the newest matters."""
        if payload:  # an empty one clears what the broker retains, and wants nothing
            self._arrived = payload
            self._wake.set()

    def check_again(self) -> CheckedSettings:
        """Read edge.toml again, with what is in use laid over it; SettingsError where edge.toml has mistakes."""
        self._misfit = ""
        if not self._kept.in_use:
            return self._check_file()
        try:
            return self._check(_decoded(self._kept.in_use)).settings
        except (SettingsError, WireError) as error:
            alone = self._check_file()
            self._misfit = (
                f"the city's configuration does not fit edge.toml, which holds alone: {_sentences(error, self.path)}"
            )
            _log.error("%s", self._misfit)
            return alone

    async def run(
        self,
        *,
        use: Callable[[CheckedSettings], Awaitable[None]],
        prove: Callable[[], Awaitable[None]],
        proved_s: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        """Take what comes, without end: `use` settings at once, `prove` by sending something.

        `proved_s` is when (on the loop's clock) the newest batch was sent that the cloud has acknowledged; `changed` is
        called when there is something to report.
        """
        loop = asyncio.get_running_loop()
        self._used_s = loop.time()
        self._use_parts()
        while True:
            with contextlib.suppress(TimeoutError):  # nothing came: the trial is looked at
                async with asyncio.timeout(LOOK_EVERY_S if self._kept.is_on_trial else None):
                    await self._wake.wait()
            self._wake.clear()
            payload, self._arrived = self._arrived, None
            if payload is not None and await self._try_new(payload, use):
                changed()
            if self._kept.is_on_trial and await self._try_on(proved_s(), prove, use):
                changed()

    async def _try_new(self, payload: bytes, use: Callable[[CheckedSettings], Awaitable[None]]) -> bool:
        """Try what came, if it is new; whether there is something to report."""
        text = payload.decode(errors="replace")
        if not trial.is_new(self._kept, text):
            return False
        revision, was_on_trial = 0, self._kept.is_on_trial
        try:
            config = decode_config(payload)
            revision = config.revision
            checked = await asyncio.to_thread(self._check, config)
        except (SettingsError, WireError) as error:
            await self._keep(trial.refuse(self._kept, text, revision, _sentences(error, self.path)))
            _log.error("revision %d of the configuration is refused: %s", revision, self._kept.reason)
            if was_on_trial:
                await self._use(use)
            return True
        end_s = self._now_s() + config.confirm_s
        begun = trial.begin(
            self._kept, text, revision, boot=self._boot(), end_s=end_s, passed_over=checked.passed_over
        )  # fmt: skip
        if not await self._keep(begun, only_if_written=True):
            return True  # what could not be taken back after a power cut is not used
        _log.info("trying revision %d of the configuration for %g s", revision, config.confirm_s)
        await self._use(use, checked)
        return True

    async def _try_on(
        self, proved_s: float, prove: Callable[[], Awaitable[None]], use: Callable[[CheckedSettings], Awaitable[None]]
    ) -> bool:
        """Confirm what is on trial, or return to the one before; whether there is something to report."""
        if proved_s > self._used_s:
            if not await self._keep(trial.confirm(self._kept), only_if_written=True):
                return False
            self._damage = ""
            _log.info("revision %d of the configuration is in force", self._kept.good_revision)
            return True
        if self._now_s() >= self._kept.end_s:
            why = trial.late(self._kept, _decoded(self._kept.trying).confirm_s)
            await self._keep(trial.roll_back(self._kept, why))
            _log.error("%s; revision %d is in force again", why, self._kept.good_revision)
            await self._use(use)
            return True
        loop_s = asyncio.get_running_loop().time()
        if loop_s - self._sent_s >= PROVE_EVERY_S:
            self._sent_s = loop_s
            await prove()
        return False

    async def _use(
        self, use: Callable[[CheckedSettings], Awaitable[None]], checked: CheckedConfig | None = None
    ) -> None:
        """Use `checked`, or what is in force."""
        try:
            settings = checked.settings if checked is not None else await asyncio.to_thread(self.check_again)
        except SettingsError as error:  # edge.toml is being written to
            _log.error("the settings are as they were: %s", _sentences(error, self.path))
            return
        self._misfit = "" if checked is not None else self._misfit
        await use(settings)
        self._use_parts()
        self._used_s = asyncio.get_running_loop().time()
        self._sent_s = float("-inf")

    def _use_parts(self) -> None:
        """Use what is no setting, even where the settings do not fit edge.toml: a siren may sound by a rule of it."""
        config = None
        with contextlib.suppress(WireError):
            config = _decoded(self._kept.in_use) if self._kept.in_use else None
        for name, reader in self.readers.items():
            reader.use(None if config is None else getattr(config, name))

    def _check(self, config: GatewayConfig) -> CheckedConfig:
        """Check edge.toml with the city's words; SettingsError or WireError has what is wrong with these."""
        passed_over: list[str] = [f"{name}: is not known to this version of the gateway" for name in config.unknown]
        for name in RAW_PARTS:
            raw = getattr(config, name)
            if raw is not None and name in self.readers:
                self.readers[name].check(raw)
            elif raw is not None:
                passed_over.append(f"{name}: is not known to this version of the gateway")
        settings = self._check_file(partial(_overlay, config, passed_over))
        return CheckedConfig(config, settings, tuple(each[:400] for each in passed_over[:MOST_PASSED_OVER]))

    def _check_file(self, overlay: Overlay = lambda document: document) -> CheckedSettings:
        """Check edge.toml, or its last good copy where a power cut has emptied it."""
        copy = last_good.kept(self.path) if last_good.is_zeroed(self.path) else None
        checked = check_file(self.path, copy=copy, overlay=overlay)
        note = "" if copy is None else str(last_good.note_on(self.path, copy))
        return msgspec.structs.replace(checked, note=note)

    def _start(self, kept: KeptConfig) -> KeptConfig:
        """Go on with what an earlier start has left."""
        if not kept.is_on_trial:
            return kept
        try:
            confirm_s = decode_config(kept.trying.encode()).confirm_s
        except WireError as error:
            fresh = trial.roll_back(kept, str(error)[:400])
        else:
            fresh = trial.started(kept, boot=self._boot(), now_s=self._now_s(), confirm_s=confirm_s)
        if not fresh.is_on_trial:
            _log.error("%s; revision %d is in force again", fresh.reason, fresh.good_revision)
        self._write(fresh)
        return fresh

    async def _keep(self, kept: KeptConfig, *, only_if_written: bool = False) -> bool:
        """Remember `kept` on disk; whether that was done."""
        written = await asyncio.to_thread(self._write, kept)
        if written or not only_if_written:
            self._kept = kept
        return written

    def _write(self, kept: KeptConfig) -> bool:
        try:
            write_kept(self._kept_path, kept)
        except OSError as error:
            self._unwritten = (
                f"{self._kept_path.name} cannot be written ({error.strerror or error}), so revision {kept.desired} of "
                "the configuration is not used; look at the disk"
            )
            _log.error("%s", self._unwritten)
            return False
        self._unwritten = ""
        return True


def _overlay(config: GatewayConfig, passed_over: list[str], document: dict[str, Any]) -> dict[str, Any]:
    overlay = laid_over(document, config)
    passed_over += overlay.passed_over
    return overlay.document


def _decoded(payload: str) -> GatewayConfig:
    return decode_config(payload.encode())


def _sentences(error: SettingsError | WireError, path: Path) -> str:
    """All that is wrong, on one line, of what one report holds."""
    problems = error.problems if isinstance(error, SettingsError) else [str(error)]
    return "; ".join(str(problem).removeprefix(f"{path.name}: ") for problem in problems)[:300]
