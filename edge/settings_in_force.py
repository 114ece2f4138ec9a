"""The settings that the agent runs by:  the file's, then what SIGHUP, the city or a new login make of them.

SIGHUP ─► the file is checked ─┬─► mistakes, or zeros: they are said, and nothing changes
the city's words ──────────────┴─► sources, uplink and link take them over, one change after the other
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from edge import last_good
from edge.check import CheckedSettings
from edge.link.settings import UplinkSettings
from edge.remote.city_config import CityConfig
from edge.remote.ownership import without_the_citys
from runtime.settings import SettingsError

_log = logging.getLogger(__name__)

_UNTIL_RESTART = (
    "gateway",
    "spool",
    "uplink",
    "clock",
    "health",
    "home_assistant",
    "indicator",
    "page",
    "modem",
    "power",
    "outputs",
)


class SettingsInForce:
    """`checked` are those of now; `apply` makes the parts of the agent run by others, and names what was started."""

    def __init__(
        self, city: CityConfig, *, apply: Callable[[CheckedSettings], Awaitable[list[str]]],
        changed: Callable[[], None],
    ) -> None:  # fmt: skip
        self.checked = city.settings
        self._city = city
        self._apply = apply
        self._on_change = changed
        self._applying, self._reloading = asyncio.Lock(), asyncio.Lock()

    async def reload(self) -> None:
        """Read the file again; a mistake in it changes nothing."""
        async with self._reloading:  # one after the other
            try:
                checked = await asyncio.to_thread(self._city.check_again)
            except SettingsError as error:
                _log.error("the settings are as they were; the new ones have mistakes:")
                for sentence in error.problems:
                    _log.error("%s", sentence)
                return
            if checked.note:  # they are the copy of what is in use
                _log.error("the settings are as they were; %s is empty or holds zeros", self._city.path.name)
                return
            for sentence in (*checked.warnings, *_not_until_restart(self.checked, checked)):
                _log.warning("%s", sentence)
            await asyncio.to_thread(last_good.keep, self._city.path, self.checked.settings.spool.path)
            await self.use(checked)

    async def use(self, checked: CheckedSettings) -> None:
        """Run by other settings from now on, those of the tables that are read at the start left aside."""
        async with self._applying:
            started = await self._apply(checked)
            self.checked = checked
        _log.info("settings read again; sources started: %s", ", ".join(started) or "none")
        self._on_change()

    def use_login(self, uplink: UplinkSettings) -> None:
        """The cloud has answered to a new login: the settings have it from now on, as a start would find it."""
        login = {"username": uplink.username, "password_file": uplink.password_file}
        changed = self.checked.settings.uplink.model_copy(update=login)
        settings = self.checked.settings.model_copy(update={"uplink": changed})
        self.checked = msgspec.structs.replace(self.checked, settings=settings)
        self._on_change()


def _not_until_restart(before: CheckedSettings, after: CheckedSettings) -> list[str]:
    old, new = without_the_citys(before.settings), without_the_citys(after.settings)
    changed = [name for name in _UNTIL_RESTART if old[name] != new[name]]
    return [f"[{name}] has changed; the running agent keeps the old one until it is restarted" for name in changed]
