"""How the parts are put together: each knows the others that it must, before any of them runs."""

from pathlib import Path

import pytest

from cloud.core.health import Component, Condition
from cloud.database.engine import Database
from cloud.process.parts import Services
from cloud.process.services import build_services
from cloud.process.settings import CloudSettings
from tests.registries import registry_in
from tests.unit.cloud.access.provider_stand_in import SETTINGS
from tests.unit.cloud.examples import city


def services(folder: Path, **tables: object) -> Services:
    """The parts of a cloud on SQLite that takes readings in, unless `tables` of cloud.toml say otherwise."""
    store = {"engine": "sqlite", "path": str(folder / "readings.db")}
    settings = CloudSettings.model_validate({"store": store, **tables})
    files = Component(Condition.OK, "as the files say")
    return build_services(settings, Database(registry_in(folder)), city(), files=lambda: files)


@pytest.mark.parametrize(
    "missing", ["the broker", "the store", "the registry"], ids=lambda each: each.removeprefix("the ")
)
def test_a_cloud_without_one_of_what_it_needs_does_not_take_silence_for_a_sensors(
    tmp_path: Path, missing: str, monkeypatch: pytest.MonkeyPatch
):
    built, gone = services(tmp_path), set[str]()
    monkeypatch.setattr(type(built.foundation.session), "connected", property(lambda _: "the broker" not in gone))
    built.ingest.writer.store.problem = built.foundation.database.problem = ""
    assert built.alarms.can_receive()
    gone.add(missing)
    if missing == "the store":
        built.ingest.writer.store.problem = "it does not answer"
    if missing == "the registry":
        built.foundation.database.problem = "it does not answer"
    assert not built.alarms.can_receive()


def test_health_has_single_sign_on_where_there_is_a_provider(tmp_path: Path):
    built = services(tmp_path, access={"oidc": SETTINGS.model_dump()})
    assert built.components["single_sign_on"]().detail == "people log in by Akun Morotai"
    assert "single_sign_on" not in services(tmp_path).components


def test_health_has_every_part_and_says_of_those_that_are_off_that_they_are(tmp_path: Path):
    built = services(tmp_path)
    assert {
        "settings",
        "broker",
        "store",
        "registry",
        "alarms",
        "ingest",
        "clocks",
        "derived",
        "disk",
        "gateways",
    } <= set(built.components)
    assert built.components["broker"]().status is Condition.DOWN
    of_screens = services(tmp_path, ingest={"enabled": False})
    assert built.components.keys() == of_screens.components.keys()
    for name in ("alarms", "ingest", "clocks", "derived"):
        assert "off in this process" in of_screens.components[name]().detail
    assert of_screens.foundation.lease is None
