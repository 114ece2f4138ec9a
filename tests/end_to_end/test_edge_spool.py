"""A real `siaga-edge` that is killed, stopped, run out of disk, and whose spool is damaged."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt import client as paho

from edge.spool.file import PAGE_BYTES
from edge.spool.page_scan import reading_in
from edge.spool.pages import Pages
from edge.spool.spans import Spans
from edge.spool.sync_checkpoint import read_sync_checkpoint
from edge.status_report import STATUS_EVERY_S
from tests.end_to_end.edge_gateway import Cloud, Gateway, publisher, wait_for_values
from tests.servers import PATIENCE_S, wait_until

OTHERS = """
[[sources]]
name = "others"
family = "json"
topic = "sensors/+/reading"
sensor_level = 1
values = { co2 = "co2" }
"""


def test_a_killed_gateway_loses_nothing_that_it_had_acknowledged_to_a_sensor(tmp_path: Path):
    gateway = Gateway(tmp_path, sources=OTHERS, local=True)
    with gateway.broker:
        cloud = Cloud(gateway.port, acknowledges=False)
        with gateway.edge:
            wait_until(lambda: cloud.is_open("others"), "the topics are subscribed")
            sensor = publisher(gateway.port)
            _send(sensor, range(1, 200))
            wait_until(lambda: _depth(cloud) > 0, "readings are spooled")
            gateway.edge.kill()
            wait_until(lambda: (status := cloud.status()) and not status.online, "the last will says offline")
            _send(sensor, range(200, 3_000))
            cloud.acknowledges = True
            gateway.edge.start()
            wait_for_values(cloud, "co2", {float(value) for value in range(1, 3_000)})
            next_status_s = STATUS_EVERY_S + PATIENCE_S  # where nothing else changes, the next one says it
            wait_until(lambda: _depth(cloud) == 0, "the spool is empty", patience_s=next_status_s)
            assert cloud.lost() == []
        cloud.close()


def test_a_stop_commits_says_offline_and_exits_with_zero(tmp_path: Path):
    gateway = Gateway(tmp_path, sources=OTHERS, local=True)
    with gateway.broker:
        cloud = Cloud(gateway.port, acknowledges=False)
        with gateway.edge:
            wait_until(lambda: cloud.is_open("others"), "the topics are subscribed")
            sensor = publisher(gateway.port)
            _send(sensor, range(1, 50))
            wait_until(lambda: _depth(cloud) == 49, "all is spooled")
            assert gateway.edge.stop() == 0
            status = cloud.status()
            assert status is not None
            assert not status.online
            assert status.spool.depth == 49
            cloud.acknowledges = True
            gateway.edge.start()
            wait_for_values(cloud, "co2", {float(value) for value in range(1, 50)})
        cloud.close()


def test_after_an_outage_the_newest_comes_first_and_the_backlog_is_marked(tmp_path: Path):
    gateway = Gateway(tmp_path, sources=OTHERS, local=True, uplink="batch_readings = 50")
    with gateway.broker:
        cloud = Cloud(gateway.port, acknowledges=False)
        with gateway.edge:
            wait_until(lambda: cloud.is_open("others"), "the topics are subscribed")
            sensor = publisher(gateway.port)
            _send(sensor, range(1, 500))
            wait_until(lambda: _depth(cloud) == 499, "all is spooled")
            gateway.edge.stop()
            cloud.forget_statuses()
            gateway.edge.start()
            wait_until(lambda: cloud.is_open("others"), "the topics are subscribed")
            time.sleep(1.0)  # nothing was kept for the agent, and it has heard so by now
            _send(sensor, range(1_000, 1_001))
            cloud.acknowledges = True
            wait_for_values(cloud, "co2", {float(value) for value in [*range(1, 500), 1_000]})
        marks = {reading.value: reading.backfill for reading in cloud.readings("co2")}
        assert not marks[1_000.0]
        assert all(marks[float(value)] for value in range(1, 500))
        cloud.close()


def test_the_cut_tail_of_a_spool_is_declared_lost(tmp_path: Path):
    gateway = Gateway(tmp_path, sources=OTHERS, local=True, spool="fsync_s = 0")
    with gateway.broker:
        cloud = Cloud(gateway.port, acknowledges=False)
        with gateway.edge:
            stream = _spool(gateway, cloud, count=60)
            gateway.edge.kill()
            wal = Path(f"{gateway.spool_file}-wal")
            os.truncate(wal, wal.stat().st_size // 2)
            cloud.acknowledges = True
            gateway.edge.start()
            wait_until(
                lambda: _accounted(cloud, stream) == Spans([(1, 60)]), "each reading has come or is declared lost"
            )
            assert {loss.reason for loss in cloud.lost()} == {"end of the spool file cut off"}
        cloud.close()


def test_a_spool_damaged_in_the_middle_is_salvaged_and_the_rest_declared_lost(tmp_path: Path):
    gateway = Gateway(tmp_path, sources=OTHERS, local=True, spool="fsync_s = 0")
    with gateway.broker:
        cloud = Cloud(gateway.port, acknowledges=False)
        with gateway.edge:
            stream = _spool(gateway, cloud, count=3_000)
            assert gateway.edge.stop() == 0
            gone = _destroy_readings_in_the_middle(gateway.spool_file, pages=4)
            cloud.acknowledges = True
            gateway.edge.start()
            wait_until(
                lambda: _accounted(cloud, stream) == Spans([(1, 3_000)]), "each reading has come or is declared lost"
            )
            assert set(cloud.values("co2")) == {float(value) for value in range(1, 3_001) if value not in gone}
            assert Spans((loss.first, loss.last) for loss in cloud.lost()) == Spans((seq, seq) for seq in gone)
            assert {loss.reason for loss in cloud.lost()} == {"spool file damaged"}
            assert Path(f"{gateway.spool_file}.damaged").exists()
        cloud.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk; run as root to test a full one")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=False)


def test_a_full_disk_holds_no_reading_up_and_is_caught_up_with_when_it_has_room(tmp_path: Path, small_disk: Path):
    spool = f'path = "{small_disk}/spool.db"\nmin_free_mb = 0'
    gateway = Gateway(tmp_path, sources=OTHERS, local=True, spool=spool)
    filler = small_disk / "filler"
    with gateway.broker:
        cloud = Cloud(gateway.port)
        with gateway.edge:
            wait_until(lambda: cloud.is_open("others"), "the topics are subscribed")
            _fill(filler)
            sensor = publisher(gateway.port)
            _send(sensor, range(1, 400))
            wait_for_values(cloud, "co2", {float(value) for value in range(1, 400)})

            cloud.acknowledges = False
            taken = _send(sensor, range(400, 450), wait=False)
            wait_until(lambda: _problem(cloud), "the status says that the disk is full")
            assert "full" in _problem(cloud)
            filler.unlink()
            wait_until(lambda: all(message.is_published() for message in taken), "the broker has all")
            wait_until(lambda: not _problem(cloud), "the status says that it is well again")
            gateway.edge.kill()
            cloud.acknowledges = True
            gateway.edge.start()
            wait_for_values(cloud, "co2", {float(value) for value in range(1, 450)})
            assert cloud.lost() == []
        cloud.close()


def test_a_gateway_starts_on_a_disk_that_is_read_only_and_keeps_its_readings_once_that_can_be_written(
    tmp_path: Path, small_disk: Path
):
    spool = f'path = "{small_disk}/spool.db"\nmin_free_mb = 0'
    gateway = Gateway(tmp_path, sources=OTHERS, local=True, spool=spool)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with gateway.broker:
        cloud = Cloud(gateway.port)
        with gateway.edge:
            wait_until(lambda: cloud.is_open("others"), "the topics are subscribed")
            wait_until(lambda: _problem(cloud), "the status says that the disk takes nothing")
            sensor = publisher(gateway.port)
            _send(sensor, range(1, 100))
            wait_for_values(cloud, "co2", {float(value) for value in range(1, 100)})
            cloud.acknowledges = False
            taken = _send(sensor, range(100, 150), wait=False)
            subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
            wait_until(lambda: all(message.is_published() for message in taken), "the broker has all")
            gateway.edge.kill()
            cloud.acknowledges = True
            gateway.edge.start()
            wait_for_values(cloud, "co2", {float(value) for value in range(1, 150)})
            assert cloud.lost() == []
        cloud.close()


def test_a_spool_at_its_limit_drops_the_oldest_and_declares_them(tmp_path: Path):
    gateway = Gateway(tmp_path, sources=OTHERS, local=True, spool="max_mb = 1")
    with gateway.broker:
        cloud = Cloud(gateway.port, acknowledges=False)
        with gateway.edge:
            wait_until(lambda: cloud.is_open("others"), "the topics are subscribed")
            sensor = publisher(gateway.port)
            # of one sensor 812 readings a second have a time of their own: more of them would wait for the clock
            _send(sensor, range(1, 32_001), sensors=8, patience_s=3 * PATIENCE_S)
            assert gateway.edge.stop() == 0
            wait_until(lambda: _is_offline(cloud), "its last status is there")
            status = cloud.status()
            assert status is not None
            assert status.spool.lost > 0
            assert gateway.spool_file.stat().st_size <= 1024 * 1024
            cloud.acknowledges = True
            gateway.edge.start()
            # what came after the last commit was not acknowledged, so the sensor's broker sends it to the next start
            wait_until(
                lambda: sum(_accounted(cloud, stream).total for stream in _streams(cloud)) == 32_000,
                "each has come or is declared lost",
                patience_s=60,
            )
            assert sum(1 for _ in _accounted(cloud, status.stream)) == 1
            wait_for_values(cloud, "co2", {32_000.0})
            came = set(cloud.values("co2"))
            assert {loss.reason for loss in cloud.lost()} == {"spool full"}
            assert 1.0 not in came
        cloud.close()


def _send(
    sensor: paho.Client, values: range, *, sensors: int = 1, wait: bool = True, patience_s: float = PATIENCE_S
) -> list[paho.MQTTMessageInfo]:
    sent = [
        sensor.publish(f"sensors/market-{value % sensors}/reading", f'{{"co2": {value}}}', qos=1) for value in values
    ]
    if wait:
        wait_until(
            lambda: all(message.is_published() for message in sent),
            "the broker has taken all messages",
            patience_s=patience_s,
        )
    return sent


def _spool(gateway: Gateway, cloud: Cloud, *, count: int) -> str:
    """Have `count` readings spooled and forced; the stream."""
    wait_until(lambda: cloud.is_open("others"), "the topics are subscribed")
    _send(publisher(gateway.port), range(1, count + 1))
    mark = Path(f"{gateway.spool_file}.mark")
    wait_until(
        lambda: any(forced.highest == count for forced in read_sync_checkpoint(mark).values()), "all is forced to disk"
    )
    return next(iter(read_sync_checkpoint(mark)))


def _destroy_readings_in_the_middle(spool: Path, *, pages: int) -> set[int]:
    """Overwrite so many leaf pages of readings (any page in the middle may be a free one); the seqs that go."""
    with Pages(spool, PAGE_BYTES) as file:
        seqs = {
            number: {row.seq for row in map(reading_in, file.records(number)) if row is not None}
            for number in range(1, file.count + 1)
            if not file.is_inner(number)
        }
        leaves = sorted((number for number in seqs if seqs[number]), key=lambda number: min(seqs[number]))
        middle = leaves[len(leaves) // 2 :][:pages]
        for number in middle:
            os.pwrite(file.descriptor, os.urandom(PAGE_BYTES), (number - 1) * PAGE_BYTES)
    return set().union(*(seqs[number] for number in middle))


def _accounted(cloud: Cloud, stream: str) -> Spans:
    with cloud.lock:
        came = [(batch.first, batch.last) for batch in cloud.batches if batch.stream == stream]
    return Spans([*came, *((loss.first, loss.last) for loss in cloud.lost() if loss.stream == stream)])


def _streams(cloud: Cloud) -> set[str]:
    with cloud.lock:
        return {batch.stream for batch in cloud.batches}


def _is_offline(cloud: Cloud) -> bool:
    status = cloud.status()
    return status is not None and not status.online


def _depth(cloud: Cloud) -> int:
    status = cloud.status()
    return status.spool.depth if status else -1


def _problem(cloud: Cloud) -> str:
    status = cloud.status()
    return status.spool.problem if status else ""


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4_096)
