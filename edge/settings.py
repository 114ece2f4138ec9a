"""edge.toml as a model; what TOML cannot say of a source stands in `sources/configured.py`.

[gateway] id · [spool] path max_mb fsync_s min_free_mb · [uplink] host port … · [local_broker] · [clock] · [health]
[[sources]] name family port|topic sensor …
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from i18n.message import LocalizedMessage
from runtime.broker_settings import BrokerSettings
from runtime.settings import Settings, SettingsError, beside
from wire.names import MAX_NAME_LENGTH, is_name


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


class SpoolSettings(Settings):
    """Where readings wait, and how much room they may take; `fsync_s` is what a power cut may cost."""

    path: Path = Path("spool.db")
    max_mb: Annotated[int, Field(ge=1, le=1_000_000)] = 512
    fsync_s: Annotated[float, Field(ge=0, le=3_600)] = 1.0
    min_free_mb: Annotated[int, Field(ge=0, le=1_000_000)] = 16


class UplinkSettings(BrokerSettings):
    """The cloud's broker; `batch_s` gathers readings on a metered link, `window` is the batches in flight at most."""

    batch_s: Annotated[float, Field(ge=0, le=3_600)] = 0.0
    batch_readings: Annotated[int, Field(ge=1, le=5_000)] = 360
    window: Annotated[int, Field(ge=2, le=100)] = 8
    ack_timeout_s: Annotated[float, Field(ge=0.1, le=600)] = 10.0


class ClockSettings(Settings):
    """`trust_system`: the machine keeps time by itself; else the kernel is asked whether it is synchronised."""

    trust_system: bool = False


class HealthSettings(Settings):
    """How often the gateway reports on itself; 0: never."""

    every_s: Annotated[float, Field(ge=0, le=86_400)] = 30.0


class SourceTable(Settings):
    """The keys that all sources share; the options of each family stand beside them in the file, here in `options`."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    family: str
    sensor: Name | None = None
    port: str | None = None
    baud: Annotated[int, Field(ge=50, le=4_000_000)] | None = None
    topic: str | None = None
    sensor_level: Annotated[int, Field(ge=0, le=100)] | None = None
    silent_s: Annotated[float, Field(gt=0, le=86_400 * 7)] = 60.0
    options: dict[str, Any] = Field(default_factory=dict)


class EdgeSettings(Settings):
    """The whole file."""

    gateway: GatewaySettings
    spool: SpoolSettings = SpoolSettings()
    uplink: UplinkSettings = UplinkSettings()
    local_broker: BrokerSettings | None = None
    clock: ClockSettings = ClockSettings()
    health: HealthSettings = HealthSettings()
    sources: Annotated[tuple[SourceTable, ...], Field(max_length=250)] = ()


__all__ = ["EdgeSettings", "SettingsError", "SourceTable", "UplinkSettings", "beside"]
