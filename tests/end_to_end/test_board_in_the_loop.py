"""Hardware in the loop: the AVR board's firmware in QEMU, its UART a pty, a real gateway, broker and cloud, to the row.

rain_level.elf in qemu-system-avr (machine uno) ─► pty ─► siaga-edge ─► Mosquitto ─► siaga-cloud ─► readings.db

QEMU has no pins: the firmware is built with simulated_pins.c, a bucket that tips twice a second over rising water.
"""

import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

import firmware_bridge
from tests.end_to_end.edge_gateway import Cloud, Gateway
from tests.end_to_end.one_gateway import CITY_OF_ONE_GATEWAY
from tests.servers import Program, all_of, free_port, mosquitto, require, siaga_cloud, siaga_edge, wait_until

FIRMWARE = Path(firmware_bridge.__file__).parent / "boards" / "rain_level"
SENSORS = """
[[sensors]]
id = "rain-daruba"
name = "Rain"
site = "daruba"
gateway = "gw-daruba"
quantities = ["rainfall", "rain_rate"]
[[sensors]]
id = "river-daruba"
name = "River"
site = "daruba"
gateway = "gw-daruba"
quantities = ["distance"]
"""
SOURCE = """
[[sources]]
name = "board"
family = "board"
port = "{port}"
tip_mm = 0.2
interval_s = {interval_s}
channels = {{ "0" = "rain-daruba", "1" = "river-daruba" }}
"""


@pytest.fixture(scope="module")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require("avr-gcc")
    made = tmp_path_factory.mktemp("firmware")
    options = ["SIMULATED=yes", f"OUT={made}", f"{made}/rain_level.elf"]
    subprocess.run(["make", "--silent", "-C", FIRMWARE, *options], check=True)
    return made / "rain_level.elf"


@pytest.fixture
def port(firmware: Path, tmp_path: Path) -> Iterator[str]:
    """The pty of a board that runs."""
    machine = ["-machine", "uno", "-bios", str(firmware), "-nographic", "-monitor", "none", "-serial", "pty"]
    with Program("board", [require("qemu-system-avr"), *machine], tmp_path) as board:
        wait_until(lambda: "/dev/pts/" in board.tail(), "QEMU names the board's pty")
        yield re.findall(r"/dev/pts/\d+", board.tail())[0]


def test_the_firmware_for_the_chip_itself_is_built_with_its_pins(tmp_path: Path):
    require("avr-gcc")
    subprocess.run(["make", "--silent", "-C", FIRMWARE, f"OUT={tmp_path}"], check=True)
    assert (tmp_path / "rain_level.hex").read_text(encoding="ascii").startswith(":10")


def test_rain_and_level_of_a_board_are_rows_in_the_store(port: str, tmp_path: Path):
    broker_port, api_port = free_port(), free_port()
    (tmp_path / "city.toml").write_text(CITY_OF_ONE_GATEWAY + SENSORS)
    (tmp_path / "cloud.toml").write_text(
        f"[broker]\nport = {broker_port}\n"
        '[store]\nengine = "sqlite"\npath = "readings.db"\n[registry]\nurl = "sqlite:///registry.db"\n'
        f"[api]\nport = {api_port}\n"
    )
    (tmp_path / "edge.toml").write_text(
        f'[gateway]\nid = "gw-daruba"\n[uplink]\nport = {broker_port}\n[clock]\ntrust_system = true\n'
        + SOURCE.format(port=port, interval_s=1)
    )
    broker = mosquitto(tmp_path, broker_port)
    cloud = siaga_cloud(tmp_path, tmp_path / "cloud.toml", port=api_port)
    with all_of(broker, cloud, siaga_edge(tmp_path, tmp_path / "edge.toml")):
        wait_until(lambda: sum(values_of(tmp_path, "rainfall")) > 0, "tips are rows in the store", patience_s=60)
        distances = values_of(tmp_path, "distance")
    assert all(150.0 <= distance <= 250.0 for distance in distances)
    assert distances == sorted(distances, reverse=True), "the water rises"


def values_of(folder: Path, quantity: str) -> list[float]:
    """What is stored of a quantity, in the order of time."""
    query = "select value from readings join series on series.id = readings.series where quantity = ? order by time_ms"
    try:
        with closing(sqlite3.connect(f"file:{folder / 'readings.db'}?mode=ro", uri=True)) as reader:
            return [float(value) for (value,) in reader.execute(query, [quantity])]
    except sqlite3.OperationalError:  # not made yet
        return []


def test_a_board_does_what_its_gateway_configures(port: str, tmp_path: Path):
    gateway = Gateway(tmp_path, sources=SOURCE.format(port=port, interval_s=2))
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: len(cloud.values("distance")) >= 3, "frames come", patience_s=90)
        gateway.edge.must_live()
        cloud.close()
    by_its_own_clock_s = [round((before - after) * 10) for before, after in pairwise(cloud.values("distance")[1:])]
    assert max(by_its_own_clock_s) <= 4, "the water rises by 0.1 cm a second, and a frame comes each ten unless told"
