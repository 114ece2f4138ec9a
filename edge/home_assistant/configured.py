"""What the settings can give to Home Assistant, and topics that must not come back as readings.

a retained announcement of ("river-1", "water_level"), and no source names river-1 any more ─► it is taken back
[[sources]] topic = "siaga-edge/#"                                                          ─► a mistake: its own values
"""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edge.gpio.configured import GpioSource
from edge.home_assistant.discovery import Series
from edge.settings import EdgeSettings, SourceTable
from edge.sources.configured import MqttSource, SerialSource, Source
from firmware_bridge.catalog import find
from firmware_bridge.family import MqttDialect, OptionError
from firmware_bridge.topics import matches
from i18n.message import LocalizedMessage
from wire.quantities import REPORTED_BY_GATEWAYS

if TYPE_CHECKING:
    from edge.check import CheckedSettings


def could_give(checked: "CheckedSettings", series: Series) -> bool:
    """Whether a gateway with these settings can read a series; where that cannot be told, it can."""
    sensor, quantity = series
    if sensor == checked.settings.gateway.id:
        return bool(checked.settings.health.every_s) and quantity in REPORTED_BY_GATEWAYS
    return any(_gives(source, sensor, quantity) for source in checked.sources)


def _gives(source: Source, sensor: str, quantity: str) -> bool:
    if isinstance(source, GpioSource):
        return (sensor, quantity) == (source.sensor, source.quantity)
    if sensor in source.channels.values() or (source.sensor and sensor == source.sensor):
        return not isinstance(source, SerialSource) or _gives_quantity(source, quantity)
    return isinstance(source, MqttSource) and not (source.sensor or source.channels) and _may_name(source, sensor)


def _gives_quantity(source: SerialSource, quantity: str) -> bool:
    names = source.table.quantities
    given = {names.get(name, name) for name in source.family.quantities}
    return quantity in given or quantity in source.quantities.own


def _may_name(source: MqttSource, sensor: str) -> bool:
    """Whether a topic of this source can have the sensor on its level."""
    levels = source.topic.split("/")
    if source.sensor_level >= len(levels):
        return levels[-1] == "#"
    return levels[source.sensor_level] in ("+", "#", sensor)


def mistakes_of_home_assistant(settings: EdgeSettings) -> Iterator[LocalizedMessage]:
    """What is wrong with [home_assistant] beside the rest of the file."""
    if settings.home_assistant is None:
        return
    if settings.home_assistant.broker is None and settings.local_broker is None:
        yield LocalizedMessage(
            "home_assistant: has no broker; add [local_broker], or [home_assistant.broker] with host and port"
        )
    own = f"siaga-edge/{settings.gateway.id}/values/sensor/quantity"
    for at, table in enumerate(settings.sources):
        for each in _filters_of(table):
            if matches(each, own):
                yield LocalizedMessage(
                    "sources[{at}].topic: {topic} takes in what [home_assistant] gives out on {own}; write one that "
                    "does not",
                    at=at, topic=repr(each)[:120], own=f"siaga-edge/{settings.gateway.id}",
                )  # fmt: skip


def _filters_of(table: SourceTable) -> Iterator[str]:
    """The topics that a source listens to; what is wrong with them is said elsewhere."""
    found = find(table.family)
    if table.topic is None or found is None or not isinstance(found.entry, MqttDialect):
        return
    yield table.topic
    with contextlib.suppress(OptionError):
        yield from found.entry.more_topics({**found.options, **table.options})
