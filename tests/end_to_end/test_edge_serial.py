"""A real `siaga-edge` on real pseudo-terminals: noise, unplugging, a port that is taken, silence."""

import fcntl
import os
import socket
import threading
import time
from pathlib import Path

from firmware_bridge.families import board, maxbotix, sds011
from tests.end_to_end.edge_gateway import Cloud, Gateway, Wire, wait_for_values
from tests.end_to_end.rfc2217_server import PortServer
from tests.servers import wait_until

RIVER = """
[[sources]]
name = "river"
family = "maxbotix"
port = "tty-river"
sensor = "river-1"
mounting_height_cm = 450
median_of = 1
"""
AIR = """
[[sources]]
name = "air"
family = "sds011"
port = "tty-air"
sensor = "air-1"
"""


def test_readings_of_two_lines_reach_the_cloud_and_noise_is_counted(tmp_path: Path):
    river, air = Wire(tmp_path / "tty-river"), Wire(tmp_path / "tty-air")
    gateway = Gateway(tmp_path, sources=_at(tmp_path, RIVER + AIR))
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("river") and cloud.is_open("air"), "the lines are open")
        frame = sds011.build(pm2_5=12.3, pm10=30.1)
        air.send(b"\xff\x00garbage" + frame[:4])
        air.send(frame[4:])
        river.send(maxbotix.build(distance_mm=3_180))
        wait_for_values(cloud, "pm2_5", {12.3})
        wait_for_values(cloud, "water_level", {132.0})
        wait_until(lambda: _noise_bytes(cloud, "air") == 9, "the status counts the noise")
        assert {(r.sensor, r.quantity) for r in cloud.readings()} == {
            ("air-1", "pm2_5"), ("air-1", "pm10"), ("river-1", "distance"), ("river-1", "water_level"),
        }  # fmt: skip
        cloud.close()


def test_an_unplugged_sensor_is_noticed_and_read_again_when_it_is_back_at_its_path(tmp_path: Path):
    river, air = Wire(tmp_path / "tty-river"), Wire(tmp_path / "tty-air")
    gateway = Gateway(tmp_path, sources=_at(tmp_path, RIVER + AIR))
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("river"), "the line is open")
        river.send(maxbotix.build(distance_mm=3_000))
        wait_for_values(cloud, "distance", {300.0})
        river.unplug()
        wait_until(lambda: cloud.source_state("river") == "failed", "the status says that it is gone")
        air.send(sds011.build(pm2_5=7.7, pm10=8.8))
        wait_for_values(cloud, "pm2_5", {7.7})
        river.plug_in()
        wait_until(lambda: cloud.is_open("river"), "the line is open again")
        river.send(maxbotix.build(distance_mm=2_900))
        wait_for_values(cloud, "distance", {290.0})
        gateway.edge.must_live()
        cloud.close()


def test_a_line_that_floods_holds_up_no_other(tmp_path: Path):
    river, air = Wire(tmp_path / "tty-river"), Wire(tmp_path / "tty-air")
    gateway = Gateway(tmp_path, sources=_at(tmp_path, RIVER + AIR))
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("river") and cloud.is_open("air"), "the lines are open")
        over, frames = threading.Event(), sds011.build(pm2_5=12.3, pm10=30.1) * 40 + b"garbage" * 40

        def send_without_end() -> None:
            while not over.is_set():
                air.send(frames)

        flood = threading.Thread(target=send_without_end)
        flood.start()
        try:
            wait_until(lambda: _noise_bytes(cloud, "air") > 20_000, "it floods")
            for level in range(5):
                river.send(maxbotix.build(distance_mm=3_000 + level))
                sent_s = time.monotonic()
                wait_for_values(cloud, "distance", {(3_000 + level) / 10})
                print(f"a reading of the quiet line took {time.monotonic() - sent_s:.2f} s")
        finally:
            over.set()
            flood.join()
        gateway.edge.must_live()
        cloud.close()


def test_a_port_that_is_not_there_at_the_start_is_waited_for(tmp_path: Path):
    gateway = Gateway(tmp_path, sources=_at(tmp_path, RIVER))
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.source_state("river") == "failed", "the status says that it is missing")
        status = cloud.status()
        assert status is not None
        assert "does not exist" in status.sources[0].detail
        river = Wire(tmp_path / "tty-river")
        wait_until(lambda: cloud.is_open("river"), "the line is open")
        river.send(maxbotix.build(distance_mm=1_000))
        wait_for_values(cloud, "distance", {100.0})
        cloud.close()


