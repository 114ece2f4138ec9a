"""siaga-cloud fit, as the technician types it beside a cloud that may run: on a registry and a store on disk."""

import asyncio
import re
import shlex
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from cloud.cli.exit_codes import CANNOT_START
from cloud.cli.main import main
from cloud.database.audit_log import Actor
from cloud.database.engine import Database
from cloud.readings.blocks import Block
from cloud.readings.sqlite import SqliteStore
from cloud.registry.fact_rows import read_facts
from cloud.registry.fact_service import FactService
from cloud.registry.facts import Fact
from cloud.registry.records import City, Gateway, Sensor
from cloud.registry.rows import read_registry, save_registry
from cloud.registry.snapshot import Registry
from rules.marks import Mark
from tests.unit.cloud.derived.examples import HOUR, MINUTE, ZONE, ms
from tests.unit.cloud.examples import SITE
from wire import Domain

BEGIN = ms("2025-10-01T00:00:00+09:00")
DAYS = "--from 2025-10-01 --to 2025-10-03"
Run = Callable[[str], tuple[int, str, str]]


def city() -> Registry:
    sensors = [Sensor(name, name, "daruba", "gw", ("pm2_5",), interval_s=600) for name in ("air", "bam", "idle")]
    sensors.append(Sensor("river", "River", "daruba", "gw", ("water_level",)))
    gateways = [Gateway("gw", "Daruba", "daruba")]
    return Registry(city=City("Morotai", ZONE), sites=[SITE], gateways=gateways, sensors=sensors)


async def _write(store: SqliteStore, sensor: str, hours: Iterable[tuple[int, float]], marks: int = 0) -> None:
    for hour, value in hours:
        times = [BEGIN + hour * HOUR + minute * MINUTE for minute in range(0, 60, 10)]
        # around the mean that the hour is to have
        values = [value + (1.0 if number % 2 else -1.0) for number in range(6)]
        block = Block("daruba", sensor, "gw", Domain.AIR, marks, times, (("pm2_5", values),))
        await store.write([store.encode([block])])


async def _set_up(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'registry.db'}")
    await database.open()
    await database.run(lambda connection: save_registry(connection, city(), now_ms=BEGIN))
    await database.close()
    store = SqliteStore(folder / "readings.db")
    await store.open()
    # bam = 0.5 air + 3 in each of 48 hours, but for what no pair may be made of
    hours = [(hour, 10.0 + hour % 24) for hour in range(48)]
    await _write(store, "air", hours)
    await _write(store, "bam", [(hour, 0.5 * value + 3.0) for hour, value in hours if hour not in (5, 30)])
    await _write(store, "bam", [(30, 900.0)], marks=int(Mark.SPIKE))
    times = [BEGIN + 5 * HOUR, BEGIN + 5 * HOUR + 10 * MINUTE]
    few = Block("daruba", "bam", "gw", Domain.AIR, 0, times, (("pm2_5", [900.0, 900.0]),))
    await store.write([store.encode([few])])
    await store.close()


