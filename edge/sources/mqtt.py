"""All MQTT sources over one session with the local broker.

    tele/air-market/SENSOR --parser--> samples --stamper--> readings --> spool --committed--> PUBACK

A message is PUBACKed when its readings are committed, or in the cloud; noise at once, since it will not get better.
A retained message is old news: of it only readings with a time of their own count, the others are left out.
A broker that sends more than is safe yet is not read for a while.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

import msgspec
from paho.mqtt.client import topic_matches_sub

from edge.sources.configured import MqttSource
from edge.sources.identities import Identities, identities_key
from edge.sources.tally import Tally
from edge.spool.keeping import Spooler
from edge.stamping import Stamper
from firmware_bridge.sample import Frame, Noise, Sample
from runtime.mqtt import BrokerSettings, Message, Session
from wire import Reading

_log = logging.getLogger(__name__)

LONGEST_MESSAGE = 64 * 1024
MOST_TOPICS = 10_000
MOST_UNSAFE = 500
"""Messages without a PUBACK that are held at most; a broker should stop at 20, and Mosquitto 2.0.11 does not."""
_FILTERS = "local.filters"


class Route(msgspec.Struct, frozen=True):
    """A source with its tally."""

    source: MqttSource
    tally: Tally


class LocalBroker:
    """Runs the MQTT sources until it is cancelled; `routes` are all of them."""

    def __init__(
        self, broker: BrokerSettings, routes: Sequence[Route], *, gateway: str, stamper: Stamper, spooler: Spooler
    ) -> None:
        self._routes = tuple(routes)
        self._stamper = stamper
        self._spooler = spooler
        self._matching: dict[str, tuple[Route, ...]] = {}
        self._loop = asyncio.get_running_loop()
        self._unsafe: dict[int, list[Message]] = {}
        self._paused = False
        self._refused = False
        self._identities: dict[str, Identities] = {}
        filters = sorted({route.source.topic for route in routes})
        former = spooler.spool.kept.get(_FILTERS, "").splitlines()
        self.session = Session(
            broker,
            identifier=f"siaga-edge-{gateway}-local",
            on_message=self._hear,
            subscriptions=filters,
            unsubscriptions=[topic for topic in former if topic not in filters],
            on_connect=partial(self._connected, filters),
            keep_session=True,
        )

    @property
    def must_reconnect(self) -> bool:
        """Whether messages were let go without a PUBACK, and the broker may well deliver them again now."""
        return self._refused and not self._unsafe

    def look(self) -> None:
        """Tell the tallies when the broker is not there."""
        if not self.session.connected:
            for route in self._routes:
                route.tally.failed(f"local {self.session.problem}")

    def _connected(self, filters: Sequence[str]) -> None:
        self._spooler.append((), keep={_FILTERS: "\n".join(filters)})
        self._paused = False
        for route in self._routes:
            route.tally.opened(now_s=self._loop.time())

    def _hear(self, message: Message) -> None:
        if message.again and self._is_unsafe_already(message):
            return
        if len(self._unsafe) >= MOST_UNSAFE:
            self._hold_back()
            if len(self._unsafe) >= 2 * MOST_UNSAFE:
                self._refused = True
                return
        readings = self._read(message)
        if readings and message.qos:
            self._unsafe[message.packet] = unsafe = [message]
            self._spooler.append(readings, safe=partial(self._safe, unsafe))
        elif readings:
            self._spooler.append(readings)
        else:
            self.session.acknowledge(message)

    def _is_unsafe_already(self, message: Message) -> bool:
        """A message from before the connection was lost, which is here already: only its PUBACK must go another way."""
        unsafe = self._unsafe.get(message.packet)
        if unsafe is None or (unsafe[0].topic, unsafe[0].payload) != (message.topic, message.payload):
            return False
        unsafe[0] = message
        return True

    def _safe(self, unsafe: list[Message]) -> None:
        message = unsafe[0]
        self.session.acknowledge(message)
        if self._unsafe.get(message.packet) is unsafe:
            del self._unsafe[message.packet]
        if self._paused and len(self._unsafe) < MOST_UNSAFE // 2:
            self._paused = False
            self._loop.call_soon(self.session.resume)

    def _hold_back(self) -> None:
        if not self._paused:
            self._paused = True
            self.session.pause()

    def _read(self, message: Message) -> list[Reading]:
        readings: list[Reading] = []
        routes = self._matching.get(message.topic)
        for route in self._find(message.topic) if routes is None else routes:
            try:
                readings += self._take(route, message)
            except Exception:
                _log.exception("source %s: message on %.200r", route.source.name, message.topic)
                route.tally.noise(len(message.payload), "this agent could not read it; its log has more")
        return readings

    def _take(self, route: Route, message: Message) -> list[Reading]:
        source, tally = route.source, route.tally
        if len(message.payload) > LONGEST_MESSAGE:
            tally.noise(len(message.payload), f"message of more than {LONGEST_MESSAGE} bytes")
            return []
        outcome = source.parse(message.topic, message.payload)
        if isinstance(outcome, Noise):
            tally.noise(outcome.size, outcome.reason)
            return []
        sensor = source.sensor_of(message.topic)
        samples, sentence = self._of_the_sensor(source, sensor, outcome)
        if message.retained:
            samples = tuple(sample for sample in samples if sample.time_ms is not None)
        readings = self._stamper.stamp(sensor, samples, partial(tally.noise, 0))
        now_ms = readings[0].time_ms if readings else 0
        tally.heard(len(readings), time_ms=now_ms, now_s=self._loop.time(), note=sentence or outcome.note)
        return readings

    def _of_the_sensor(self, source: MqttSource, sensor: str, frame: Frame) -> tuple[tuple[Sample, ...], str]:
        """The samples of `frame` that are of `sensor`, and a sentence where there is another sensor in its place."""
        if not frame.others and not any(sample.own_id for sample in frame.samples):
            return frame.samples, ""
        key = identities_key(source.name, repr(source.table))
        identities = self._identities.get(key)
        if identities is None:
            identities = self._identities[key] = Identities(self._spooler.spool.kept.get(key, ""))
        chosen = identities.choose(sensor, frame)
        text = identities.text()
        if text != self._spooler.spool.kept.get(key):
            self._spooler.append((), keep={key: text})
        return chosen

    def _find(self, topic: str) -> tuple[Route, ...]:
        if len(self._matching) >= MOST_TOPICS:
            self._matching.clear()
        found = tuple(route for route in self._routes if topic_matches_sub(route.source.topic, topic))
        if not found:
            _log.info("message on %.200r belongs to no source; it is left out", topic)
        self._matching[topic] = found
        return found
