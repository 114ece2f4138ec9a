"""All MQTT sources over one session with the local broker.

    tele/air-market/SENSOR --parser--> samples --stamper--> readings --> spool --committed--> PUBACK

A message is PUBACKed when its readings are committed, or in the cloud; noise at once, since it will not get better.
What the broker delivers again is known by what was committed with its readings (taken.py). What it had kept is not new:
its readings are stamped between then and now, and sent as backlog (echo.py).
A retained message is old news: of it only readings with a time of their own count, the others are left out.
What a dialect remembers of its devices (device_memories.py) is committed with the readings that it changed by, and a
message that changes it alone is PUBACKed after that; what is left out, or comes again, leaves nothing in it.
A broker that sends more than is safe yet, or faster than times can be given, is not read for a while.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from operator import attrgetter
from typing import NamedTuple

import msgspec
from paho.mqtt.client import topic_matches_sub

from edge.sources.configured import MqttSource
from edge.sources.device_memories import DeviceMemories
from edge.sources.echo import Echo
from edge.sources.identities import Identities, identities_key
from edge.sources.taken import TakenMessages
from edge.sources.tally import SourceTally
from edge.spool.spooler import Spooler
from edge.stamping import NoFreeTime, Stamper
from firmware_bridge.sample import Frame, Noise, Publication, Sample
from runtime.broker_settings import BrokerSettings
from runtime.clock import boot_ms
from runtime.mqtt import MqttSession
from runtime.mqtt_connection import Message
from wire import Clock, Reading

_log = logging.getLogger(__name__)

LONGEST_MESSAGE = 64 * 1024
MOST_TOPICS = 10_000
MOST_UNSAFE = 500
"""Messages without a PUBACK that are held at most; a broker should stop at 20, and Mosquitto 2.0.11 does not."""
WAIT_FOR_A_TIME_S = 0.5
"""Between attempts to stamp a message for which no time is free."""
ANSWER_EACH_MS = 10_000
MOST_ANSWERS = 8
"""Of one message."""
_FILTERS = "local.filters"
_RECEIVED_UNTIL_MS = "local.heard_ms"
_RECORD_EVERY_MS = 10_000


_OWN_ID = attrgetter("own_id")


class SourceRoute(msgspec.Struct, frozen=True):
    """A source with its tally."""

    source: MqttSource
    tally: SourceTally


class _ParsedMessage(NamedTuple):
    """The message that waits for a time, as each source has read it: a dialect with a memory reads none twice."""

    topic: str
    payload: bytes
    outcomes: dict[str, Frame | Noise]


class LocalBroker:
    """Runs the MQTT sources until it is cancelled; `routes` are all of them, `echo` is what is known of the broker."""

    def __init__(
        self,
        broker: BrokerSettings,
        routes: Sequence[SourceRoute],
        *,
        gateway: str,
        stamper: Stamper,
        spooler: Spooler,
        boot: str = "unknown",
        echo: Echo | None = None,
    ) -> None:
        self._routes = tuple(routes)
        self._boot = boot
        self._stamper = stamper
        self._spooler = spooler
        self._echo = echo = echo or Echo(f"siaga-edge/{gateway}/echo")
        self._asks = not self._echo.given_up
        self._broker = str(broker)
        self._taken = TakenMessages(spooler.spool.kept, self._broker)
        self._knows_earlier_runs = spooler.is_open
        self._owed = 0
        self._handled_row = 0
        self._recorded_ms = 0
        self._matching: dict[str, tuple[SourceRoute, ...]] = {}
        self._loop = asyncio.get_running_loop()
        self._heard_before = [route.tally.frames for route in self._routes]
        self._unsafe: dict[int, list[Message]] = {}
        self._timeless: deque[Message] = deque()
        self._parsed_already = _ParsedMessage("", b"", {})
        self._paused = False
        self._refused = False
        self._identities: dict[str, Identities] = {}
        self._answered_ms: dict[str, int] = {}
        self._memories = {
            route.source.name: DeviceMemories(route.source.name, route.source.remembering)
            for route in self._routes
            if route.source.remembering is not None
        }
        if self._knows_earlier_runs:
            self._recall_devices()
        filters = sorted({each for route in routes for each in (route.source.topic, *route.source.more_topics)})
        before = spooler.spool.kept.get(_FILTERS, "").splitlines()
        self._filters = filters
        self.session = MqttSession(
            broker,
            identifier=f"siaga-edge-{gateway}-local",
            subscriptions=filters,
            wishes=[] if echo.given_up else [echo.topic],
            unsubscriptions=[topic for topic in before if topic not in filters],
            keep_session=True,
            gathers=True,
        )

    async def run(self) -> None:
        """Listen until cancelled."""
        await self.session.run(on_message=self._on_message, on_begin=self._begin, on_connect=self._connected)

    @property
    def must_reconnect(self) -> bool:
        """Whether messages were let go without a PUBACK, and the broker may well deliver them again now.

        Or whether the broker ends each connection that asks for our echo.
        """
        return (self._asks and self._echo.given_up) or (self._refused and not self._unsafe and not self._timeless)

    def poll(self) -> None:
        """Tell the tallies when the broker is not there; ask it how far we are."""
        if not self._knows_earlier_runs and self._spooler.is_open:
            self._recall_earlier_runs()
        if not self.session.connected:
            for route in self._routes:
                route.tally.failed(f"local {self.session.problem}")
            return
        now_ms = boot_ms()
        self._echo.poll(now_ms)
        word = self._echo.word(now_ms)
        if word is not None:
            self._handled_row = self._row_that_is_handled_with_the_next_word()
            self.session.publish(self._echo.topic, word)

    def close(self) -> None:
        """The session is over: what is not in the spool has no PUBACK, and comes again."""
        self._timeless.clear()
        self._undo()

    def _begin(self) -> None:
        self._echo.begin(boot_ms())
        self._heard_before = [route.tally.frames for route in self._routes]
        if self._timeless and self._timeless[0].qos:
            self._undo()
        self._timeless = deque(message for message in self._timeless if not message.qos)  # the others come again

    def _connected(self) -> None:
        self._spooler.append((), keep={_FILTERS: "\n".join(self._filters)})
        self._echo.connected()
        self._paused = False
        for route, frames in zip(self._routes, self._heard_before, strict=True):
            if route.tally.frames == frames:  # a kept session's messages come before all is subscribed
                route.tally.opened(now_s=self._loop.time())
        if self._timeless:
            self._hold_back()
        self.poll()

    def _on_message(self, message: Message) -> None:
        if message.again and self._is_here_already(message):
            return
        if len(self._timeless) >= 2 * MOST_UNSAFE:
            self._refused = True
        elif self._timeless:
            self._timeless.append(message)  # in their order
        else:
            self._accept(message)

    def _on_echo(self, message: Message) -> None:
        if self._echo.on_message(message.payload):
            self._taken.forget_before(self._handled_row)
            self._record_progress()
        self.session.acknowledge(message)

    def _record_progress(self) -> None:
        if self._stamper.clock.state is not Clock.UNKNOWN:
            received_ms = self._stamper.time_at(self._echo.received_until_ms or 0)
            if abs(received_ms - self._recorded_ms) >= _RECORD_EVERY_MS:
                self._recorded_ms = received_ms
                self._spooler.record({_RECEIVED_UNTIL_MS: str(received_ms)})

    def _row_that_is_handled_with_the_next_word(self) -> int:
        """Before it stands no message that the broker may deliver again, once a word that we send now is back.

        The broker takes what we send in its order: by then it has handled each PUBACK from before the word.
        """
        if self._owed or not self._echo.is_level:  # some PUBACKs of an earlier connection are not sent again yet
            return 0
        return self._taken.row_of(self._unsafe)

    def _recall_earlier_runs(self) -> None:
        """The spool's file could not be opened before."""
        here, self._taken = self._taken, TakenMessages(self._spooler.spool.kept, self._broker)
        self._spooler.append((), keep=self._taken.add_all(here))
        self._recall_devices()
        self._knows_earlier_runs = True

    def _recall_devices(self) -> None:
        keep: dict[str, str] = {}
        for memories in self._memories.values():
            keep |= memories.load(self._spooler.spool.kept)
        if keep:
            self._spooler.append((), keep=keep)

    def _undo(self) -> None:
        """What was read of a message that has no time yet does not count: it comes again, or was let go."""
        self._parsed_already = _ParsedMessage("", b"", {})
        for memories in self._memories.values():
            memories.undo()

    def _accept(self, message: Message) -> None:
        if message.topic == self._echo.topic:
            self._on_echo(message)
            return
        if len(self._unsafe) >= MOST_UNSAFE:
            self._hold_back()
            if len(self._unsafe) >= 2 * MOST_UNSAFE:
                self._refused = True
                return
        now_ms = boot_ms()
        late_ms = self._echo.since_ms(now_ms)
        since_ms = self._since_ms(late_ms)
        try:
            readings, kept = self._read(message, since_ms)
        except NoFreeTime:
            self._hold_back()
            self._timeless.append(message)
            if len(self._timeless) == 1:
                self._loop.call_later(WAIT_FOR_A_TIME_S, self._try_again)
            return
        keep: dict[str, str] = {}
        for memories in self._memories.values():
            keep |= memories.changes()
        if not readings and not keep:
            self.session.acknowledge(message)
            return
        if readings:
            keep |= self._stamper.memory(self._boot) or {}
        safe = None
        if message.qos:
            self._unsafe[message.packet] = unsafe = [message]
            keep |= self._taken.add(message)
            safe = partial(self._safe, unsafe)
        self._spooler.append(readings, keep=keep or None, safe=safe, backlog=kept or self._echo.is_old(late_ms, now_ms))

    def _try_again(self) -> None:
        """Take in what waits for a time, as far as there is one now."""
        waiting, self._timeless = self._timeless, deque()
        while waiting and not self._timeless:
            self._accept(waiting.popleft())
        self._timeless.extend(waiting)
        self._resume()

    def _since_ms(self, late_ms: int | None) -> int | None:
        """None where messages come live, else since when (UTC) what comes may have waited at the broker."""
        if late_ms is None:
            return None
        if self._echo.received_until_ms is not None:
            return self._stamper.time_at(late_ms)
        kept = self._spooler.spool.kept.get(_RECEIVED_UNTIL_MS, "")  # of an earlier run
        return int(kept) if kept.isdecimal() else self._stamper.now_ms()

    def _is_here_already(self, message: Message) -> bool:
        """Whether a message that is delivered again was taken before: then only its PUBACK is wanted."""
        if self._is_unsafe_already(message):
            return True
        if message.packet in self._unsafe or not self._taken.knows(message):
            return False
        self._owed += 1
        self._spooler.append((), safe=partial(self._acknowledge_again, message))  # it may not be committed yet
        return True

    def _acknowledge_again(self, message: Message) -> None:
        self._owed -= 1
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
        self._resume()

    def _resume(self) -> None:
        if self._paused and len(self._unsafe) < MOST_UNSAFE // 2 and not self._timeless:
            self._paused = False
            self._loop.call_soon(self.session.resume)

    def _hold_back(self) -> None:
        if not self._paused and self.session.connected:  # before that, what answers our subscriptions must be read
            self._paused = True
            self.session.pause()

    def _read(self, message: Message, since_ms: int | None) -> tuple[list[Reading], bool]:
        """The readings in a message, and whether a device has kept them until now."""
        readings: list[Reading] = []
        kept = False
        routes = self._matching.get(message.topic)
        topic, payload, parsed = self._parsed_already
        if payload != message.payload or topic != message.topic:
            parsed = {}
        for route in self._find(message.topic) if routes is None else routes:
            try:
                found, kept_here = self._readings_from(route, message, since_ms, parsed)
                readings += found
                kept = kept or kept_here
            except NoFreeTime:
                self._parsed_already = _ParsedMessage(message.topic, message.payload, parsed)
                raise
            except Exception:
                _log.exception("source %s: message on %.200r", route.source.name, message.topic)
                route.tally.noise(len(message.payload), "this agent could not read it; its log has more")
        self._parsed_already = _ParsedMessage("", b"", {})
        return readings, kept

    def _readings_from(
        self, route: SourceRoute, message: Message, since_ms: int | None, parsed: dict[str, Frame | Noise]
    ) -> tuple[list[Reading], bool]:
        source, tally = route.source, route.tally
        tally.came(len(message.payload))
        tally.show(message.payload, message.topic)
        if len(message.payload) > LONGEST_MESSAGE:
            tally.noise(len(message.payload), f"message of more than {LONGEST_MESSAGE} bytes")
            return [], False
        outcome = parsed.get(source.name)
        if outcome is None:
            outcome = parsed[source.name] = source.parse(message.topic, message.payload)
        if isinstance(outcome, Noise):
            tally.noise(outcome.size, outcome.reason)
            return [], False
        self._publish(outcome.answers)
        readings: list[Reading] = []
        sensor = sentence = ""
        for sensor, samples, said in self._by_sensor(source, message.topic, outcome, tally):
            sentence = sentence or said
            if message.retained:
                every, samples = samples, tuple(each for each in samples if self._stamper.believes(each.time_ms))
                if len(samples) < len(every) and source.name in self._memories:
                    self._memories[source.name].undo()
            readings += self._stamper.stamp(sensor, samples, tally.left_out, since_ms=since_ms, correct=tally.left_out)
        now_ms, now_s = readings[0].time_ms if readings else 0, self._loop.time()
        tally.received(len(readings), time_ms=now_ms, now_s=now_s, sensor=sensor, note=sentence or outcome.note)
        tally.keep_values(readings, now_s=now_s)
        return readings, outcome.kept

    def _publish(self, answers: Sequence[Publication]) -> None:
        """Publish what a dialect answers, on each topic once in ten seconds at most."""
        now_ms = boot_ms()
        for answer in answers[:MOST_ANSWERS]:
            if now_ms - self._answered_ms.get(answer.topic, -ANSWER_EACH_MS) >= ANSWER_EACH_MS:
                if len(self._answered_ms) >= MOST_TOPICS:
                    self._answered_ms.clear()
                self._answered_ms[answer.topic] = now_ms
                self.session.publish(answer.topic, answer.payload, qos=0)

    def _by_sensor(
        self, source: MqttSource, topic: str, frame: Frame, tally: SourceTally
    ) -> Iterator[tuple[str, tuple[Sample, ...], str]]:
        """The samples of each sensor, and a sentence where there is another sensor in its place."""
        if not source.channels:
            sensor = source.sensor_of(topic)
            yield sensor, *self._of_the_sensor(source, sensor, frame)
            return
        by_channel: dict[str, list[Sample]] = {}
        for sample in frame.samples:
            by_channel.setdefault(sample.channel, []).append(sample)
        for channel, samples in by_channel.items():
            named = source.channels.get(channel)
            if named is None:
                tally.left_out(f"channel {channel[:80]!r} has no sensor: name it in channels")
            else:
                yield named, tuple(samples), ""

    def _of_the_sensor(self, source: MqttSource, sensor: str, frame: Frame) -> tuple[tuple[Sample, ...], str]:
        """The samples of `frame` that are of `sensor`, and a sentence where there is another sensor in its place."""
        if not frame.others and not any(map(_OWN_ID, frame.samples)):
            return frame.samples, ""
        identities = self._identities.get(source.name)
        if identities is None:
            key = identities_key(source.name, repr(source.table))
            identities = self._identities[source.name] = Identities(key, self._spooler.spool.kept.get(key, ""))
        chosen = identities.choose(sensor, frame)
        if (keep := identities.news()) is not None:
            self._spooler.append((), keep=keep)
        return chosen

    def _find(self, topic: str) -> tuple[SourceRoute, ...]:
        if len(self._matching) >= MOST_TOPICS:
            self._matching.clear()
        found = tuple(
            route
            for route in self._routes
            if any(topic_matches_sub(each, topic) for each in (route.source.topic, *route.source.more_topics))
        )
        if not found:
            _log.info("message on %.200r belongs to no source; it is left out", topic)
        self._matching[topic] = found
        return found
