"""Every mistake in edge.toml at once, each a sentence with file, key, value and what to write instead.

edge.toml: sources[2].port: '/dev/ttyUSB7' does not exist; found /dev/serial/by-id/usb-1a86_USB_Serial-if00-port0
edge.toml: sources[3].family: 'maxbotics' is not known; did you mean maxbotix?
"""

import contextlib
import os
import re
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from pydantic import ValidationError

from edge.gpio.configured import GpioSource, mistakes_of_lines, warnings_of_chips
from edge.indicator_settings import indicator_beside, warnings_of_the_indicator
from edge.kept_login import warning_of_kept_login, with_kept_login
from edge.output_settings import mistakes_of_outputs
from edge.page_settings import mistakes_of_the_page, page_beside, secrets_of_the_page
from edge.power.settings import mistakes_of_the_power
from edge.settings import EdgeSettings, OwnQuantity, spool_of, table_of
from edge.sources.configured import (
    MqttSource,
    PushSource,
    SerialSource,
    Source,
    configure,
    mistakes_in,
    with_options_apart,
)
from edge.sources.line import is_remote
from firmware_bridge.catalog import find
from firmware_bridge.family import MqttDialect
from i18n.message import LocalizedMessage, located
from runtime.broker_settings import BrokerSettings
from runtime.machine import (
    files_of,
    is_on_a_read_only_disk,
    mistakes_of_a_broker,
    mistakes_of_a_file_to_write,
    secrets_of_a_broker,
    warnings_of_secrets,
)
from runtime.settings import SettingsError, beside, parse_settings, read_document
from wire import QuantityTable

_ADDRESS = re.compile(r"(socket|rfc2217)://([^/:@?#\s]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}")
_BY_ID = Path("/dev/serial/by-id")


class CheckedSettings(msgspec.Struct, frozen=True):
    """A settings file without mistakes; its paths are beside the file. `warnings` are sentences that stop nobody.

    `note` is for the status: that it is a copy.
    """

    settings: EdgeSettings
    sources: tuple[Source, ...]
    warnings: tuple[str, ...]
    note: str = ""

    @property
    def serial_sources(self) -> list[SerialSource]:
        """The sources on serial lines."""
        return [source for source in self.sources if isinstance(source, SerialSource)]

    @property
    def mqtt_sources(self) -> list[MqttSource]:
        """The sources of the local broker."""
        return [source for source in self.sources if isinstance(source, MqttSource)]

    @property
    def gpio_sources(self) -> list[GpioSource]:
        """The contacts at lines of GPIO chips."""
        return [source for source in self.sources if isinstance(source, GpioSource)]

    @property
    def push_sources(self) -> list[PushSource]:
        """The sources that devices push to."""
        return [source for source in self.sources if isinstance(source, PushSource)]


Overlay = Callable[[dict[str, Any]], dict[str, Any]]
"""What is laid over the file before it is checked: the city's words."""


def check_file(
    path: Path, *, copy: Path | None = None, overlay: Overlay = lambda document: document
) -> CheckedSettings:
    """Read the settings in `path`, or in a `copy` of it, with `overlay` over them; SettingsError has all mistakes."""
    try:
        return _check(path, overlay(read_document(copy or path)))
    except SettingsError:
        raise
    except Exception as error:  # whatever is in a file, it ends no agent
        said = LocalizedMessage(
            "{file}: cannot be checked: {error}; undo what was changed last",
            file=path.name, error=f"{type(error).__name__}: {str(error)[:200]}",
        )  # fmt: skip
        raise SettingsError([said]) from error


def _check(path: Path, document: dict[str, Any]) -> CheckedSettings:
    mistakes = [located(path.name, sentence) for sentence in _mistakes_in_sources(document)]
    try:
        settings = parse_settings(with_options_apart(document), EdgeSettings, path.name)
    except SettingsError as error:
        raise SettingsError([*error.problems, *mistakes]) from None
    settings = with_kept_login(_with_paths_beside(path, settings))
    mistakes += [located(path.name, sentence) for sentence in _mistakes_of_home_assistant(settings)]
    mistakes += [located(path.name, sentence) for sentence in _mistakes_of_the_outputs(settings)]
    mistakes += [located(path.name, sentence) for sentence in _mistakes_of_the_machine(settings)]
    if not mistakes:
        mistakes += [located(path.name, sentence) for sentence in mistakes_of_lines(settings)]
    if mistakes:
        raise SettingsError(mistakes)
    warnings = [located(path.name, sentence) for sentence in _warnings(settings, document)]
    return CheckedSettings(settings, _configured(settings), tuple(warnings))


def _configured(settings: EdgeSettings) -> tuple[Source, ...]:
    quantities = table_of(settings.quantities)
    return tuple(configure(table, quantities) for table in settings.sources)


def _declared(document: dict[str, Any]) -> QuantityTable:
    """What can be measured by a file that may have mistakes, with those of its [[quantities]] that have none."""
    tables = document.get("quantities")
    sound = []
    for each in tables if isinstance(tables, list) else ():
        with contextlib.suppress(ValidationError):
            sound.append(OwnQuantity.model_validate(each))
    return table_of(sound)


