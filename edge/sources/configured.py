"""What a [[sources]] table says, checked against the catalog of families.

    family = "maxbotix"  port = …   sensor = …  mounting_height_cm = 450          a serial line
    family = "tasmota"   topic = …  sensor = …  (or sensor_level = 1)             MQTT
    family = "airrohr"   listen = "192.168.4.1:8090"  channels = …                HTTP, pushed by the devices
    family = "gpio"      line = 23  sensor = …  quantity = "door_open"            a line of a chip: edge/gpio/

The keys in `SourceTable` are shared by all; the others are the options of the family.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from edge.gpio.configured import GPIO, GpioSource, configure_gpio, is_gpio, mistakes_of_gpio
from edge.listen_address import ListenAddress, address_of, mistakes_of_listening
from edge.settings import SourceTable
from edge.sources.renaming import Names, mistakes_in_names, renamed
from firmware_bridge.catalog import NAMES, find
from firmware_bridge.family import (
    QUANTITIES_KNOWN,
    MqttDialect,
    OptionError,
    Remembering,
    SerialFamily,
    nearest,
    problems,
    settle,
)
from firmware_bridge.sample import Frame, Noise
from i18n.message import LocalizedMessage
from wire import BUILT_IN, QuantityTable

SHARED = frozenset(SourceTable.model_fields) - {"options"}
_OF_SERIAL = {"port", "baud", "character"}
_OF_MQTT = {"topic", "sensor_level"}
_OF_HTTP = {"listen"}


class SerialSource(msgspec.Struct, frozen=True):
    """A serial line: `sensor` names all its readings, or `channels` those of each channel of a board."""

    name: str
    port: str
    baud: int
    family: SerialFamily
    options: Mapping[str, Any]
    sensor: str
    channels: Mapping[str, str]
    silent_s: float
    table: SourceTable
    quantities: QuantityTable = BUILT_IN
    character: str = "8N1"


class MqttSource(msgspec.Struct, frozen=True):
    """A topic filter and how to read its messages; `sensor`, or else level `sensor_level` of the topic, names them.

    Where there are `channels`, these do, by the channel of each sample. `more_topics` are filters that the dialect
    wants besides. `remembering` is the parser that `parse` calls, where that remembers its devices over a restart.
    """

    name: str
    topic: str
    parse: Callable[[str, bytes], Frame | Noise]
    sensor: str
    sensor_level: int
    silent_s: float
    table: SourceTable
    quantities: QuantityTable = BUILT_IN
    channels: Mapping[str, str] = {}
    more_topics: tuple[str, ...] = ()
    remembering: Remembering | None = None

    def sensor_of(self, topic: str) -> str:
        """The sensor that a message on `topic` speaks of; no name at all where the topic has too few levels."""
        return self.sensor or sensor_at(topic, self.sensor_level)


class PushSource(msgspec.Struct, frozen=True):
    """A port on which devices push messages of a dialect over HTTP; `sensor`, or `channels` by device, names them.

    `remembering` is as that of an `MqttSource`.
    """

    name: str
    host: str
    port: int
    parse: Callable[[str, bytes], Frame | Noise]
    sensor: str
    silent_s: float
    table: SourceTable
    quantities: QuantityTable = BUILT_IN
    channels: Mapping[str, str] = {}
    remembering: Remembering | None = None


Source = SerialSource | MqttSource | PushSource | GpioSource


def sensor_at(topic: str, level: int) -> str:
    """The sensor that a level of a topic, from 0, names; no name at all where the topic has too few levels."""
    levels = topic.split("/")
    return levels[level] if level < len(levels) else ""


def with_options_apart(document: dict[str, Any]) -> dict[str, Any]:
    """The settings file with each source's own options put under `options`, as `SourceTable` has them."""
    sources = document.get("sources")
    if not isinstance(sources, list):
        return document
    apart = [_apart(table) if isinstance(table, dict) else table for table in sources]
    return {**document, "sources": apart}


def _apart(table: dict[str, Any]) -> dict[str, Any]:
    options = {key: value for key, value in table.items() if key not in SHARED}
    return {**{key: value for key, value in table.items() if key in SHARED}, "options": options}


