"""The registry: any city survives export and import, and any edits, undone in reverse, leave what was before."""

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from cloud.derived.in_hand import InHand
from cloud.derived.site_sensors import SiteSensors
from cloud.registry.city_export import exported
from cloud.registry.city_file import city_of
from cloud.registry.editing_drafts import EditRefused
from cloud.registry.records import Calibration, City, Contact, Gateway, Sensor, Site
from cloud.registry.rows import read_registry
from cloud.registry.snapshot import Registry
from cloud.registry.tables import FactRow
from cloud.rulebook.rule_targets import RuleTargets
from runtime.settings import document_in
from tests.unit.cloud.registry.houses import ANI, House, house_in, snapshot
from wire import Stamped

ZONES = ("Asia/Jayapura", "Asia/Makassar")
TEXTS = st.text(st.characters(categories=("L", "N", "P", "S"), include_characters=" "), min_size=1, max_size=20).map(
    lambda text: text.strip() or "x"
)
FIGURES = st.floats(-1e6, 1e6, allow_nan=False).filter(bool)
CONTACTS = st.builds(Contact, TEXTS, role=TEXTS, phone=st.sampled_from(("", "+62 812 3456")))
SITES = st.builds(
    Site, st.just("s"), TEXTS, st.one_of(st.just(""), TEXTS), st.floats(-90, 90), st.floats(-180, 180),
    st.sampled_from(ZONES), capacity=st.none() | st.integers(1, 10**6), area_m2=st.none() | st.floats(0.1, 1e7),
    closes=st.none() | st.just("18:00"), contacts=st.lists(CONTACTS, max_size=3).map(tuple),
    polygon=st.sampled_from(((), ((2.0, 128.0), (2.1, 128.0), (2.1, 128.1)))),
)  # fmt: skip
SENSORS = st.builds(
    Sensor, st.just("g-1"), TEXTS, st.just("s"), st.just("g"), st.just(("water_level", "temperature")),
    interval_s=st.floats(0.1, 1e6), mounting_height_cm=st.none() | st.floats(30, 3_500),
    calibration=st.dictionaries(
        st.sampled_from(("water_level", "temperature")),
        st.builds(Calibration, FIGURES, FIGURES), max_size=2,
    ),
    groups=st.lists(st.sampled_from(("a", "b-2")), max_size=2, unique=True).map(tuple),
    valid_from_ms=st.none() | st.integers(0, 2 * 10**12), stamped=st.none() | st.sampled_from(Stamped),
)  # fmt: skip


@given(SITES, TEXTS, SENSORS, TEXTS)
def test_any_city_that_is_exported_is_read_back_as_it_was(site: Site, name: str, sensor: Sensor, city: str):
    held = Registry(
        city=City(city, ZONES[0]), sites=[site], gateways=[Gateway("g", name, "s")], sensors=[sensor], file_owns=()
    )
    text = exported(held)
    read = city_of(document_in(text, "city.toml"), "city.toml")
    assert (read.city, read.file_owns, snapshot(read)) == (held.city, held.file_owns, snapshot(held))
    assert exported(read) == text


IDS = st.sampled_from(("river", "air-market", "people-pier", "new-1", "new-2"))
PLACES = st.sampled_from(("daruba", "muara"))
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), IDS, PLACES),
        st.tuples(st.just("retire"), IDS, st.none()),
        st.tuples(st.just("restore"), IDS, st.none()),
        st.tuples(st.just("name"), IDS, st.sampled_from(("A", "B"))),
        st.tuples(st.just("height"), IDS, st.sampled_from((None, 300.0, 420.0))),
        st.tuples(st.just("scale"), IDS, st.sampled_from((1.0, 2.0))),
        st.tuples(st.just("move"), IDS, PLACES),
        st.tuples(st.just("site"), st.just("muara"), st.sampled_from(("retire", "restore", "along"))),
        st.tuples(st.just("downstream"), IDS, st.none() | IDS),
    ),
    max_size=8,
)