def _mistakes_in_sources(document: dict[str, Any]) -> Iterator[str]:
    sources = document.get("sources")
    tables = [table if isinstance(table, dict) else {} for table in sources] if isinstance(sources, list) else []
    quantities = _declared(document)
    for at, table in enumerate(tables):
        for sentence in mistakes_in(table, quantities):
            yield LocalizedMessage("sources[{at}].{sentence}", at=at, sentence=sentence)
    for key in ("name", "port", "listen"):
        yield from _twice([(f"sources[{at}].{key}", table.get(key)) for at, table in enumerate(tables)], key)
    gateway = document.get("gateway")
    named = [("gateway.id", gateway.get("id"))] if isinstance(gateway, dict) else []
    for at, table in enumerate(tables):
        named += [(f"sources[{at}].sensor", table.get("sensor"))]
        channels = table.get("channels")
        if isinstance(channels, dict):  # two channels of one board may be one sensor
            named += [(f"sources[{at}].channels", sensor) for sensor in {str(name) for name in channels.values()}]
    yield from _twice(named, "sensor")
    declared = document.get("quantities")
    own = [table if isinstance(table, dict) else {} for table in declared] if isinstance(declared, list) else []
    yield from _twice([(f"quantities[{at}].id", table.get("id")) for at, table in enumerate(own)], "id")
    yield from _mistakes_of_the_receiver(document.get("clock"), tables)
    found = [None if "listen" in table else find(str(table.get("family"))) for table in tables]
    over_mqtt = [f"sources[{at}]" for at, one in enumerate(found) if one and isinstance(one.entry, MqttDialect)]
    if over_mqtt and "local_broker" not in document:
        yield LocalizedMessage(
            "local_broker: is missing; {source} comes over MQTT: add [local_broker] with host and port",
            source=over_mqtt[0],
        )


def _mistakes_of_the_receiver(clock: object, tables: list[dict[str, Any]]) -> Iterator[str]:
    """[clock] receiver must name a source whose frames tell the time."""
    name = clock.get("receiver") if isinstance(clock, dict) else None
    found = [find(str(table.get("family"))) for table in tables if table.get("name") == name]
    if isinstance(name, str) and not any(one and getattr(one.entry, "tells_time", False) for one in found):
        yield LocalizedMessage(
            "clock.receiver: {name} is no source that tells the time; write the name of one whose family is nmea",
            name=repr(name[:100]),
        )


def _twice(named: list[tuple[str, object]], kind: str) -> Iterator[str]:
    first_at: dict[str, str] = {}
    for key, name in named:
        if isinstance(name, str) and first_at.setdefault(name, key) != key:
            yield LocalizedMessage(
                "{key}: {name} is taken by {other}; each {kind} belongs to one, so write another",
                key=key, name=repr(name), other=first_at[name], kind=kind,
            )  # fmt: skip


def _with_paths_beside(file: Path, settings: EdgeSettings) -> EdgeSettings:
    named = settings.spool.path if "path" in settings.spool.model_fields_set else None
    spool = settings.spool.model_copy(update={"path": spool_of(file, named)})
    local = settings.local_broker
    home = settings.home_assistant
    if home is not None and home.broker is not None:
        home = home.model_copy(update={"broker": _broker_beside(file, home.broker)})
    return settings.model_copy(
        update={
            "spool": spool,
            "uplink": _broker_beside(file, settings.uplink),
            "local_broker": None if local is None else _broker_beside(file, local),
            "home_assistant": home,
            "indicator": indicator_beside(file, settings.indicator),
            "page": page_beside(file, settings.page),
        }
    )


def _broker_beside(file: Path, broker: BrokerSettings) -> BrokerSettings:
    tls = broker.tls
    if tls is not None:
        paths = {name: beside(file, path) for name, path in files_of(tls)}
        tls = tls.model_copy(update=paths)
    password = None if broker.password_file is None else beside(file, broker.password_file)
    return broker.model_copy(update={"password_file": password, "tls": tls})


def _mistakes_of_home_assistant(settings: EdgeSettings) -> Iterator[LocalizedMessage]:
    if settings.home_assistant is not None:
        from edge.home_assistant.configured import mistakes_of_home_assistant  # few gateways have it

        yield from mistakes_of_home_assistant(settings)


def _mistakes_of_the_outputs(settings: EdgeSettings) -> Iterator[LocalizedMessage]:
    return mistakes_of_outputs(
        settings.outputs,
        has_broker=settings.local_broker is not None,
        has_modem=settings.modem is not None,
        ports=[table.port for table in settings.sources],
    )