def configure(table: SourceTable, quantities: QuantityTable) -> Source:
    """The source that a table without mistakes describes, on a gateway that knows `quantities`."""
    if is_gpio(table.family):
        return configure_gpio(table, quantities)
    found = find(table.family)
    if found is None:
        raise ValueError(f"{table.family} is no family; its mistakes were to be looked for first")
    entry, given = found.entry, {**found.options, **table.options}
    options = settle(entry.options, given) | {QUANTITIES_KNOWN: quantities}
    if isinstance(entry, MqttDialect):
        parser = entry.parser(options)
        parse, remembering = _renaming(parser, table.quantities), parser if isinstance(parser, Remembering) else None
        level = table.sensor_level or 0
        channels = (entry.channels and options.get("channels")) or {}
        if table.listen is not None:
            listen = address_of(table.listen) or ListenAddress("127.0.0.1", 0)
            return PushSource(
                table.name, listen.host, listen.port, parse, table.sensor or "", table.silent_s, table, quantities,
                channels,
                remembering,
            )  # fmt: skip
        return MqttSource(
            table.name, table.topic or "", parse, table.sensor or "", level, table.silent_s, table, quantities,
            channels, entry.more_topics(options), remembering,
        )  # fmt: skip
    channels = options.get("channels") or {}
    return SerialSource(
        table.name, table.port or "", table.baud or entry.baud_with(options), entry, options, table.sensor or "",
        {_channel(channel): sensor for channel, sensor in channels.items()}, table.silent_s, table, quantities,
        table.character or entry.character,
    )  # fmt: skip


Parse = Callable[[str, bytes], Frame | Noise]


def _renaming(parse: Parse, names: Names) -> Parse:
    """The same with the city's names for quantities."""
    if not names:
        return parse

    def parse_and_rename(topic: str, payload: bytes) -> Frame | Noise:
        outcome = parse(topic, payload)
        return renamed(outcome, names) if isinstance(outcome, Frame) else outcome

    return parse_and_rename


def _channel(written: str) -> str:
    """A channel as a decoder has it: a number without zeros before it, a letter as it is."""
    return str(int(written)) if written.isdecimal() else written


def mistakes_in(table: Mapping[str, Any], quantities: QuantityTable) -> Iterator[LocalizedMessage]:
    """What is wrong with a raw table that its types alone do not show: "key: sentence" for each."""
    family = table.get("family")
    if not isinstance(family, str):
        return
    if is_gpio(family):
        yield from mistakes_of_gpio(table, quantities)
        return
    found = find(family)
    if found is None:
        advice = nearest(family, (*NAMES, GPIO))
        yield LocalizedMessage("family: {family} is not known; {advice}", family=repr(family), advice=advice)
        return
    given = {**found.options, **table}
    if isinstance(found.entry, SerialFamily):
        yield from _mistakes_of_serial(found.entry, given, quantities)
    else:
        yield from _mistakes_of_mqtt(found.entry, given, quantities)


def _mistakes_of_serial(
    family: SerialFamily, table: Mapping[str, Any], quantities: QuantityTable
) -> Iterator[LocalizedMessage]:
    if "port" not in table:
        yield LocalizedMessage(
            "port: is missing; add the port of the {device}, best from /dev/serial/by-id", device=family.title
        )
    yield from _mistakes_of_its_sensor(table, may_have_channels=family.channels)
    yield from mistakes_in_names(table.get("quantities"), family.quantities, quantities)
    on_a_line = LocalizedMessage("{family} is on a serial line", family=family.name)
    yield from _strange_keys(table, _OF_MQTT | _OF_HTTP, on_a_line)
    yield from _mistakes_in_options(family, table, quantities, lambda options: family.decoder(options, {}))


_NO_SENSOR = LocalizedMessage('sensor: is missing; add sensor = "…", the name of its readings')
_NO_SENSOR_NOR_CHANNELS = LocalizedMessage(
    'sensor: is missing; add sensor = "…", the name of its readings or channels = {{ "0" = "…" }}'
)
_SENSOR_OR_LEVEL = LocalizedMessage(
    "sensor: write either sensor, the name of its readings, or sensor_level, the level of the topic (from 0) that "
    "names them"
)
_SENSOR_LEVEL_OR_CHANNELS = LocalizedMessage(
    "sensor: write one of sensor, the name of its readings, sensor_level, the level of the topic (from 0) that names "
    "them, and channels, the sensor of each device"
)