async def do(house: House, act: tuple[str, str, Any]) -> Any:
    """Do one act, whose outcome this is; EditRefused where it cannot be."""
    what, name, value = act
    if what == "add":
        fields = {"id": name, "name": name, "site": value, "gateway": "gw-daruba", "quantities": ["water_level"]}
        return await house.editing.add("sensors", fields, by=ANI)
    if what == "site":
        if value == "restore":
            return await house.editing.restore("sites", name, by=ANI)
        return await house.editing.retire("sites", name, by=ANI, along=value == "along")
    if what in ("retire", "restore"):
        return await getattr(house.editing, what)("sensors", name, by=ANI)
    changes: dict[str, Any] = {
        "name": {"name": value}, "height": {"mounting_height_cm": value}, "move": {"site": value},
        "scale": {"calibration": {"water_level": {"scale": value}}}, "downstream": {"next_downstream": value},
    }[what]  # fmt: skip
    return await house.editing.amend("sensors", name, changes, by=ANI)


def comparable(registry: Registry) -> dict[str, Any]:
    """All that a registry knows, in an order of its own."""
    found = {name: value for name, value in vars(registry).items() if name not in {"changed", "_log", "_listeners"}}
    found |= {"facts": registry.facts.all(), "history": None, "air_corrections": None}
    found["_sensors_at"] = {
        site: [each.id for each in sensors] for site, sensors in registry._sensors_at.items() if sensors
    }
    return found


class Kept:
    """What other rooms keep of a registry, and make again of what has changed only."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.site_sensors, self.targets = SiteSensors(registry), RuleTargets(registry)
        self.in_hand = self._new_in_hand(self.site_sensors)
        registry.on_change(lambda: self.targets.renew(registry.changed))

    def _new_in_hand(self, sensors: SiteSensors) -> InHand:
        return InHand(self.registry, sensors, is_own=lambda _gateway: True, on_changed=lambda *_: None)

    def must_be_as_made_now(self) -> None:
        fresh, sites = SiteSensors(self.registry), self.registry.sites()
        in_hand = self._new_in_hand(fresh)
        self.in_hand.refresh()
        in_hand.refresh()
        for site in sites:
            assert {each.id for each in self.site_sensors.at(site)} == {each.id for each in fresh.at(site)}
            assert self.in_hand.is_own(site.id) == in_hand.is_own(site.id)
        for gateway in self.registry.gateway_ids():
            behind = [{each.id: each for each in one.behind(gateway)} for one in (self.site_sensors, fresh)]
            assert behind[0] == behind[1]
        for sensor in self.registry.sensors():
            assert self.site_sensors.has_moved(sensor) == fresh.has_moved(sensor)
            assert self.in_hand.is_own(sensor.id) == in_hand.is_own(sensor.id)
        targets = [{each.id: each for each in one.all()} for one in (self.targets, RuleTargets(self.registry))]
        assert targets[0] == targets[1]


async def compute(house: House) -> None:
    """What an ingester does with facts that are due."""
    await house.database.run(lambda connection: connection.execute(update(FactRow).values(due_ms=None)))
    await house.facts.refresh()


async def undone_in_reverse(folder: Path, acts: list[tuple[str, str, Any]]) -> None:
    async with house_in(folder) as house:
        kept = Kept(house.registry)
        fields = {"id": "muara", "name": "Muara", "latitude": 2.1, "longitude": 128.3}
        await house.editing.add("sites", fields, by=ANI)
        states, changes = [snapshot(house.registry)], []
        for act in acts:
            assert comparable(house.registry) == comparable(await house.database.run(read_registry))
            kept.must_be_as_made_now()
            with contextlib.suppress(EditRefused):
                if (change := (await do(house, act)).change) is not None:
                    changes.append(change.id)
                    states.append(snapshot(house.registry))
            await compute(house)
        for change_id, before in zip(reversed(changes), states[-2::-1], strict=True):
            await house.editing.undo(change_id, by=ANI)
            assert snapshot(house.registry) == before
            assert comparable(house.registry) == comparable(await house.database.run(read_registry))
            kept.must_be_as_made_now()
            await compute(house)


@settings(max_examples=40, deadline=None)
@given(ACTS)
def test_any_edits_undone_in_reverse_leave_what_was_before(acts: list[tuple[str, str, Any]]):
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(undone_in_reverse(Path(folder), acts))
