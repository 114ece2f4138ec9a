"""A city of gauges, alarms put straight into the tables, and notifiers on them.

async with Scene(tmp_path, settings) as scene:   await scene.raise_alarm(gauge=3);   await scene.poll()
The scene's clock stands still until it is moved, unless a test takes the real one.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
from sqlalchemy import Connection, insert, select, update

from cloud.alarms.tables import AlarmEventRow, AlarmRow, MaintenanceRow
from cloud.database.engine import Database
from cloud.database.steady_clock import Moment
from cloud.notify.batcher import NotificationBatcher
from cloud.notify.notifications import Notification
from cloud.notify.notifier import Notifier
from cloud.notify.outbox import Claimed, Outbox
from cloud.notify.router import Router
from cloud.notify.settings import NotifySettings
from cloud.notify.tables import DeliveryRow, DutyRow, NoticeRow
from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from rules.rule import Level, Rule, RuleKind, Severity
from runtime.clock import boot_ms, wall_ms
from tests.registries import registry_in

T0 = 1_795_489_800_000  # 2026-11-24T03:10:00Z, 12:10 in Morotai
ZONE = "Asia/Jayapura"
MINUTE = 60_000
POLYGON = ((2.04, 128.28), (2.04, 128.30), (2.06, 128.30))

RULE = Rule(
    family="river-level",
    quantity="water_level",
    kind=RuleKind.ABOVE,
    levels=(
        Level("Siaga 3", Severity.MODERATE, 150.0),
        Level("Siaga 2", Severity.SEVERE, 250.0),
        Level("Siaga 1", Severity.EXTREME, 320.0),
    ),
    title="River level",
    title_id="Tinggi sungai",
    advice="Sound the siren.",
    advice_id="Bunyikan sirene.",
    for_s=60,
)

PEOPLE = [
    {"name": "ani", "email": "ani@morotai.test", "telegram": "1001", "language": "en"},
    {"name": "budi", "email": "budi@morotai.test", "telegram": "1002", "language": "id"},
]


def registry(gauges: int = 40) -> Registry:
    return Registry(
        city=City("Pulau Morotai", ZONE),
        sites=[
            Site("daruba", "Daruba river", "Daruba", 2.05, 128.29, ZONE, polygon=POLYGON),
            Site("sangowo", "Sangowo", "Morotai Timur", 2.17, 128.56, ZONE),
        ],
        gateways=[Gateway("gw-daruba", "Daruba gateway", "daruba")],
        sensors=[
            Sensor(f"gauge-{n}", f"Gauge {n}", "daruba" if n % 2 == 0 else "sangowo", "gw-daruba", ("water_level",))
            for n in range(gauges)
        ],
    )


def settings(*, channels: Sequence[dict[str, Any]], steps: Sequence[dict[str, Any]], **more: Any) -> NotifySettings:
    return NotifySettings.model_validate({"channels": channels, "steps": steps, "language": "en", **more})


def hook(folder: Path, url: str = "http://127.0.0.1:9", *, name: str = "hook", **more: Any) -> dict[str, Any]:
    (folder / "secret").write_text("a long enough secret")
    return {"name": name, "kind": "webhook", "url": url, "secret_file": folder / "secret", **more}


class Scene:
    """The tables, what works on them, and a clock."""

    def __init__(self, folder: Path, notify: NotifySettings, *, gauges: int = 40) -> None:
        self.settings = notify
        self.registry = registry(gauges)
        self.database = Database(registry_in(folder))
        self.now_ms = T0
        self.wall_wrong_ms = 0
        self.commands: list[tuple[str, Any]] = []
        self.is_connected = True
        self._router, self._batcher = Router(notify), NotificationBatcher(notify, self.registry)
        self.outbox = Outbox(notify, instance="one")

    async def __aenter__(self) -> Self:
        await self.database.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.database.close()

    @property
    def now(self) -> Moment:
        """The scene's clock, and a wall clock that a test may set wrong."""
        return Moment(self.now_ms + self.wall_wrong_ms, self.now_ms)

    def publish(self, topic: str, payload: bytes) -> bool:
        if self.is_connected:
            self.commands.append((topic, msgspec.json.decode(payload)))
        return self.is_connected

    async def raise_alarm(self, gauge: int = 0, *, level: int = 0, late: bool = False, **more: Any) -> int:
        """An alarm has opened now; its id."""
        (alarm,) = await self.raise_alarms([gauge], level=level, late=late, **more)
        return alarm

    async def raise_alarms(
        self, gauges: Sequence[int], *, level: int = 0, late: bool = False, at_ms: int | None = None, **more: Any
    ) -> list[int]:
        """Alarms have opened on several gauges, in one transaction; their ids."""
        at = self.now_ms if at_ms is None else at_ms
        common = {
            "family": "river-level", "quantity": "water_level", "gateway": "gw-daruba", "opened_ms": at, "at_ms": at,
            "state": "alarming", "level": level, "worst": level, "value": 325.0, "value_ms": at, "changed_ms": at,
            "late": late, "versions": "river-level@all:1", "rule": msgspec.json.encode(RULE).decode(),
        }  # fmt: skip

        def write(connection: Any) -> list[int]:
            alarms = []
            for gauge in gauges:
                place = {"sensor": f"gauge-{gauge}", "site": "daruba" if gauge % 2 == 0 else "sangowo"}
                statement = insert(AlarmRow).values({**common, **place, **more}).returning(AlarmRow.id)
                alarms.append(int(connection.execute(statement).scalar_one()))
                event = _event(alarms[-1], "raised", level=level, late=late, at=at)
                connection.execute(insert(AlarmEventRow).values(event))
            return alarms

        return await self.database.run(write)

    async def event(self, alarm: int, kind: str, *, level: int = 0, late: bool = False) -> int:
        """Something has happened to an alarm now; the event's id."""
        if kind == "closed":
            await self.change(alarm, closed_ms=self.now_ms, state="closed")
        row = _event(alarm, kind, level=level, late=late, at=self.now_ms)
        return int(await self._do(insert(AlarmEventRow).values(row).returning(AlarmEventRow.id)))

    async def change(self, alarm: int, **values: Any) -> None:
        await self.database.run(lambda c: c.execute(update(AlarmRow).where(AlarmRow.id == alarm).values(values)))

    async def maintain(self, *, site: str | None = None, sensor: str | None = None, minutes: int = 10) -> None:
        row = {"site": site, "sensor": sensor, "from_ms": self.now_ms, "until_ms": self.now_ms + minutes * MINUTE}
        await self._do(insert(MaintenanceRow).values({**row, "author": "ani", "reason": "cleaning"}), answer=False)

    async def put_on_duty(self, person: str, rank: int = 1, *, hours: int = 12) -> None:
        row = {"person": person, "rank": rank, "from_ms": self.now_ms, "until_ms": self.now_ms + hours * 3_600_000}
        await self._do(insert(DutyRow).values(row), answer=False)

    async def poll(self, *, seconds: float = 0) -> list[Notification]:
        """Move the clock, and do what a notifier does but the sending; the notifications that were made by it."""
        self.now_ms += round(seconds * 1_000)
        before = {each.key for each in await self.notifications()}

        def work(connection: Any) -> None:
            self._router.route(connection, self.now)
            self._router.escalate(connection, self.now)
            self._batcher.batch(connection, self.now)

        await self.database.run(work)
        return [each for each in await self.notifications() if each.key not in before]

    async def claim(self, *, outbox: Outbox | None = None, room: int = 8) -> list[Claimed]:
        taker = outbox or self.outbox
        rooms = {channel.name: room for channel in self.settings.channels}
        return await self.database.run(lambda c: taker.claim(c, self.now, room=rooms))

    async def settle(self, delivery: Claimed, outcome: Any, *, outbox: Outbox | None = None) -> None:
        await self.database.run(lambda c: (outbox or self.outbox).settle(c, delivery, outcome, self.now))

    async def notifications(self) -> list[Notification]:
        query = select(DeliveryRow.body).order_by(DeliveryRow.id)
        bodies = await self.database.run(lambda c: c.execute(query).scalars().all())
        return [msgspec.json.decode(body, type=Notification) for body in bodies]

    async def deliveries(self) -> list[Any]:
        query = select(*DeliveryRow.__table__.columns).order_by(DeliveryRow.id)
        return await self.database.run(lambda c: list(c.execute(query).all()))

    async def notices(self) -> list[Any]:
        query = select(*NoticeRow.__table__.columns).order_by(NoticeRow.id)
        return await self.database.run(lambda c: list(c.execute(query).all()))

    async def _do(self, statement: Any, *, answer: bool = True) -> Any:
        def executed(connection: Connection) -> Any:
            result = connection.execute(statement)
            return result.scalar_one() if answer else None

        return await self.database.run(executed)

    @contextlib.asynccontextmanager
    async def notifier(self, *, database: Database | None = None, real_clock: bool = True) -> AsyncIterator[Notifier]:
        """A notifier that runs beside the test; the real clock, since servers have it too."""
        self.now_ms = wall_ms() if real_clock else self.now_ms
        clocks = (wall_ms, boot_ms) if real_clock else (lambda: self.now.wall_ms, lambda: self.now.steady_ms)
        notifier = Notifier(database or self.database, self.registry, self.settings, self.publish, *clocks)
        work = asyncio.create_task(notifier.run())
        try:
            yield notifier
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


def _event(alarm: int, kind: str, *, level: int, late: bool, at: int) -> dict[str, Any]:
    return {"alarm": alarm, "kind": kind, "time_ms": at, "level": level, "value": 325.0, "late": late, "at_ms": at}


async def until(condition: Callable[[], object], what: str, *, patience_s: float = 20.0) -> None:
    """Wait for what a notifier does."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen in {patience_s:.0f} s: {what}")
        await asyncio.sleep(0.02)
