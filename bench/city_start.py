"""(l) A city of 1,000 sites: how long a start takes, and what the cloud costs while nobody says anything.

registry empty ─► start ─► first stored reading            again, with all that is known by then ─► first stored reading
nobody says anything: the cloud's share of a core; then each of 8,000 sensors once ─► silence, before and after alarms

The first reading is sent again and again, as a gateway does, until its ack says that it is stored.
"""

import threading
import time
from pathlib import Path
from typing import NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench.figures import Figure
from bench.look_back import wait_for_the_look_back
from bench.processes import cpu_s, peak_mb
from bench.settings import cloud_settings
from tests.people import token_in
from tests.servers import Program, free_port, mosquitto, siaga_cloud, wait_until
from wire import Channel, Clock, Reading, Status, decode_ack, encode_batch, encode_status, topic_of

SITES = 1_000
SENSORS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("river", ("water_level",)),
    ("rain", ("rainfall", "rain_rate")),
    ("gate", ("people_in", "people_out")),
    *((f"air{number}", ("pm2_5", "pm10", "temperature", "humidity")) for number in range(5)),
)
"""Of each site: what a sensor is called after its gateway, and what it measures."""
INTERVAL_S = 30
SILENT_S = 3 * INTERVAL_S
"""After so long a sensor is silent, by the rule that every city begins with."""
SETTLE_S, MEASURED_S = 20.0, 30.0
AGAIN_S = 0.1
STREAM = "feedfeedfeedfeed"
BROKER = "allow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 1000"


class City(NamedTuple):
    """Seconds to the first stored reading at the first start and at the next, and shares of a core in silence.

    The idle share is taken once the look back of the start is over, `spoken_share` soon after everybody has spoken,
    `silent_share` while an alarm is open for every sensor.
    """

    first_start_s: float
    next_start_s: float
    start_cpu_s: float
    idle_share: float
    spoken_share: float
    silent_share: float
    peak_mb: float


def measure(folder: Path, store: str) -> City:
    """Run a city on the `[store]` settings `store`."""
    folder.mkdir()
    port, api_port = free_port(), free_port()
    (folder / "city.toml").write_text(city())
    (folder / "cloud.toml").write_text(cloud_settings(port, api_port, store))
    token = token_in(folder)
    with mosquitto(folder, port, settings=BROKER):
        fleet = _Fleet(port)
        try:
            with siaga_cloud(folder, folder / "cloud.toml") as cloud:
                first_s = fleet.first_stored(cloud)
                fleet.speak_once()
            with siaga_cloud(folder, folder / "cloud.toml") as cloud:
                next_s = fleet.first_stored(cloud)
                start_cpu_s = cpu_s(_pid(cloud))
                wait_for_the_look_back(api_port, token)
                idle = _share(cloud, after_s=0)
                fleet.speak_once()
                spoken_s = time.perf_counter()
                spoken = _share(cloud, after_s=SETTLE_S)
                silent = _share(cloud, after_s=SILENT_S + SETTLE_S - (time.perf_counter() - spoken_s))
                return City(first_s, next_s, start_cpu_s, idle, spoken, silent, peak_mb(_pid(cloud)))
        finally:
            fleet.stop()


def figures(engine: str, city: City) -> list[Figure]:
    """The rows of the table."""
    name = f"(l) {SITES:,} sites, {SITES * len(SENSORS):,} sensors, {engine}"
    note = f"{city.start_cpu_s:.1f} s of CPU; the very first start {city.first_start_s:.1f} s"
    idle, spoken, silent = (100 * share for share in (city.idle_share, city.spoken_share, city.silent_share))
    return [
        Figure(f"{name}: start to first stored reading", city.next_start_s, "s", note, "≤ 5", city.next_start_s <= 5),
        Figure(f"{name}: nobody says anything", idle, "% of a core", f"{city.peak_mb:.0f} MB", "≤ 3", idle <= 3),
        Figure(f"{name}: {SETTLE_S:.0f} s after each has spoken once, for {MEASURED_S:.0f} s", spoken, "% of a core"),
        Figure(f"{name}: the same while each is known to be silent", silent, "% of a core"),
    ]


