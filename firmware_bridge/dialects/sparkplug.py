"""Sparkplug B: `spBv1.0/<group>/<NBIRTH, NDATA, NDEATH, DBIRTH, DDATA, DDEATH, …>/<edge node>[/<device>]`, in protobuf.

spBv1.0/morotai/NBIRTH/rtu-1   seq 0, bdSeq 88, Temperature: alias 100, Double, 21.5   ─► temperature 21.5
spBv1.0/morotai/NDATA/rtu-1    seq 1, alias 100: 22.5                                  ─► temperature 22.5
spBv1.0/morotai/DDATA/rtu-1/river   seq 4: 2 and 3 are missing, so
spBv1.0/morotai/NCMD/rtu-1     "Node Control/Rebirth" = true is published, unless `rebirth` is false

The topic decides what a message is. A reading has the time of its metric, else of its message (epoch ms); what is
historical is sent late. Metrics are known by the last part of their name and the unit in their property engUnit, or by
`values`. Of several for one quantity the first of the birth counts. STATE is no protobuf.

Source: Sparkplug 3.0.0 (Eclipse Foundation, ISO/IEC 20237), chapters 4 to 6.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from firmware_bridge.device_json import MAX_PAYLOAD, number
from firmware_bridge.dialects.sparkplug_payload import (
    BOOLEAN,
    DOUBLE,
    UINT64,
    Metric,
    SparkplugPayload,
    decode,
    encode,
)
from firmware_bridge.dialects.sparkplug_session import EdgeNode, EdgeNodes
from firmware_bridge.dialects.sparkplug_topic import SparkplugTopic, rebirth, topic_of
from firmware_bridge.family import Guide, MqttDialect, Option, check_channels, check_quantity, settle, table_among
from firmware_bridge.quantity_names import quantity_of
from firmware_bridge.sample import Frame, Noise, Sample
from firmware_bridge.unit_option import check_unit
from i18n.message import LocalizedMessage
from wire import QuantityTable
from wire.units import convert

_EARLIEST_MS = 946_684_800_000
_NO_READINGS = ("bdseq", "node control/", "device control/", "properties/", "node info/", "node properties/")
_NEEDS_A_UNIT = frozenset({"water_level", "distance", "flow", "flow_velocity", "co", "no2", "o3", "so2", "voc",
                           "formaldehyde", "rainfall"})  # fmt: skip
_MOST_NOTES = 6
_MOST_MEANT = 20_000

OPTIONS = (
    Option(
        "values",
        dict,
        LocalizedMessage(
            'the metric of each quantity, by its name or the end of it: {{ water_level = "River/Level" }}; without it '
            "well-known names are understood"
        ),
        default={},
    ),
    Option(
        "units",
        dict,
        LocalizedMessage('the unit of quantities whose metrics name none: {{ water_level = "m" }}'),
        default={},
    ),
    Option(
        "rebirth",
        bool,
        LocalizedMessage("whether to ask a node for its births where messages are missing; the broker must allow it"),
        default=True,
    ),
    Option(
        "channels",
        dict,
        LocalizedMessage(
            'the sensor of each device: {{ "rtu-1/river" = "bridge" }}, of a node by its name alone, or of one of its '
            'metrics: {{ "rtu-1/Outside/Temperature" = "air-1" }}'
        ),
        default={},
    ),
)


class Listener:
    """Reads the messages of all nodes of a source."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        chosen = settle(OPTIONS, options)
        self._table: QuantityTable = table_among(options)
        for quantity in chosen["values"]:
            check_quantity("values", quantity, self._table)
        for quantity, unit in chosen["units"].items():
            check_quantity("units", quantity, self._table)
            check_unit(f"units.{quantity}", unit, self._table[quantity])
        self._values: dict[str, str] = {quantity: str(name) for quantity, name in chosen["values"].items()}
        self._units: Mapping[str, str] = chosen["units"]
        self._asks: bool = chosen["rebirth"]
        self._channels = check_channels(
            chosen["channels"], bool, LocalizedMessage('write the node, or node and device: "rtu-1/river"')
        )
        self._nodes = EdgeNodes()
        self._meant: dict[tuple[str, str], str | None] = {}

    def read(self, text: str, payload: bytes) -> Frame | Noise:
        """Read a message."""
        size = len(payload)
        topic = topic_of(text) if text else SparkplugTopic("", "", "")
        if isinstance(topic, str):
            return Noise(size, topic)
        if size > MAX_PAYLOAD:
            return Noise(size, f"message is longer than {MAX_PAYLOAD} bytes")
        if topic.kind == "STATE":
            return Frame((), f"host application {topic.node[:40]}: {payload[:60].decode('utf-8', 'replace')}")
        if topic.kind in ("NCMD", "DCMD"):
            return Frame((), f"command to {topic.source[:60]}: no reading")
        message = decode(payload)
        if isinstance(message, str):
            return Noise(size, message)
        if not text:  # a payload by itself, as a technician has it
            topic = SparkplugTopic("", "NBIRTH" if any(metric.name for metric in message.metrics) else "NDATA", "")
        act = {"NBIRTH": self._birth, "DBIRTH": self._birth, "NDATA": self._data, "DDATA": self._data,
               "NDEATH": self._death, "DDEATH": self._device_death}.get(topic.kind)  # fmt: skip
        if act is None:
            return Noise(size, f"topic says {topic.kind[:20]!r}, which is no type of message of Sparkplug B")
        return act(topic, message, self._nodes.of(topic.group, topic.node))

    def _birth(self, topic: SparkplugTopic, message: SparkplugPayload, node: EdgeNode) -> Frame:
        notes = []
        if topic.kind == "NBIRTH":
            node.begin(message)
        elif not node.is_born:
            notes.append(f"device of node {topic.node[:40]}, whose birth was not heard")
        elif gap := node.follow(message.seq):
            notes.append(gap)
        wants_birth = bool(notes)
        if too_much := node.bear(topic.device, message.metrics, self._quantity):
            notes.append(too_much)
        return self._frame(topic, message, node, notes, wants_birth=wants_birth)

    def _data(self, topic: SparkplugTopic, message: SparkplugPayload, node: EdgeNode) -> Frame:
        notes = []
        if not node.is_born:
            notes.append(f"birth of node {topic.node[:40]} was not heard")
            node.seq = message.seq
        elif gap := node.follow(message.seq):
            notes.append(gap)
        wants_birth = bool(notes)
        if message.seq is None:
            notes.append("message has no seq, which Sparkplug B wants: what is missing goes unnoticed")
        return self._frame(topic, message, node, notes, wants_birth=wants_birth)

    def _death(self, topic: SparkplugTopic, message: SparkplugPayload, node: EdgeNode) -> Frame:
        bd_seq = message.number_of("bdSeq")
        if not node.die(message):
            return Frame((), f"death of an earlier session of {topic.node[:40]} (bdSeq {bd_seq}): passed over")
        return Frame((), f"node {topic.node[:40]} is offline")

    def _device_death(self, topic: SparkplugTopic, message: SparkplugPayload, node: EdgeNode) -> Frame:
        gap = node.follow(message.seq) if node.is_born else ""
        note = f"device {topic.source[:60]} is offline"
        return Frame((), f"{note}; {gap}" if gap else note)

    def _frame(
        self, topic: SparkplugTopic, message: SparkplugPayload, node: EdgeNode, notes: list[str], *, wants_birth: bool
    ) -> Frame:
        samples: list[Sample] = []
        others: list[Sample] = []
        late: list[bool] = []
        unknown = 0
        for sent in message.metrics:
            metric = node.resolved(topic.device, sent)
            if metric is None:
                unknown += 1
                continue
            found = self._sample(topic, message, metric)
            if isinstance(found, str):
                notes += [f"{metric.name[-60:]} {found}"] if found else []
                continue
            several = node.meaning(topic.device, found.quantity)
            if len(several) > 1 and not self._values:
                found = msgspec.structs.replace(found, own_id=metric.name[-64:])
            has_its_own = found.channel.endswith(f"/{metric.name}")
            is_first = self._values or has_its_own or metric.name not in several or several[0] == metric.name
            (samples if is_first else others).append(found)
            late.append(metric.is_historical)
        if unknown:
            notes.insert(0, f"{unknown} metrics have an alias that no birth named")
        if others:
            notes.append(f"{', '.join(other.own_id for other in others)[:120]} left out: values choose among several")
        wanted = wants_birth or unknown > 0
        if wanted and self._asks:
            notes.append("rebirth asked for")
        if not samples and not others and not notes:
            notes.append("no metric that is known here: name those that are meant in values")
        answers = (rebirth(topic, message.time_ms or 0),) if wanted and self._asks and topic.node else ()
        return Frame(tuple(samples), "; ".join(notes[:_MOST_NOTES]), tuple(others), bool(late) and all(late), answers)

    def _sample(self, topic: SparkplugTopic, message: SparkplugPayload, metric: Metric) -> Sample | str:
        """The reading that a metric is; else what is wrong with it, "" where it is none."""
        quantity = self._quantity(metric.name, metric.unit)
        if quantity is None or metric.datatype == BOOLEAN or isinstance(metric.value, bool):
            return ""
        if metric.is_null or metric.value is None:
            return "is null" if metric.is_null else "has no value"
        value = number(metric.value)
        if isinstance(value, str):
            return value
        unit = metric.unit or self._units.get(quantity, "")
        if not unit and not metric.is_born and quantity not in self._values:
            return "has no unit before its birth is heard: name it in units if no birth comes"
        if not unit and quantity in _NEEDS_A_UNIT and quantity not in self._values:
            return "has no engUnit: name it in units"
        converted = convert(value, unit, self._table[quantity]) if unit else value
        if isinstance(converted, str):
            return converted
        time_ms = metric.time_ms or message.time_ms
        channel = self._channel(topic, metric.name)
        return Sample(quantity, converted, channel, time_ms if time_ms and time_ms >= _EARLIEST_MS else None)

    def _channel(self, topic: SparkplugTopic, name: str) -> str:
        """The channel that the settings name: of the metric, of the device, or of the node."""
        if not self._channels:
            return ""
        ways = (f"{topic.source}/{name}", topic.source, topic.device)
        return next((way for way in ways if way in self._channels), topic.source)

    def _quantity(self, name: str, unit: str) -> str | None:
        """The quantity that a metric means by its name and unit; looked up once."""
        if (name, unit) not in self._meant:
            if len(self._meant) >= _MOST_MEANT:
                self._meant.clear()
            self._meant[name, unit] = self._meaning(name, unit)
        return self._meant[name, unit]

    def _meaning(self, name: str, unit: str) -> str | None:
        if self._values:
            return next(
                (quantity for quantity, end in self._values.items() if name == end or name.endswith(f"/{end}")), None
            )
        if name.casefold().startswith(_NO_READINGS):
            return None
        found = quantity_of(list(reversed(name.split("/"))), unit)
        return found if found in self._table.measured else None


