"""The folders whose disks are watched: what the platform writes into, and InfluxDB's where it is on this machine."""

from pathlib import Path

import pytest

from cloud.process.monitored_paths import growing_folders, named_certificates
from cloud.process.settings import read_cloud_settings
from tests.oidc_provider import oidc_toml

INFLUXDB = '[store]\nengine = "influxdb"\nurl = "http://127.0.0.1:8086"\ndatabase = "siaga"\n'


@pytest.mark.parametrize(
    ("store", "found"),
    [
        ('[store]\npath = "/var/lib/siaga/readings.db"\n', [Path("/var/lib/siaga"), Path("/srv")]),
        (INFLUXDB, [Path("/srv")]),
        (f'{INFLUXDB}data_folder = "/var/lib/influxdb"\n', [Path("/var/lib/influxdb"), Path("/srv")]),
    ],
)
def test_the_folders_that_grow_are_those_of_the_store_and_of_the_registry(
    tmp_path: Path, store: str, found: list[Path]
):
    file = tmp_path / "cloud.toml"
    file.write_text(f'{store}[registry]\nurl = "sqlite:////srv/registry.db"\n')
    assert growing_folders(read_cloud_settings(file)) == found


def test_the_end_of_the_providers_own_authority_is_watched_too(tmp_path: Path):
    file = tmp_path / "cloud.toml"
    file.write_text(oidc_toml(9_400, 8_080).replace("client_id", 'ca = "provider.crt"\nclient_id'))
    assert named_certificates(read_cloud_settings(file)) == [tmp_path / "provider.crt"]