def _mistakes_of_its_sensor(table: Mapping[str, Any], *, may_have_channels: bool) -> Iterator[LocalizedMessage]:
    has_channels = bool(table.get("channels")) and may_have_channels
    if "sensor" in table and has_channels:
        yield LocalizedMessage(
            "sensor: {sensor} stands beside channels, which name the sensors; take one of the two out",
            sensor=repr(table["sensor"]),
        )
    elif "sensor" not in table and not has_channels:
        yield _NO_SENSOR_NOR_CHANNELS if may_have_channels else _NO_SENSOR


def _mistakes_of_mqtt(
    dialect: MqttDialect, table: Mapping[str, Any], quantities: QuantityTable
) -> Iterator[LocalizedMessage]:
    topic = table.get("topic")
    if "listen" in table:
        yield from _mistakes_of_listening(dialect, table)
    elif topic is None:
        yield LocalizedMessage('topic: is missing; add the topic of its messages: "sensors/+/reading"')
    elif isinstance(topic, str):
        yield from _mistakes_of_topic(topic, table.get("sensor_level"))
    if "listen" not in table:
        yield from _mistakes_of_who_names(dialect, table)
    names = table.get("quantities")
    given = [name for name in names if name in quantities.measured] if isinstance(names, dict) else []
    yield from mistakes_in_names(names, given or list(quantities.measured), quantities)
    yield from _strange_keys(table, _OF_SERIAL, LocalizedMessage("{family} comes over MQTT", family=dialect.name))
    yield from _mistakes_in_options(dialect, table, quantities, dialect.parser)


def _mistakes_of_who_names(dialect: MqttDialect, table: Mapping[str, Any]) -> Iterator[LocalizedMessage]:
    ways = [key for key in ("sensor", "sensor_level", "channels") if table.get(key) not in (None, {})]
    if not dialect.channels:
        ways = [key for key in ways if key != "channels"]
    if len(ways) != 1:
        yield _SENSOR_LEVEL_OR_CHANNELS if dialect.channels else _SENSOR_OR_LEVEL


def _mistakes_of_listening(dialect: MqttDialect, table: Mapping[str, Any]) -> Iterator[LocalizedMessage]:
    listen = table["listen"]
    yield from mistakes_of_listening(listen)
    yield from _mistakes_of_its_sensor(table, may_have_channels=dialect.channels)
    yield from _strange_keys(table, _OF_MQTT, LocalizedMessage("devices push to {listen}", listen=repr(listen)[:80]))


def _mistakes_of_topic(topic: str, sensor_level: object) -> Iterator[LocalizedMessage]:
    levels = topic.split("/")
    shown = repr(topic)[:120]
    if not topic or "\0" in topic or len(topic.encode()) > 65_535:
        yield LocalizedMessage("topic: {topic} is no topic; write one such as tele/air-market/SENSOR", topic=shown)
    elif any("#" in level for level in levels[:-1]) or ("#" in levels[-1] and levels[-1] != "#"):
        yield LocalizedMessage(
            "topic: {topic}: # stands for all levels that follow, so write it alone and last", topic=shown
        )
    elif any("+" in level and level != "+" for level in levels):
        yield LocalizedMessage(
            "topic: {topic}: + stands for a whole level, so write it alone between slashes", topic=shown
        )
    elif isinstance(sensor_level, int) and sensor_level >= len(levels) and levels[-1] != "#":
        yield LocalizedMessage(
            "sensor_level: {level}: topic {topic} has levels 0 to {last}; write one of them",
            level=sensor_level, topic=shown, last=len(levels) - 1,
        )  # fmt: skip


def _strange_keys(table: Mapping[str, Any], keys: set[str], why: LocalizedMessage) -> Iterator[LocalizedMessage]:
    for key in sorted(keys & table.keys()):
        yield LocalizedMessage(
            "{key}: {value} means nothing here, since {why}; take it out", key=key, value=repr(table[key]), why=why
        )


def _mistakes_in_options(
    family: SerialFamily | MqttDialect,
    table: Mapping[str, Any],
    quantities: QuantityTable,
    make: Callable[[dict[str, Any]], object],
) -> Iterator[LocalizedMessage]:
    options = {key: value for key, value in table.items() if key not in SHARED}
    known = [option.name for option in family.options]
    for key in sorted(options.keys() - set(known)):
        advice = nearest(key, [*known, *sorted(SHARED)])
        yield LocalizedMessage("{key}: unknown key of {family}; {advice}", key=key, family=family.name, advice=advice)
    found = problems(family.options, options)
    yield from found
    if not found:
        try:
            make(settle(family.options, options) | {QUANTITIES_KNOWN: quantities})
        except OptionError as error:
            yield error.problem
