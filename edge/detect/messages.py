"""What the messages on a local broker are: a dialect for each topic, its quantities, and the lines for edge.toml.

tele/air-market/SENSOR  {"PMS5003":{"PM2.5":12}}      tasmota: pm2_5 12 ug/m3     sensor = "air-market"
sensors/7/reading       {"pm":{"2_5":12.3},"rh":71}   json: values = { pm2_5 = "pm.2_5", humidity = "rh" }
door/42                 open                          nothing that a program should guess

Each dialect that needs no options hears all messages, in the order in which they came, since some announce what others
mean. Of a topic that several understand the one that makes most readings of it is taken.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from edge.detect.source_lines import ProposedSource, free_name
from firmware_bridge.catalog import MQTT_DIALECTS
from firmware_bridge.device_json import read
from firmware_bridge.family import REQUIRED, settle
from firmware_bridge.quantity_names import quantity_called
from firmware_bridge.sample import Frame, Noise, Sample
from wire import MEASURED

MOST_TOPICS = 300
MOST_MESSAGES = 5
"""Of one topic."""
MOST_BYTES = 65_536
_MOST_FIELDS = 32
_DEEPEST = 4
_BOUND_TO = {"zigbee2mqtt": "zigbee2mqtt/", "homeassistant": "", "sparkplug": "spBv1.0/"}
"""Where alone a dialect is believed that finds something in many messages; the whole tree is one source of these."""
_SAYS_NOTHING = frozenset({
    "tele", "stat", "cmnd", "sensor", "sensors", "state", "status", "reading", "readings", "data", "telemetry", "up",
    "event", "value", "device", "devices", "zigbee2mqtt", "homie",
})  # fmt: skip
_SIAGAS_OWN = re.compile(r"siaga/v\d|siaga-edge/|[^/]+/(binary_)?sensor/siaga-[^/]+/")
"""Batches and statuses, and what the outlet to Home Assistant gives: readings that were read already."""
_NO_NAME = re.compile(r"[^a-z0-9_-]+")


class TopicMessages(msgspec.Struct):
    """What came on a topic: the first messages, and how many in all."""

    topic: str
    payloads: list[bytes] = []
    count: int = 0


class TopicFound(msgspec.Struct, frozen=True):
    """A topic, and what its messages are; `dialect` is empty where nobody can tell. `fields` are numbers in JSON."""

    topic: str
    count: int
    dialect: str = ""
    options: Mapping[str, Any] = {}
    samples: tuple[Sample, ...] = ()
    fields: Mapping[str, float] = {}


class HeardMessages:
    """Messages of a broker, so many of each topic as are worth looking at."""

    def __init__(self) -> None:
        self._topics: dict[str, TopicMessages] = {}
        self.order: list[tuple[str, bytes]] = []
        self.more_topics = False

    def add(self, topic: str, payload: bytes) -> None:
        """Keep a message, or count it; what Siaga itself says there is no sensor's."""
        if _SIAGAS_OWN.match(topic):
            return
        if topic not in self._topics and len(self._topics) >= MOST_TOPICS:
            self.more_topics = True
            return
        messages = self._topics.setdefault(topic, TopicMessages(topic))
        messages.count += 1
        if len(messages.payloads) < MOST_MESSAGES and len(payload) <= MOST_BYTES:
            messages.payloads.append(payload)
            self.order.append((topic, payload))

    def found(self) -> list[TopicFound]:
        """What each topic is, by name."""
        read_by = _read_by_dialects(self.order)
        return [self._of(topic, read_by) for topic in sorted(self._topics)]

    def _of(self, topic: str, read_by: Mapping[str, Mapping[str, tuple[Sample, ...]]]) -> TopicFound:
        messages = self._topics[topic]
        told = [(len(topics[topic]), name) for name, topics in read_by.items() if topics.get(topic)]
        if told:
            name = max(told, key=lambda one: one[0])[1]
            return TopicFound(topic, messages.count, name, {}, read_by[name][topic])
        fields = fields_in(messages.payloads[-1]) if messages.payloads else {}
        values = values_of(fields)
        dialect = "json" if values else ""
        options = {"values": values} if values else {}
        samples = tuple(Sample(quantity, fields[path]) for quantity, path in values.items())
        return TopicFound(topic, messages.count, dialect, options, samples, fields)


def _read_by_dialects(order: Sequence[tuple[str, bytes]]) -> dict[str, dict[str, tuple[Sample, ...]]]:
    """By dialect and topic: the newest sample of each quantity and channel."""
    found: dict[str, dict[str, tuple[Sample, ...]]] = {}
    for name, dialect in MQTT_DIALECTS.items():
        if any(option.default is REQUIRED for option in dialect.options):
            continue
        parse, of_dialect = dialect.parser(settle(dialect.options, {})), dict[str, dict[tuple[str, str], Sample]]()
        for topic, payload in order:
            outcome = parse(topic, payload) if topic.startswith(_BOUND_TO.get(name, "")) else None
            if isinstance(outcome, Frame):
                newest = of_dialect.setdefault(topic, {})
                newest.update(((sample.quantity, sample.channel), sample) for sample in outcome.samples)
        found[name] = {topic: tuple(newest.values()) for topic, newest in of_dialect.items()}
    return found


def fields_in(payload: bytes) -> dict[str, float]:
    """The numbers in a JSON document by their paths, as the dialect json has them; none in anything else."""
    document = read(payload)
    return {} if isinstance(document, Noise) else dict(list(_numbers(document, ()))[:_MOST_FIELDS])


def _numbers(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    if isinstance(value, bool) or len(path) > _DEEPEST:
        return
    if isinstance(value, int | float) and path:
        yield ".".join(re.sub(r"([.\\])", r"\\\1", step) for step in path), float(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, (*path, str(key)[:100]))


def values_of(fields: Mapping[str, float]) -> dict[str, str]:
    """The quantities that names of fields mean, each with the first path that does."""
    values: dict[str, str] = {}
    for path in fields:
        steps = [step.replace("\\", "") for step in re.split(r"(?<!\\)\.", path)]
        quantity = quantity_called(steps[-1]) or quantity_called("_".join(steps[-2:]))
        if quantity in MEASURED and quantity not in values:
            values[quantity] = path
    return values


def proposed_for(found: TopicFound, taken: set[str]) -> ProposedSource | None:
    """The source of a topic; None where nothing is known of it. What it names is added to `taken`."""
    if not found.dialect:
        return None
    channels = sorted({sample.channel for sample in found.samples if sample.channel})
    called = name_in(found.topic)
    name = free_name(called, taken)
    table: dict[str, Any] = {"name": name, "family": found.dialect, "topic": found.topic}
    if len(channels) > 1:
        table["channels"] = {channel: _free(name_in(f"{called}-{channel}"), taken) for channel in channels}
    else:
        table["sensor"] = _free(called, taken)
    taken.add(name)
    comments = {"sensor": "the name that the city has for it", "channels": "the name that the city has for each"}
    return ProposedSource({**table, **found.options}, comments)


def _free(name: str, taken: set[str]) -> str:
    free = free_name(name, taken)
    taken.add(free)
    return free


def name_in(topic: str) -> str:
    """A name for what speaks on a topic: its longest level that says something."""
    levels = [_NO_NAME.sub("-", level.lower()).strip("-_")[:40] for level in topic.split("/")]
    telling = [level for level in levels if level and level not in _SAYS_NOTHING]
    return max(telling or [level for level in levels if level] or ["sensor"], key=len)
