"""A process that edits the registry of a folder, for tests of editing: people own all of its city."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cloud.database.audit_log import Actor
from cloud.database.engine import Database
from cloud.registry.editing import Editor, RegistryEditing
from cloud.registry.editing_drafts import EditRefused
from cloud.registry.fact_service import FactService
from cloud.registry.records import Record
from cloud.registry.rows import save_registry
from cloud.registry.snapshot import Registry
from tests.registries import registry_in
from tests.unit.cloud.examples import GATEWAY, T0, city

ANI = Editor(Actor("ani", "10.0.0.7"), reason="survey")
MUARA = {"id": "muara", "name": "Muara", "latitude": 2.1, "longitude": 128.3}
GAUGE = {"id": "mouth", "name": "Mouth", "site": "daruba", "gateway": GATEWAY, "quantities": ["water_level"]}


class House:
    """One process that edits the registry of a folder; `clock` is its time, in ms of UTC."""

    def __init__(self, folder: Path) -> None:
        self.now_ms = T0
        self.database = Database(registry_in(folder))
        self.registry = city()
        self.facts = FactService(self.database, self.registry, clock=self.clock)
        self.editing = RegistryEditing(self.database, self.facts, clock=self.clock)

    def clock(self) -> int:
        self.now_ms += 1_000
        return self.now_ms

    def record(self, kind: str, name: str) -> Any:
        return self.registry.registered(kind)[name]


def owned_by_people() -> Registry:
    """The example's city, of which city.toml owns nothing."""
    given = city()
    return Registry(
        city=given.city, sites=given.sites(), gateways=given.gateways(),
        sensors=[each for each in given.sensors() if given.gateway(each.id) is None], file_owns=(),
    )  # fmt: skip


@asynccontextmanager
async def house_in(folder: Path, registry: Registry | None = None) -> AsyncIterator[House]:
    """A house whose city is `registry`."""
    house, given = House(folder), registry or owned_by_people()
    await house.database.open()
    await house.database.run(lambda connection: save_registry(connection, given, now_ms=T0))
    await house.facts.load()
    yield house
    await house.database.close()


def snapshot(registry: Registry) -> dict[str, dict[str, Record]]:
    """All that is not retired."""
    return {
        kind: {name: each for name, each in registry.registered(kind).items() if not each.retired}
        for kind in ("sites", "gateways", "sensors")
    }


async def refused(act: Any) -> EditRefused:
    with pytest.raises(EditRefused) as error:
        await act
    return error.value