def test_a_port_in_use_by_another_process_is_one_sentence(tmp_path: Path):
    river = Wire(tmp_path / "tty-river")
    taken = os.open(river.port, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(taken, fcntl.LOCK_EX)
    gateway = Gateway(tmp_path, sources=_at(tmp_path, RIVER))
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.source_state("river") == "failed", "the status says that it cannot be opened")
        status = cloud.status()
        assert status is not None
        assert f"{river.port} is in use by another process" in status.sources[0].detail
        os.close(taken)
        wait_until(lambda: cloud.is_open("river"), "it is opened when it is free")
        cloud.close()


def test_counts_of_a_board_are_exact_though_the_gateway_is_killed_again_and_again(tmp_path: Path):
    wire = Wire(tmp_path / "tty-board")
    source = f'[[sources]]\nname = "board"\nfamily = "board"\nport = "{wire.port}"\nchannels = {{ "0" = "gate-1" }}\n'
    gateway = Gateway(tmp_path, sources=source)
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        total = 100
        wait_until(lambda: cloud.is_open("board"), "the line is open")
        for seq in range(1, 61):
            total += seq % 4
            wire.send(board.build([board.Item(0, "people_in", total)], seq=seq))
            if seq == 1:
                wait_until(lambda: cloud.source_state("board") == "ok", "the board is heard")
            if seq % 20 == 10:  # at any moment: before, in or after a commit
                gateway.edge.kill()
                cloud.forget_statuses()
                gateway.edge.start()
                wait_until(lambda: cloud.is_open("board"), "the line is open again")
        counted = total - (100 + 1)
        wait_until(lambda: _people(cloud) == counted, f"{counted} people are counted")
        wait_until(lambda: (status := cloud.status()) and status.online and status.spool.depth == 0, "all is sent")
        assert _people(cloud) == counted
        cloud.close()


def test_a_silent_sensor_is_said_to_be_silent(tmp_path: Path):
    river = Wire(tmp_path / "tty-river")
    gateway = Gateway(tmp_path, sources=_at(tmp_path, RIVER) + "silent_s = 0.5\n")
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.source_state("river") == "silent", "the status says that it is silent")
        river.send(maxbotix.build(distance_mm=1_000))
        wait_until(lambda: cloud.source_state("river") in ("ok", "silent") and cloud.values("distance"), "it speaks")
        cloud.close()


def _at(folder: Path, sources: str) -> str:
    return sources.replace('port = "', f'port = "{folder}/')


def _people(cloud: Cloud) -> float:
    """The sum of all counts, each reading once however often it came."""
    return sum({reading.time_ms: reading.value for reading in cloud.readings("people_in")}.values())


def _noise_bytes(cloud: Cloud, name: str) -> int:
    status = cloud.status()
    return next((source.noise_bytes for source in status.sources if source.name == name), 0) if status else 0


def _detail(cloud: Cloud, name: str) -> str:
    status = cloud.status()
    return next((source.detail for source in status.sources if source.name == name), "") if status else ""


def test_a_device_server_in_the_network_is_read_like_a_tty_and_found_again(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        gateway = Gateway(tmp_path, sources=_remote(f"socket://127.0.0.1:{port}"))
        with gateway.broker, gateway.edge:
            cloud = Cloud(gateway.port)
            for value in (12.3, 45.6):
                device, _ = server.accept()
                wait_until(lambda: cloud.is_open("air"), "the line is open")
                device.sendall(sds011.build(pm2_5=value, pm10=30.1))
                wait_for_values(cloud, "pm2_5", {value})
                cloud.forget_statuses()
                device.close()
                wait_until(lambda: cloud.source_state("air") == "failed", "the status says that it is gone")
            gateway.edge.must_live()
            cloud.close()


def test_a_port_of_rfc_2217_is_opened_with_its_baud_rate_and_read(tmp_path: Path):
    with PortServer(tmp_path) as server:
        gateway = Gateway(tmp_path, sources=_remote(f"rfc2217://127.0.0.1:{server.port}"))
        with gateway.broker, gateway.edge:
            cloud = Cloud(gateway.port)
            wait_until(lambda: cloud.is_open("air"), "the line is open")
            assert server.line.baudrate == 9_600
            server.wire.send(sds011.build(pm2_5=12.3, pm10=30.1))
            wait_for_values(cloud, "pm2_5", {12.3})
            server.close()
            wait_until(lambda: cloud.source_state("air") == "failed", "the status says that it is gone")
            gateway.edge.must_live()
            cloud.close()


def _remote(port: str) -> str:
    return AIR.replace('"tty-air"', f'"{port}"')