def _pid(program: Program) -> int:
    if program.process is None:
        raise RuntimeError(f"{program.name} does not run")
    return program.process.pid


def _share(cloud: Program, *, after_s: float) -> float:
    """The share of a core over `MEASURED_S`, once `after_s` have passed."""
    time.sleep(max(0.0, after_s))
    before = cpu_s(_pid(cloud))
    time.sleep(MEASURED_S)
    cloud.must_live()
    return (cpu_s(_pid(cloud)) - before) / MEASURED_S


class _Fleet:
    """All gateways over one connection, with retained statuses, as they leave them at a broker."""

    def __init__(self, port: int) -> None:
        self._sent = dict.fromkeys(gateways(), 0)
        self._open: dict[tuple[str, int], bytes] = {}
        self._lock = threading.Lock()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="fleet")
        self._client.on_message = self._take_ack
        self._client.max_inflight_messages_set(1_000)
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("siaga/v1/+/+/ack", qos=0)
        self._client.loop_start()
        for gateway in self._sent:
            self._client.publish(topic_of(gateway, Channel.STATUS), _status(gateway), qos=1, retain=True)

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def first_stored(self, cloud: Program) -> float:
        """Seconds from the start of `cloud`, which was just now, until a reading is stored."""
        began_s, gateway = time.perf_counter(), gateways()[0]
        first = self._send(gateway, ("river",))
        while (payload := self._open.get((gateway, first))) is not None:
            cloud.must_live()
            time.sleep(AGAIN_S)
            self._client.publish(topic_of(gateway, Channel.UP), payload, qos=1)
        return time.perf_counter() - began_s

    def speak_once(self) -> None:
        """A reading of each quantity of each sensor, all of them stored when this returns."""
        for gateway in self._sent:
            self._send(gateway, tuple(name for name, _ in SENSORS))
        wait_until(lambda: not self._open, "all readings are stored", patience_s=120)

    def _send(self, gateway: str, names: tuple[str, ...]) -> int:
        now_ms = time.time_ns() // 1_000_000
        readings = [
            Reading(f"{gateway}-{name}", quantity, now_ms, 20.0)
            for name, quantities in SENSORS
            if name in names
            for quantity in quantities
        ]
        first = self._sent[gateway] + 1
        self._sent[gateway] += len(readings)
        payload = encode_batch(STREAM, first, readings)
        with self._lock:
            self._open[gateway, first] = payload
        self._client.publish(topic_of(gateway, Channel.UP), payload, qos=1)
        return first

    def _take_ack(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        ack, gateway = decode_ack(bytes(message.payload)), message.topic.split("/")[-2]
        with self._lock:
            for key in [key for key in self._open if key[0] == gateway and ack.first <= key[1] <= ack.last]:
                del self._open[key]


def gateways() -> list[str]:
    """The ids of all gateways, one at each site."""
    return [f"gw-{number:04d}" for number in range(SITES)]


def city() -> str:
    """city.toml of all sites."""
    rows = (
        f'[[sites]]\nid = "site-{gateway}"\nname = "Site {gateway}"\nplace = "Daruba"\n'
        f"latitude = 2.05\nlongitude = 128.29\n"
        f'[[gateways]]\nid = "{gateway}"\nname = "{gateway}"\nsite = "site-{gateway}"\n'
        + "".join(
            f'[[sensors]]\nid = "{gateway}-{name}"\nname = "{name}"\nsite = "site-{gateway}"\ngateway = "{gateway}"\n'
            f"quantities = {list(quantities)}\ninterval_s = {INTERVAL_S}\n"
            for name, quantities in SENSORS
        )
        for gateway in gateways()
    )
    return f'[city]\nname = "Bench"\nzone = "Asia/Jayapura"\n{"".join(rows)}'


def _status(gateway: str) -> bytes:
    now_ms = time.time_ns() // 1_000_000
    boot, stream, version = "5" * 16, STREAM, "1"
    return encode_status(Status(1, True, gateway, version, boot, stream, now_ms, Clock.SYNCED))