def _mistakes_of_the_machine(settings: EdgeSettings) -> Iterator[str]:
    if not is_on_a_read_only_disk(settings.spool.path):  # that is the machine's mistake, and readings still come
        yield from mistakes_of_a_file_to_write("spool.path", settings.spool.path)
    yield from mistakes_of_a_broker("uplink", settings.uplink)
    yield from mistakes_of_the_page(settings.page)
    yield from mistakes_of_the_power(settings.power, [table.name for table in settings.sources])
    for key, broker in _brokers_nearby(settings):
        yield from mistakes_of_a_broker(key, broker)
    for at, table in enumerate(settings.sources):
        if table.port is not None and is_remote(table.port):
            yield from _mistakes_of_an_address(f"sources[{at}].port", table.port)
        elif table.port is not None:
            yield from _mistakes_of_a_port(f"sources[{at}].port", table.port)


def _brokers_nearby(settings: EdgeSettings) -> Iterator[tuple[str, BrokerSettings]]:
    """The brokers beside that of the uplink."""
    if settings.local_broker is not None:
        yield "local_broker", settings.local_broker
    if settings.home_assistant is not None and settings.home_assistant.broker is not None:
        yield "home_assistant.broker", settings.home_assistant.broker


def _mistakes_of_an_address(key: str, port: str) -> Iterator[str]:
    if not _ADDRESS.fullmatch(port):
        yield LocalizedMessage(
            "{key}: {port} is no address of a device server; write socket://HOST:PORT or rfc2217://HOST:PORT",
            key=key, port=repr(port),
        )  # fmt: skip


def _mistakes_of_a_port(key: str, port: str) -> Iterator[str]:
    try:
        mode = Path(port).stat().st_mode
    except (OSError, ValueError):
        return  # missing: a warning, for it may be plugged in later
    if not stat.S_ISCHR(mode):
        yield LocalizedMessage("{key}: {port} is no serial port; {found}", key=key, port=repr(port), found=_found())


def _warnings(settings: EdgeSettings, document: dict[str, Any]) -> Iterator[str]:
    """What stops nobody, and is hardly meant so."""
    if "uplink" not in document:
        yield LocalizedMessage(
            "uplink: is missing, so all goes to a broker on this machine ({broker}); add [uplink] with host",
            broker=str(settings.uplink),
        )
    if is_on_a_read_only_disk(settings.spool.path):
        yield LocalizedMessage(
            "spool.path: the disk of '{path}' is mounted read-only, so readings wait in memory alone, and a restart "
            "costs them; see why (dmesg: a worn card?) and mount it writable",
            path=str(settings.spool.path),
        )
    if not settings.sources:
        yield LocalizedMessage("sources: there are none, so only the gateway's own health is sent; add [[sources]]")
    if (warning := warning_of_kept_login(settings)) is not None:
        yield warning
    yield from warnings_of_the_indicator(settings.indicator)
    yield from warnings_of_secrets(secrets_of_a_broker("uplink", settings.uplink) | secrets_of_the_page(settings.page))
    for key, broker in _brokers_nearby(settings):
        yield from warnings_of_secrets(secrets_of_a_broker(key, broker))
    yield from _missing_interfaces(settings)
    yield from _ports_not_to_be_opened(settings)
    yield from warnings_of_chips(settings)
    if settings.clock.trust_system and settings.clock.receiver is not None:
        yield LocalizedMessage(
            "clock.receiver: {name} is asked only while the machine's clock shows a time before 2020, since "
            "trust_system is true; take that out if no clock chip keeps the time",
            name=repr(settings.clock.receiver),
        )


def _missing_interfaces(settings: EdgeSettings) -> Iterator[str]:
    known = {name for _, name in socket.if_nameindex()}
    for at, name in enumerate(settings.uplink.via):
        if name not in known:
            yield LocalizedMessage(
                "uplink.via[{at}]: this machine has no interface {name} now; it has {known}",
                at=at, name=repr(name), known=", ".join(sorted(known - {"lo"})[:8]) or "lo",
            )  # fmt: skip


def _ports_not_to_be_opened(settings: EdgeSettings) -> Iterator[str]:
    """Plugged in later, or given to the group by udev a moment after the start: the source tries again and again."""
    for at, table in enumerate(settings.sources):
        if table.port is None or is_remote(table.port):
            continue
        if not os.path.exists(table.port):  # noqa: PTH110 - also for names too long to look up
            key = f"sources[{at}].port"
            yield LocalizedMessage(
                "{key}: {port} does not exist; {found}", key=key, port=repr(table.port), found=_found()
            )
        elif not os.access(table.port, os.R_OK | os.W_OK):
            yield LocalizedMessage(
                "{key}: {port} may not be opened by this user; add the user to the group dialout",
                key=f"sources[{at}].port", port=repr(table.port),
            )  # fmt: skip


def _found() -> LocalizedMessage:
    ports = sorted(_BY_ID.iterdir()) if _BY_ID.is_dir() else sorted(Path("/dev").glob("tty[UA][SC][BM]*"))
    shown = ", ".join(str(port) for port in ports[:8])
    if not shown:
        return LocalizedMessage("no serial adapter is plugged in")
    return LocalizedMessage("found {ports}", ports=shown)
