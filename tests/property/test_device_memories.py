"""Totals of a dialect: whatever is lost, doubled, delivered again or killed, what was counted is what they grew by.

uplinks ──► simulated broker (QoS 1) ──► LocalBroker ──► rows and readings, committed together, or gone with a kill
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.check import check_file
from edge.clock import GatewayClock, Tick
from edge.sources.mqtt import LocalBroker, SourceRoute
from edge.sources.tally import SourceTally
from edge.stamping import Stamper
from firmware_bridge.dialects import chirpstack
from runtime.broker_settings import BrokerSettings
from runtime.mqtt_connection import Message
from wire import Reading

SETTINGS = """
[gateway]
id = "gw-1"
[local_broker]
[[sources]]
name = "rain"
family = "chirpstack"
topic = "application/+/device/+/event/up"
sensor_level = 3
"""
DEVICES = ("24e124713b492056", "24e124136b502217")
START_MS = 1_772_888_000_000

Append = tuple[list[Reading], dict[str, str], Callable[[], None] | None]


class Gateway:
    """One start of a gateway: a `LocalBroker` on what earlier starts have committed, and a simulated broker."""

    is_open = connected = True

    def __init__(self, settings_file: Path, kept: dict[str, str]) -> None:
        self.kept = dict(kept)
        self.committed, self.readings = dict(kept), list[Reading]()
        self.acknowledged: set[int] = set()
        self._appended: list[Append] = []
        self.spool = type("Spool", (), {"kept": self.kept})()
        routes = [SourceRoute(check_file(settings_file).mqtt_sources[0], _tally())]
        self.local = LocalBroker(
            BrokerSettings(), routes, gateway="gw-1", spooler=self,  # type: ignore[arg-type]
            stamper=Stamper(GatewayClock(Tick(START_MS, 100, synced=True))),
        )  # fmt: skip
        self.local.session = self  # type: ignore[assignment]

    def append(
        self, readings: Sequence[Reading], *, keep: dict[str, str] | None = None,
        safe: Callable[[], None] | None = None, backlog: bool = False,
    ) -> None:  # fmt: skip
        self.kept |= keep or {}
        self._appended.append((list(readings), dict(keep or {}), safe))

    def commit(self) -> None:
        appended, self._appended = self._appended, []
        for readings, keep, safe in appended:
            self.readings += readings
            self.committed |= keep
            if safe is not None:
                safe()

    def acknowledge(self, message: Message) -> None:
        self.acknowledged.add(message.packet)

    def deliver(self, packet: int, sent: tuple[str, bytes], *, again: bool) -> None:
        topic, payload = sent
        self.local._on_message(Message(topic, payload, packet=packet, retained=False, again=again, qos=1, connection=1))


def _tally() -> SourceTally:
    return SourceTally("rain", silent_s=60.0, now_s=0.0, on_change=lambda: None)


def _uplink(device: str, counter: int, hundredths: int) -> tuple[str, bytes]:
    time = f"2026-03-07T{12 + counter // 60:02}:{counter % 60:02}:34Z"
    message = chirpstack.build(device, decoded={"rainfall_total": hundredths / 100}, time=time, counter=counter)
    return f"application/1/device/{device}/event/up", message


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("uplink"), st.integers(0, 1), st.integers(0, 40)),
        st.tuples(st.just("lost uplink"), st.integers(0, 1), st.integers(0, 40)),
        st.just(("commit",)),
        st.tuples(st.just("kill"), st.integers(0, 5)),
        st.tuples(st.just("published twice"), st.integers(1, 4)),
    ),
    max_size=60,
)


@pytest.fixture(scope="module")
def settings_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("gateway") / "edge.toml"
    file.write_text(SETTINGS)
    return file


class Story:
    """What happened to the uplinks of two devices, whose totals begin at 1.00 mm."""

    def __init__(self, settings_file: Path) -> None:
        self._file = settings_file
        self.gateway = Gateway(settings_file, {})
        self.totals, self._counters = dict.fromkeys(DEVICES, 100), dict.fromkeys(DEVICES, 0)
        self.readings: list[Reading] = []
        self._sent: list[tuple[str, bytes]] = []  # the message with packet id n stands at n - 1
        self._open: set[int] = set()
        for device in DEVICES:
            self.uplink(device, 0)

    def uplink(self, device: str, grows: int, *, is_lost: bool = False) -> None:
        self.totals[device] += grows
        self._counters[device] += 1
        if not is_lost:
            self._publish(_uplink(device, self._counters[device], self.totals[device]))

    def publish_again(self, back: int) -> None:
        self._publish(self._sent[-min(back, len(self._sent))])

    def _publish(self, message: tuple[str, bytes]) -> None:
        self._sent.append(message)
        self._open.add(len(self._sent))
        self.gateway.deliver(len(self._sent), message, again=False)

    def kill(self, unread: int) -> None:
        """SIGKILL; of the PUBACKs the broker has not read the last `unread`, and delivers those messages again."""
        handled = sorted(self.gateway.acknowledged)
        self._open -= set(handled[: len(handled) - unread] if unread else handled)
        self.readings += self.gateway.readings
        self.gateway = Gateway(self._file, self.gateway.committed)
        for packet in sorted(self._open):
            self.gateway.deliver(packet, self._sent[packet - 1], again=True)

    def end(self) -> dict[str, int]:
        """The hundredths of a millimetre that were counted of each device when all is delivered and committed."""
        for device in DEVICES:
            self.uplink(device, 0)
        self.gateway.commit()
        self.kill(unread=0)
        self.gateway.commit()
        rain = [each for each in (*self.readings, *self.gateway.readings) if each.quantity == "rainfall"]
        return {device: round(sum(each.value for each in rain if each.sensor == device) * 100) for device in DEVICES}


@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
async def test_totals_count_once_whatever_is_lost_doubled_or_killed(settings_file: Path, steps: list[tuple]):
    story = Story(settings_file)
    for kind, *how in steps:
        match kind:
            case "uplink" | "lost uplink":
                story.uplink(DEVICES[how[0]], how[1], is_lost=kind == "lost uplink")
            case "commit":
                story.gateway.commit()
            case "kill":
                story.kill(how[0])
            case "published twice":
                story.publish_again(how[0])
    assert story.end() == {device: total - 100 for device, total in story.totals.items()}
