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
from cloud.process.settings import CloudSettings, load_cloud_settings
from cloud.registry.city_file import read_city_file
from cloud.registry.snapshot import Registry
from runtime.broker_settings import BrokerSettings
from runtime.settings import Settings, SettingsError

RELOADABLE = {"notify": None, "rules": ("silence_grace_s", "initial"), "ingest": ("ahead_s",)}
"""The tables of cloud.toml that can change, and which of their keys; None: all."""

_log = logging.getLogger(__name__)


class ReloadChanges(msgspec.Struct, frozen=True):
    """What a look at the files found: `settings` to work by, `city` where it can be read, and what is to be said."""

    settings: CloudSettings
    city: Registry | None
    problems: tuple[str, ...]


class Reload:
    """Reads the files anew, and tells health what became of it; `settings` are those that hold."""

    def __init__(self, config: Path, settings: CloudSettings) -> None:
        self._config = config
        self._settings = settings
        self._problems: tuple[str, ...] = ()

    async def reload(self, apply: Callable[[CloudSettings, Registry | None], Awaitable[None]]) -> None:
        """Give what the files say now to `apply`; whatever is wrong with them, what held goes on.

        `apply` raises SettingsError or DatabaseUnavailable where it could not take all of it over.
        """
        found = look(self._config, self._settings)
        problems = found.problems
        try:
            await apply(found.settings, found.city)
        except SettingsError as error:
            problems = (*problems, *error.problems)
        except DatabaseUnavailable as error:
            problems = (*problems, f"{error}; send SIGHUP again when it works")
        except Exception as error:
            _log.exception("taking the files over failed in a way that nobody foresaw; the cloud goes on")
            problems = (*problems, f"Siaga itself failed on it with {type(error).__name__}; the log has the traceback")
        self._settings = found.settings
        self._problems = problems
        for problem in problems:
            _log.warning("not taken over: %s", problem)
        _log.info("the files were read again%s", ", with the exceptions above" if problems else "")

    def component(self) -> Component:
        """Whether the cloud works by its files as they were at the last SIGHUP."""
        if self._problems:
            more = f" (and {len(self._problems) - 1} more: the log has them)" if len(self._problems) > 1 else ""
            said = f"{self._problems[0]}{more}; what held before goes on"
            return Component(Condition.DEGRADED, f"not all of the files was taken over: {said}")
        return Component(Condition.OK, "as the files said when they were read last")


def look(config: Path, held: CloudSettings) -> ReloadChanges:
    """Read cloud.toml and the city file; a mistake in one of them leaves what `held` says of it, and is a problem."""
    problems: list[str] = []
    settings = held
    try:
        said = load_cloud_settings(config)
        problems += [f"{config.name}: {name}: takes a restart" for name in _fixed(held, said)]
        settings = _merged(held, said)
    except SettingsError as error:
        problems += error.problems
    try:
        city = read_city_file(settings.registry.city)
    except SettingsError as error:
        return ReloadChanges(settings, None, (*problems, *error.problems))
    try:
        sites_must_exist(settings.notify, {site.id for site in city.sites()})
    except SettingsError as error:
        problems += error.problems
        settings = settings.model_copy(update={"notify": held.notify})
    return ReloadChanges(settings, city, tuple(problems))


def login_files(broker: BrokerSettings) -> str:
    """What stands in the files that a login at the broker needs, as a digest; that one cannot be read counts, too."""
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


def _merged(held: CloudSettings, said: CloudSettings) -> CloudSettings:
    """`held`, with what can change as it is `said`."""
    changed: dict[str, Settings] = {}
    for table, keys in RELOADABLE.items():
        new = getattr(said, table)
        values = {} if keys is None else {key: getattr(new, key) for key in keys}
        changed[table] = new if keys is None else getattr(held, table).model_copy(update=values)
    return held.model_copy(update=changed)


def _fixed(held: CloudSettings, said: CloudSettings) -> Iterator[str]:
    """What has changed and cannot while the process runs, by its keys."""
    for table in type(held).model_fields:
        before, after = getattr(held, table), getattr(said, table)
        keys = RELOADABLE.get(table, ())
        if before == after or keys is None:
            continue
        if type(before) is not type(after):
            yield f"[{table}]"
            continue
        for key in type(before).model_fields:
            if key not in keys and getattr(before, key) != getattr(after, key):
                yield f"{table}.{key}"
