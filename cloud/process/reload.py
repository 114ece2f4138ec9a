"""SIGHUP: what can change does so without a restart; what cannot is named; a mistake changes nothing.

cloud.toml ─► [notify], rules.silence_grace_s, ingest.ahead_s        the rest: "takes a restart"
city.toml  ─► sites, gateways, sensors                       certificates, passwords ─► a new login at the broker
"""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec

from cloud.core.health import Component, Condition
from cloud.database.engine import DatabaseUnavailable
from cloud.notify.settings import sites_must_exist
from cloud.process.roles import ProcessRole, load_settings_for
from cloud.process.settings import CloudSettings
from cloud.registry.city_file import read_city_file
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage, sentence_of
from runtime.broker_settings import BrokerSettings
from runtime.settings import Settings, SettingsError

RELOADABLE = {"notify": None, "rules": ("silence_grace_s", "initial"), "ingest": ("ahead_s",)}
"""The tables of cloud.toml that can change, and which of their keys; None: all."""

_log = logging.getLogger(__name__)


class ReloadChanges(msgspec.Struct, frozen=True):
    """What the files say now: the `settings` to work by, the `city` where it can be read, and the problems."""

    settings: CloudSettings
    city: Registry | None
    problems: tuple[str, ...]


class Reload:
    """Reads the files again for a process of this role and reports to health; `settings` are the current ones, as is
    `registry`."""

    def __init__(
        self,
        config: Path,
        settings: CloudSettings,
        registry: Registry | None = None,
        *,
        role: ProcessRole = ProcessRole.ALL,
    ) -> None:
        self._config = config
        self._role = role
        self._registry = registry
        self._settings = settings
        self._problems: tuple[str, ...] = ()

    async def reload(self, apply: Callable[[CloudSettings, Registry | None], Awaitable[None]]) -> None:
        """Read the files and give the result to `apply`; what is wrong in them is left as it was.

        `apply` raises SettingsError or DatabaseUnavailable where it could not take all of it over.
        """
        found = read_changes(self._config, self._settings, self._registry, role=self._role)
        problems = found.problems
        try:
            await apply(found.settings, found.city)
        except SettingsError as error:
            problems = (*problems, *error.problems)
        except DatabaseUnavailable as error:
            problems = (*problems, _again(error))
        except Exception as error:
            _log.exception("taking the files over failed in a way that nobody foresaw; the cloud goes on")
            said = LocalizedMessage(
                "Siaga itself failed on it with {error}; the log has the traceback", error=type(error).__name__
            )
            problems = (*problems, said)
        self._settings = found.settings
        self._problems = problems
        for problem in problems:
            _log.warning("not taken over: %s", problem)
        _log.info("the files were read again%s", ", with the exceptions above" if problems else "")

    def component(self) -> Component:
        """Say whether the cloud works by its files as they were at the last SIGHUP."""
        if self._problems:
            first, more = self._problems[0], len(self._problems) - 1
            if more:
                first = LocalizedMessage("{problem} (and {count} more: the log has them)", problem=first, count=more)
            said = LocalizedMessage(
                "not all of the files was taken over: {problem}; what held before goes on", problem=first
            )
            return Component(Condition.DEGRADED, said)
        return Component(Condition.OK, LocalizedMessage("as the files said when they were read last"))


def read_changes(
    config: Path,
    current: CloudSettings,
    registry: Registry | None = None,
    *,
    role: ProcessRole = ProcessRole.ALL,
) -> ReloadChanges:
    """Read cloud.toml and the city file; where one has a mistake, `current` stays and the mistake is a problem."""
    problems: list[str] = []
    settings = current
    try:
        wanted = load_settings_for(role, config)
        problems += [
            LocalizedMessage("{file}: {key}: takes a restart", file=config.name, key=name)
            for name in _fixed(current, wanted)
        ]
        settings = _merged(current, wanted)
    except SettingsError as error:
        problems += error.problems
    try:
        city = read_city_file(settings.registry.city)
    except SettingsError as error:
        return ReloadChanges(settings, None, (*problems, *error.problems))
    try:
        sites_must_exist(settings.notify, _sites(city, registry))
    except SettingsError as error:
        problems += error.problems
        settings = settings.model_copy(update={"notify": current.notify})
    return ReloadChanges(settings, city, tuple(problems))


def _again(error: DatabaseUnavailable) -> LocalizedMessage:
    return LocalizedMessage("{problem}; send SIGHUP again when it works", problem=sentence_of(error))


def _sites(city: Registry, registry: Registry | None) -> set[str]:
    """The sites that there are once `city` is taken over."""
    return city.nameable_sites() if registry is None or "sites" in city.file_owns else registry.nameable_sites()


def login_files(broker: BrokerSettings) -> str:
    """Digest the files of a login at the broker, so that a change shows; an unreadable file changes it too."""
    tls = broker.tls
    files = (broker.password_file, *(() if tls is None else (tls.ca, tls.cert, tls.key)))
    digest = hashlib.sha256()
    for file in files:
        try:
            digest.update(b"" if file is None else file.read_bytes())
        except OSError as error:
            digest.update(str(error).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _merged(current: CloudSettings, wanted: CloudSettings) -> CloudSettings:
    """Return `current`, with the keys that can change as in `wanted`."""
    changed: dict[str, Settings] = {}
    for table, keys in RELOADABLE.items():
        new = getattr(wanted, table)
        values = {} if keys is None else {key: getattr(new, key) for key in keys}
        changed[table] = new if keys is None else getattr(current, table).model_copy(update=values)
    return current.model_copy(update=changed)


def _fixed(current: CloudSettings, wanted: CloudSettings) -> Iterator[str]:
    """Yield the keys that have changed and take a restart."""
    for table in type(current).model_fields:
        before, after = getattr(current, table), getattr(wanted, table)
        keys = RELOADABLE.get(table, ())
        if before == after or keys is None:
            continue
        if type(before) is not type(after):
            yield f"[{table}]"
            continue
        for key in type(before).model_fields:
            if key not in keys and getattr(before, key) != getattr(after, key):
                yield f"{table}.{key}"
