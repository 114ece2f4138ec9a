"""edge.toml as a model; what TOML cannot say of a source stands in `sources/configured.py`.

[gateway] id · [spool] path max_mb fsync_s min_free_mb · [uplink] host port … · [local_broker] · [clock] · [health] ·
[home_assistant] …   [indicator] led file   [page] listen …   [modem] quota_mb …   [power] source …   [[outputs]] …
[[sources]] name family port|topic|listen sensor …   [[quantities]] id unit: those that the city added, docs/cloud.md
"""

from collections.abc import Iterable
from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from edge.indicator_settings import IndicatorSettings
from edge.link.settings import UplinkSettings
from edge.modem_settings import ModemSettings
from edge.output_settings import Outputs
from edge.page_settings import PageSettings
from edge.power.settings import PowerSettings
from firmware_bridge.family import CHARACTERS
from i18n.message import LocalizedMessage
from runtime.broker_settings import BrokerSettings
from runtime.settings import Settings, SettingsError, beside
from wire import QUANTITIES, DomainRow, Quantity, QuantityTable
from wire.names import MAX_NAME_LENGTH, is_name
from wire.quantity_table import LONGEST_QUANTITY, MOST_QUANTITIES, is_id
from wire.ucum import is_ucum, meant


def _name(text: str) -> str:
    if not is_name(text):
        raise ValueError(
            LocalizedMessage(
                "use 1 to {most} of a-z, 0-9, '-' and '_', starting with a letter or digit", most=MAX_NAME_LENGTH
            )
        )
    return text


Name = Annotated[str, AfterValidator(_name)]


class GatewaySettings(Settings):
    """`id` is the gateway's name in topics, and the sensor of its own readings."""

    id: Name


INSTALLED = Path("/etc/siaga/edge.toml")
"""The settings of the service that `siaga-edge install` makes."""
_STATE_OF = {INSTALLED.parent: Path("/var/lib/siaga")}
"""Where the service keeps what it may not write beside settings that are in /etc."""


def state_folder_of(settings_file: Path) -> Path | None:
    """The folder in which the service of these settings keeps its state; None where they are nobody's service."""
    return _STATE_OF.get(settings_file.absolute().parent)


def spool_of(settings_file: Path, named: Path | None) -> Path:
    """The spool that the settings in `settings_file` mean, where they name it so."""
    state = state_folder_of(settings_file)
    by_default = beside(settings_file, Path("spool.db"))
    if named is None and state is not None and not by_default.exists():  # where it is, readings may wait in it
        return state / by_default.name
    return by_default if named is None else beside(settings_file, named)


class SpoolSettings(Settings):
    """Where readings wait, and how much room they may take; `fsync_s` is what a power cut may cost."""

    path: Path = Path("spool.db")
    max_mb: Annotated[int, Field(ge=1, le=1_000_000)] = 512
    fsync_s: Annotated[float, Field(ge=0, le=3_600)] = 1.0
    min_free_mb: Annotated[int, Field(ge=0, le=1_000_000)] = 16


class ClockSettings(Settings):
    """`trust_system`: the machine keeps time by itself; else the kernel is asked whether it is synchronised.

    `receiver` is the source that tells the time while neither does; the system's clock is never set by it.
    """

    trust_system: bool = False
    receiver: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class HealthSettings(Settings):
    """How often the gateway reports on itself; 0: never."""

    every_s: Annotated[float, Field(ge=0, le=86_400)] = 30.0


def _prefix(text: str) -> str:
    if not text or text != text.strip("/") or set(text) & set("+#\0 "):
        raise ValueError(LocalizedMessage("is no topic to begin with; write one such as 'homeassistant'"))
    return text


class HomeAssistantSettings(Settings):
    """What a Home Assistant nearby is given, over `broker` or else the local one; off where the table is missing.

    A value is said each `every_s` at most, and is unknown when nothing came for `stale_after_s`.
    """

    broker: BrokerSettings | None = None
    prefix: Annotated[str, Field(max_length=100), AfterValidator(_prefix)] = "homeassistant"
    every_s: Annotated[float, Field(ge=1, le=3_600)] = 10.0
    stale_after_s: Annotated[float, Field(ge=30, le=86_400 * 7)] = 3_600.0
    language: Literal["en", "id"] = "en"


def _character(text: str) -> str:
    if text not in CHARACTERS:
        raise ValueError(LocalizedMessage("write one of: {known}", known=", ".join(CHARACTERS)))
    return text


class SourceTable(Settings):
    """The keys that all sources share; the options of each family stand beside them in the file, here in `options`."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    family: str
    sensor: Name | None = None
    port: str | None = None
    baud: Annotated[int, Field(ge=50, le=4_000_000)] | None = None
    character: Annotated[str, AfterValidator(_character)] | None = None
    topic: str | None = None
    listen: str | None = None
    sensor_level: Annotated[int, Field(ge=0, le=100)] | None = None
    silent_s: Annotated[float, Field(gt=0, le=86_400 * 7)] = 60.0
    quantities: Annotated[dict[str, str], Field(max_length=MOST_QUANTITIES)] = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict)


def _quantity(text: str) -> str:
    if not is_id(text, LONGEST_QUANTITY):
        raise ValueError(
            LocalizedMessage(
                "use 1 to {most} of a-z, 0-9 and '_', starting with a letter, as in the city's file",
                most=LONGEST_QUANTITY,
            )
        )
    if text in QUANTITIES:
        raise ValueError(LocalizedMessage("every gateway knows this quantity; take it out here"))
    return text


def _unit(text: str) -> str:
    if not is_ucum(text):
        code = meant(text)
        if code is not None:
            raise ValueError(LocalizedMessage("is no UCUM code; write {code}", code=repr(code)))
        raise ValueError(LocalizedMessage("is no UCUM code; write the unit as in the city's file, such as 'ug/m3'"))
    return text


class OwnQuantity(Settings):
    """A quantity that the city added to those of every city: its name, and the unit in which it is sent."""

    id: Annotated[str, AfterValidator(_quantity)]
    unit: Annotated[str, AfterValidator(_unit)]


_OF_THE_CITY = DomainRow("city", "City", "Kota")
"""Stands for the domains that the city added: a gateway knows no more of them than their quantities."""


def table_of(quantities: Iterable[OwnQuantity]) -> QuantityTable:
    """What sensors of a gateway can measure whose file has these `quantities`; bounds are the cloud's to check."""
    rows = [Quantity(each.id, _OF_THE_CITY.id, each.unit, 1, -inf, inf, each.id, each.id) for each in quantities]
    return QuantityTable([_OF_THE_CITY], rows)


class EdgeSettings(Settings):
    """The whole file."""

    gateway: GatewaySettings
    spool: SpoolSettings = SpoolSettings()
    uplink: UplinkSettings = UplinkSettings()
    local_broker: BrokerSettings | None = None
    clock: ClockSettings = ClockSettings()
    health: HealthSettings = HealthSettings()
    home_assistant: HomeAssistantSettings | None = None
    indicator: IndicatorSettings | None = None
    modem: ModemSettings | None = None
    page: PageSettings | None = None
    power: PowerSettings | None = None
    sources: Annotated[tuple[SourceTable, ...], Field(max_length=250)] = ()
    quantities: Annotated[tuple[OwnQuantity, ...], Field(max_length=MOST_QUANTITIES)] = ()
    outputs: Outputs = ()


__all__ = [
    "INSTALLED",
    "EdgeSettings",
    "OwnQuantity",
    "SettingsError",
    "SourceTable",
    "UplinkSettings",
    "beside",
    "spool_of",
    "state_folder_of",
    "table_of",
]