@pytest.fixture
def siaga(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    (tmp_path / "cloud.toml").write_text("")
    asyncio.run(_set_up(tmp_path))

    def run(line: str) -> tuple[int, str, str]:
        code = main([*shlex.split(line), "--config", str(tmp_path / "cloud.toml")])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def facts(folder: Path) -> list[Fact]:
    async def read() -> list[Fact]:
        database = Database(f"sqlite:///{folder / 'registry.db'}")
        await database.open()
        found = await database.run(read_facts)
        await database.close()
        return [fact for fact in found.all() if fact.what.startswith("correction.")]

    return asyncio.run(read())


def test_a_fit_is_printed_and_nothing_is_recorded(siaga: Run, tmp_path: Path):
    code, said, wrong = siaga(f"fit air bam {DAYS}")
    assert (code, wrong) == (0, "")
    assert said.splitlines() == [
        "air by bam, pm2_5: 46 hours of both, 2025-09-30T15:00:00.000Z to 2025-10-02T15:00:00.000Z",
        "slope    0.5000",
        "offset   3.000 ug/m3",
        "R2       1.000",
        "RMSE     0.00 ug/m3 of the corrected hours",
        "range    10.0 to 33.0 ug/m3 of the sensor",
        "nothing is recorded; --apply --source WHERE records it as a correction of air",
    ]
    assert facts(tmp_path) == []


def test_an_hour_counts_once_and_only_where_all_of_it_was_asked_for(siaga: Run):
    """Of two days that begin at half past, the first hour is left out, and none of the second day is twice."""
    _, said, _ = siaga("fit air bam --from 2025-10-01T00:30:00+09:00 --to 2025-10-05")
    assert ": 45 hours of both," in said
    _, said, _ = siaga("fit air bam --from 2025-09-30T00:30:00+09:00 --to 2025-10-02T23:30:00+09:00")
    assert ": 45 hours of both," in said


def test_a_fit_that_is_applied_is_a_dated_fact_with_its_author_and_source(siaga: Run, tmp_path: Path):
    line = f"fit air bam {DAYS} --apply --source 'roof of station 3' --author ani --valid-from 2025-10-02"
    code, said, _ = siaga(line)
    assert code == 0
    number = re.search(r"recorded as fact (\d+): it corrects the hours since 2025-10-01T15:00:00\.000Z", said)
    baseline, fact = facts(tmp_path)
    assert number is not None
    assert (baseline.value, fact.id) == (None, int(number[1]))
    assert (fact.subject, fact.what, fact.author, fact.source) == (
        "sensor:air", "correction.pm2_5", "ani", "roof of station 3",
    )  # fmt: skip
    assert fact.value == {
        "correction": "co_location", "slope": 0.5, "offset": 3.0, "n": 46, "r2": 1.0, "rmse": 0.0, "reference": "bam",
        "since": "2025-09-30T15:00:00.000Z", "until": "2025-10-02T15:00:00.000Z",
    }  # fmt: skip
    assert (fact.valid_from_ms, fact.due_ms) == (BEGIN + 24 * HOUR, BEGIN + 24 * HOUR)


@pytest.mark.parametrize("replaced", ["air", "bam"])
def test_hours_of_two_devices_give_no_line(siaga: Run, tmp_path: Path, replaced: str):
    async def record() -> None:
        database = Database(f"sqlite:///{tmp_path / 'registry.db'}")
        await database.open()
        service = FactService(database, await database.run(read_registry))
        await service.record(
            f"sensor:{replaced}", "device", {"serial": "B-03"}, actor=Actor("ani"), reason="wet",
            valid_from_ms=BEGIN + 24 * HOUR,
        )  # fmt: skip
        await database.close()

    asyncio.run(record())
    code, _, wrong = siaga(f"fit air bam {DAYS}")
    assert code == CANNOT_START
    assert f"another device is at {replaced} since 2025-10-01T15:00:00.000Z; fit the hours of one" in wrong


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("fit air bam --from 2025-10-01 --to 2025-10-01T20:00:00+09:00", "19 hours in which both are whole"),
        (f"fit air idle {DAYS}", "0 hours in which both are whole"),
        ("fit air bam --from 2025-10-03 --to 2025-10-01", "--to: 2025-10-01 is not after --from"),
        ("fit air bam --from 2025-10-01 --to 2027-10-01", "or by over 366 days"),
        ("fit air bam --from yesterday --to 2025-10-01", "--from: 'yesterday': write RFC 3339"),
        ("fit air bam --from 2025-02-30 --to 2025-10-01", "--from: '2025-02-30'"),
        (f"fit air river {DAYS}", "REFERENCE: no sensor 'river' measures pm2_5; write one of air, bam, idle"),
        (f"fit aire bam {DAYS}", "SENSOR: no sensor 'aire' measures pm2_5; did you mean air?"),
        (f"fit air air {DAYS}", "REFERENCE: 'air' is the sensor itself"),
        (f"fit air bam {DAYS} --quantity humidity", "--quantity: 'humidity' is not corrected"),
        (f"fit air bam {DAYS} --apply", "--source: is empty"),
        (f"fit air bam {DAYS} --author ani", "--apply: is missing"),
        (f"fit air bam {DAYS} --apply --source x --author {'a' * 81}", "--author: write at most 80 characters"),
    ],
)
def test_what_gives_no_fit_is_said_in_a_sentence(siaga: Run, tmp_path: Path, line: str, why: str):
    code, said, wrong = siaga(line)
    assert (code, said) == (CANNOT_START, "")
    assert why in wrong
    assert "Traceback" not in wrong
    assert facts(tmp_path) == []