def build(values: Mapping[str, float], *, time_ms: int, seq: int, bd_seq: int | None = None) -> bytes:
    """A birth with `values` by the names of metrics, as doubles; with `bd_seq` it is a node's."""
    metrics = [Metric(name, at, time_ms, DOUBLE, value=value) for at, (name, value) in enumerate(values.items(), 1)]
    if bd_seq is not None:
        metrics.insert(0, Metric("bdSeq", None, time_ms, UINT64, value=bd_seq))
    return encode(metrics, time_ms=time_ms, seq=seq)


def _parser(options: Mapping[str, Any]) -> Callable[[str, bytes], Frame | Noise]:
    return Listener(options).read


DIALECT = MqttDialect(
    name="sparkplug",
    title=LocalizedMessage("Sparkplug B"),
    options=OPTIONS,
    parser=_parser,
    channels=True,
    models={"sparkplug-b": {}, "spbv1.0": {}},
    guide=Guide(
        topic="spBv1.0/morotai/+/rtu-1/#",
        wiring="any edge node of Sparkplug B; the gateway is no host application, it listens",
        quirks="names of metrics are in births, which no broker keeps: where one was not heard, or messages are "
        "missing, the node is asked for it (NCMD), once in ten seconds; levels, distances and gases without engUnit "
        "wait for units; devices are told apart by sensor_level = 4 or channels",
        example='values = { water_level = "River/Level" }\nunits = { water_level = "m" }',
    ),
)
