"""What the city expects at this gateway, and where edge.toml says something else:

expected  river-1 · air-1        [[sources]] sensor = "river-1" · sensor = "air-2"
    ─► no source is air-1        ─► the city does not expect air-2 here: its readings would be refused
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from edge.enrol.expected_sensors import expected_in
from edge.remote.kept_file import kept_path, read_kept
from edge.settings import EdgeSettings
from i18n.message import LocalizedMessage
from wire import WireError
from wire.gateway_config import ExpectedSensor, decode_config

_MOST_NAMED = 8


def expected_here(config: Path, spool: Path) -> tuple[ExpectedSensor, ...]:
    """What the city expects: by its newest configuration beside `spool`, else as enrol wrote it into the file."""
    with contextlib.suppress(WireError):
        sensors = decode_config(read_kept(kept_path(spool)).kept.in_use.encode()).sensors
        if sensors is not None:
            return sensors
    try:
        return expected_in(config.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return ()


def differences(settings: EdgeSettings, expected: Sequence[ExpectedSensor]) -> Iterator[LocalizedMessage]:
    """Where the sources and what is expected do not fit; nothing where nothing is known to be expected."""
    named = dict(_sensors(settings))
    known = {sensor.id for sensor in expected}
    takes_any = any(table.sensor_level is not None for table in settings.sources)
    for sensor in expected:
        if sensor.id not in named and sensor.id != settings.gateway.id and not takes_any:
            yield LocalizedMessage(
                "the city expects {sensor} ({quantities}) here, and no source is called so",
                sensor=sensor.id, quantities=", ".join(sensor.quantities),
            )  # fmt: skip
    for name, source in named.items():
        if expected and name not in known:
            free = [sensor.id for sensor in expected if sensor.id not in named]
            yield LocalizedMessage(
                "source {source}: the city does not expect {sensor} here, and refuses what it does not know; {advice}",
                source=source, sensor=name, advice=_advice(free),
            )  # fmt: skip


def _advice(free: Sequence[str]) -> LocalizedMessage:
    if free:
        return LocalizedMessage("should it be {names}?", names=", ".join(free[:_MOST_NAMED]))
    return LocalizedMessage("let the sensor be added at the server")


def _sensors(settings: EdgeSettings) -> Iterator[tuple[str, str]]:
    """Each sensor that a source names, and that source."""
    for table in settings.sources:
        channels = table.options.get("channels")
        names = [table.sensor, *(channels.values() if isinstance(channels, dict) else ())]
        yield from ((str(name), table.name) for name in names if name)
