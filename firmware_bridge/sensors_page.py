"""docs/sensors.md, made of the catalog:  python -m firmware_bridge.sensors_page > docs/sensors.md

| family | models | quantities | line | options | wiring | what surprises | minimal configuration |
"""

import sys
from collections.abc import Iterable

from firmware_bridge.catalog import MQTT_DIALECTS, SERIAL_FAMILIES
from firmware_bridge.family import MqttDialect, SerialFamily
from wire import MEASURED, QUANTITIES

_HEAD = """\
# Sensors that Siaga reads

This page is made of the code: `python -m firmware_bridge.sensors_page > docs/sensors.md`, and a test holds it to that.
A source names its `family`, or one of the models, in any spelling (`MH-Z19B` is `mhz19b`); all keys of a source are in
[edge.md](edge.md). `siaga-edge decode NAME FILE` shows what a capture means, `siaga-edge simulate NAME PTY` is a
simulated device of a serial family on a pseudo-terminal. What is here was made after data sheets and captures, and
tried with simulated devices; no figure of it comes from a device on a bench.

## On a serial line

The port is a tty (best below `/dev/serial/by-id`), `socket://HOST:PORT` or `rfc2217://HOST:PORT`.

"""
_OVER_MQTT = """
## Over MQTT

"""
_SERIAL_COLUMNS = (
    "family", "models", "quantities", "line", "options", "wiring", "what surprises", "minimal configuration",
)  # fmt: skip
_MQTT_COLUMNS = ("dialect", "also called", "options", "where it comes from", "what surprises", "minimal configuration")


def page() -> str:
    """The whole page."""
    serial = _table(_SERIAL_COLUMNS, map(_serial_row, map(SERIAL_FAMILIES.__getitem__, sorted(SERIAL_FAMILIES))))
    mqtt = _table(_MQTT_COLUMNS, map(_mqtt_row, map(MQTT_DIALECTS.__getitem__, sorted(MQTT_DIALECTS))))
    return _HEAD + serial + _OVER_MQTT + mqtt


def _serial_row(family: SerialFamily) -> tuple[str, ...]:
    return (
        f"`{family.name}`: {family.title}",
        _models(family),
        _quantities(family),
        f"{family.baud} {family.character}",
        _options(family),
        family.guide.wiring,
        family.guide.quirks,
        _configuration(family, 'port = "/dev/serial/by-id/…"', sensor="" if _has_channels(family) else "sensor-1"),
    )


def _mqtt_row(dialect: MqttDialect) -> tuple[str, ...]:
    return (
        f"`{dialect.name}`: {dialect.title}",
        _models(dialect),
        _options(dialect),
        dialect.guide.wiring,
        dialect.guide.quirks,
        _configuration(
            dialect, f'topic = "{dialect.guide.topic}"', sensor="" if _has_channels(dialect) else "sensor-1"
        ),
    )


def _has_channels(entry: SerialFamily | MqttDialect) -> bool:
    return "channels" in entry.guide.example


def _models(entry: SerialFamily | MqttDialect) -> str:
    return ", ".join(f"`{name}`" for name in entry.models)


def _options(entry: SerialFamily | MqttDialect) -> str:
    return "<br>".join(f"`{option.name}`: {option.meaning}" for option in entry.options)


def _quantities(family: SerialFamily) -> str:
    return "any" if set(family.quantities) == set(MEASURED) else ", ".join(map(_quantity, family.quantities))


def _quantity(name: str) -> str:
    row = QUANTITIES.get(name)
    return f"{name} ({row.unit})" if row is not None else name


def configuration(entry: SerialFamily | MqttDialect, where: str, *, sensor: str) -> list[str]:
    """The lines of the smallest [[sources]] table that makes readings; `where` is its port or topic."""
    named = [f'sensor = "{sensor}"'] if sensor else []
    return ['name = "a"', f'family = "{entry.name}"', where, *named, *entry.guide.example.splitlines()]


def _configuration(entry: SerialFamily | MqttDialect, where: str, *, sensor: str) -> str:
    return "<br>".join(f"`{line}`" for line in configuration(entry, where, sensor=sensor)[1:])


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(page())
