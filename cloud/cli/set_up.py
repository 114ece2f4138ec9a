"""Every mistake that would stop `run`, found before it:  settings, city, rules, secrets, folders, ports, all at once.

cloud.toml: broker.password_file: '/etc/siaga/broker.password' cannot be read: No such file or directory; name one …
city.toml: sensors[3].twin: 'gauge-9': there is none of that id; did you mean gauge-8?
Mistakes keep the cloud from starting; warnings do not.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from sqlalchemy import make_url

from cloud.access.oidc_settings import sites_of_groups_must_exist
from cloud.cli.known_city import nameable_sites
from cloud.cli.stored import changes_of_quantities, stored_channels, stored_rules
from cloud.notify.channel_registry.in_force import channels_must_exist
from cloud.notify.settings import sites_must_exist
from cloud.process.settings import CloudSettings, read_cloud_settings
from cloud.readings.settings import InfluxSettings, SqliteSettings
from cloud.registry.city_file import read_city_file
from cloud.registry.ownership import OWNABLE
from cloud.registry.snapshot import Registry
from cloud.rulebook.seed_rules import seeds
from runtime.machine import (
    mistakes_of_a_broker,
    mistakes_of_a_file_to_write,
    mistakes_of_a_folder,
    mistakes_of_a_secret,
    port_is_busy,
    secrets_of_a_broker,
    warnings_of_secrets,
)
from runtime.settings import SettingsError, beside, read_document

T = TypeVar("T")


class CheckResult(msgspec.Struct, frozen=True):
    """The result of a check; `settings` is None where they cannot be read."""

    settings: CloudSettings | None
    mistakes: tuple[str, ...]
    warnings: tuple[str, ...]


def check_set_up(config: Path) -> CheckResult:
    """Check `config` and all files that it names."""
    mistakes: list[str] = []
    settings = _attempt(mistakes, lambda: read_cloud_settings(config))
    city_file = _city_file_named(config) if settings is None else settings.registry.city
    registry = _attempt(mistakes, lambda: read_city_file(city_file))
    warnings: list[str] = []
    if settings is not None:
        name = config.name
        mistakes += settings.notify.missing(config.name)
        mistakes += [f"{name}: {sentence}" for sentence in _mistakes(settings)]
        warnings += [f"{name}: {sentence}" for sentence in _warnings(settings)]
        if registry is not None:
            known = registry
            given = _attempt(
                mistakes, lambda: seeds(settings.rules.initial, known, stored_rules(settings.registry.url))
            )
            warnings += () if given is None else given.notes
            mistakes += [f"{city_file.name}: {said}" for said in changes_of_quantities(settings.registry.url, known)]
            warnings += [f"{city_file.name}: {said}" for said in _beyond_its_own(known)]
            sites = nameable_sites(settings, known)
            _attempt(mistakes, lambda: sites_must_exist(settings.notify, sites))
            _attempt(mistakes, lambda: channels_must_exist(settings.notify, stored_channels(settings.registry.url)))
            _attempt(mistakes, lambda: sites_of_groups_must_exist(settings.access.oidc, sites))
    return CheckResult(settings, tuple(dict.fromkeys(mistakes)), tuple(dict.fromkeys(warnings)))


def _beyond_its_own(city: Registry) -> Iterator[str]:
    """What a city file lists and does not own: somebody may wait for it to hold."""
    for kind in OWNABLE:
        if kind not in city.file_owns and city.registered(kind):
            yield f"{kind}: it does not own them, so the first start alone reads them; siaga-cloud registry import does"


def _attempt(mistakes: list[str], work: Callable[[], T]) -> T | None:
    try:
        return work()
    except SettingsError as error:
        mistakes += error.problems
        return None


def _city_file_named(config: Path) -> Path:
    """Return the city file that settings with mistakes still name, or the default."""
    document: Any = _attempt([], lambda: read_document(config)) or {}
    table = document.get("registry")
    named = table.get("city") if isinstance(table, dict) else None
    return beside(config, Path(named if isinstance(named, str) and named else "city.toml"))


def _mistakes(settings: CloudSettings) -> Iterator[str]:
    yield from mistakes_of_a_broker("broker", settings.broker)
    yield from _of_the_store(settings.store)
    registry = make_url(settings.registry.url)
    if registry.get_backend_name() == "sqlite" and registry.database not in (None, "", ":memory:"):
        yield from mistakes_of_a_file_to_write("registry.url", Path(str(registry.database)))
    passfile = registry.query.get("passfile")
    if isinstance(passfile, str):
        yield from mistakes_of_a_secret("registry.url (passfile)", Path(passfile))
    oidc = settings.access.oidc
    if oidc is not None and oidc.client_secret_file is not None:
        yield from mistakes_of_a_secret("access.oidc.client_secret_file", oidc.client_secret_file)
    for number, channel in enumerate(settings.notify.channels):
        for key, folder in channel.folders().items():
            yield from mistakes_of_a_folder(f"notify.channels[{number}].{key}", folder)


def _of_the_store(store: SqliteSettings | InfluxSettings) -> Iterator[str]:
    if isinstance(store, SqliteSettings):
        yield from mistakes_of_a_file_to_write("store.path", store.path)
        return
    for key, file in (("password_file", store.password_file), ("token_file", store.token_file)):
        if file is not None:
            yield from mistakes_of_a_secret(f"store.{key}", file)


def _warnings(settings: CloudSettings) -> Iterator[str]:
    yield from warnings_of_secrets(_secrets(settings))
    if settings.api.enabled and (busy := port_is_busy(settings.api.host, settings.api.port)) is not None:
        yield f"api.{busy} (a cloud that runs here has it)"
    enrol = settings.enrol
    if enrol is not None:
        for mistake in mistakes_of_a_secret("enrol.password_file", enrol.password_file):
            yield f"{mistake}; only the commands that enrol need it"
    coastline = settings.console.coastline
    if coastline and not Path(coastline).is_file():
        yield f"console.coastline: '{coastline}' is not there; the map has no coast"
    if not settings.notify.steps:
        yield "notify.steps: there are none, so alarms are shown and nobody is told; docs/notifications.md"


def _secrets(settings: CloudSettings) -> dict[str, Path | None]:
    """Return every file of a secret, by its key."""
    found = secrets_of_a_broker("broker", settings.broker)
    if isinstance(settings.store, InfluxSettings):
        found |= {"store.password_file": settings.store.password_file, "store.token_file": settings.store.token_file}
    if settings.enrol is not None:
        found["enrol.password_file"] = settings.enrol.password_file
    if settings.access.oidc is not None:
        found["access.oidc.client_secret_file"] = settings.access.oidc.client_secret_file
    for number, channel in enumerate(settings.notify.channels):
        found |= {f"notify.channels[{number}].{key}": file for key, file in channel.secret_files().items()}
    return found
