"""What a real `siaga-edge` says of itself, and of the time."""

from pathlib import Path

from edge.clock import kernel_is_synced
from tests.end_to_end.edge_gateway import Cloud, Gateway
from tests.servers import wait_until
from wire import Clock

WITHOUT_TRUST = ("trust_system = true", "trust_system = false")
WITH_HEALTH = ("every_s = 0", "every_s = 30")


def test_the_gateway_reports_its_own_health_with_the_clock_state_of_the_kernel(tmp_path: Path):
    gateway = Gateway(tmp_path, sources="")
    text = gateway.settings_file.read_text().replace(*WITHOUT_TRUST).replace(*WITH_HEALTH)
    gateway.settings_file.write_text(text)
    expected = Clock.SYNCED if kernel_is_synced() else Clock.UNKNOWN
    with gateway.broker:
        cloud = Cloud(gateway.port)
        with gateway.edge:
            wait_until(lambda: cloud.values("uptime"), "the first report arrives")
            found = {reading.quantity for reading in cloud.readings()}
            assert {"spool_depth", "spool_age", "lost", "disk_free", "memory_used", "uptime", "noise_bytes"} <= found
            assert {(reading.sensor, reading.clock) for reading in cloud.readings()} == {("gw-test", expected)}
            status = cloud.status()
            assert status is not None
            assert status.clock is expected
            assert status.boot
        cloud.close()


def test_a_gateway_without_any_source_or_cloud_runs_and_stops(tmp_path: Path):
    gateway = Gateway(tmp_path, sources="")
    with gateway.edge:
        wait_until(lambda: "trying again" in gateway.edge.tail(), "the broker is looked for")
        assert gateway.edge.stop() == 0
