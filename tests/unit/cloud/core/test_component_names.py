"""What the parts of health are called."""

from pathlib import Path

import pytest

from cloud.core.component_names import NAMES, name_of
from cloud.feed.followed_city import INGESTER
from i18n.message import Bilingual
from tests.unit.cloud.access.provider_stand_in import SETTINGS
from tests.unit.cloud.process.test_services import services


def test_every_part_that_a_cloud_can_have_is_called_something_and_nothing_else_is(tmp_path: Path):
    built = services(
        tmp_path,
        access={"oidc": SETTINGS.model_dump()},
        store={"engine": "influxdb", "url": "http://127.0.0.1:1", "database": "siaga"},
        updates={"folder": str(tmp_path / "updates"), "url": "https://siaga.test/updates", "online_key": "online.pem"},
    )
    assert set(NAMES) == {INGESTER, *built.components}
    assert all(name.english and name.indonesian for name in NAMES.values())


@pytest.mark.parametrize(
    ("component", "english", "indonesian"),
    [
        ("dead_letters", "Refused readings", "Data yang ditolak"),
        ("channel_siren", "Channel siren", "Saluran siren"),
        ("pump", "pump", "pump"),
    ],
)
def test_a_channel_is_called_by_its_name_and_what_nobody_knows_by_its_id(component: str, english: str, indonesian: str):
    assert name_of(component) == Bilingual(english, indonesian)
