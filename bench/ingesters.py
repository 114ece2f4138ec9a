"""(i) The same queue of batches taken in by one ingester, and by two with half of the gateways each.

One Mosquitto, one InfluxDB, one registry in PostgreSQL (which forces nothing to disk here), all on this machine: what
two ingesters gain is bounded by the cores that are left, so the cores that each part kept busy stand beside the rate.
"""

from collections.abc import Sequence
from pathlib import Path

from bench.ingest import QUEUE, Ingest, drain
from bench.lines_and_batches import GATEWAYS, city
from bench.settings import cloud_settings
from tests.servers import Postgresql, Program, all_of, free_port, mosquitto, siaga_cloud
from wire.topics import SHARDS, shard_of


def halves() -> list[str]:
    """The shards in two ranges with as many of the bench's gateways in each."""
    shards = sorted(map(shard_of, GATEWAYS))
    middle = shards[len(shards) // 2 - 1]
    return [f"0-{middle}", f"{middle + 1}-{SHARDS - 1}"]


def measure(
    folder: Path, influxd: Program, registry: Postgresql, ranges: Sequence[str], batches: list[tuple[str, bytes]]
) -> Ingest:
    """Let an ingester for each of `ranges` take in `batches` (gateway, payload) together."""
    folder.mkdir()
    port = free_port()
    (folder / "city.toml").write_text(city())
    store = f'engine = "influxdb"\nurl = "http://127.0.0.1:{influxd.port}"\ndatabase = "siaga"'
    url = registry.database(f"registry_{port}")
    clouds = []
    for number, shards in enumerate(ranges):
        api_port, settings = free_port(), folder / f"cloud-{number}.toml"
        settings.write_text(cloud_settings(port, api_port, store, registry=url, shards=shards))
        clouds.append(siaga_cloud(folder, settings, name=f"cloud-{number}", port=api_port))
    with all_of(mosquitto(folder, port, settings=QUEUE), *clouds):
        return drain(port, clouds, batches, store=influxd)
