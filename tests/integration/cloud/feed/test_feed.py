"""The feed over a real socket: the screens know what the ingester knows, and neither holds the other up."""

import asyncio
import contextlib
import random
import socket
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cloud.care.commands import AskedCommand
from cloud.care.refused import CareRefused
from cloud.core.health import Component, Condition
from cloud.database.audit_log import Actor
from cloud.feed.follower import Follower, IngesterAway
from cloud.feed.form import form_of_the_feed
from cloud.feed.memory import View, followed_parts
from cloud.feed.messages import Delta, Hello, framed, raw
from cloud.feed.questions import COMMAND, METRICS, REPLAY, CommandWanted, FailedThere, ReplayWanted
from cloud.gateways.accounting import Receipt
from cloud.ingest.levels import Pair
from cloud.readings.contract import StoredReading, Verdict
from i18n.message import LocalizedMessage
from tests.integration.cloud.feed.two_sides import TwoSides, at_work, memory_of, until
from tests.unit.cloud.examples import T0, city
from wire import Lost, Status, encode_status
from wire.gateway_config import ConfigReport, ConfigState, encode_report
from wire.topics import shard_of

ANI = Actor("ani")
SERIES = [("river", "water_level"), ("air-market", "pm2_5"), ("people-pier", "people_in"), ("daruba", "ispu")]
GATEWAYS = ["gw-daruba", "gw-pier"]


def reading(sensor: str, quantity: str, time_ms: int, value: float = 1.0, marks: int = 0) -> StoredReading:
    return StoredReading("daruba", sensor, "gw-daruba", quantity, time_ms, value, marks)


def status(gateway: str, *, online: bool = True, stream: str = "s") -> Status:
    return Status(1, online, gateway, "0.1.0", "boot", stream, T0)


class Work:
    """What may happen at an ingester, drawn by `chance`."""

    def __init__(self, sides: TwoSides, chance: random.Random) -> None:
        self._memory = sides.told
        self._chance = chance
        self._time_ms = T0

    def happen(self) -> None:
        """Let one thing happen."""
        self._chance.choice([self._store, self._judge, self._receive, self._say, self._report, self._measure])()

    def _store(self) -> None:
        self._time_ms += 1_000
        series = self._chance.choice(SERIES)
        self._memory.newest.load([reading(*series, self._time_ms, self._chance.random())])

    def _judge(self) -> None:
        series = self._chance.choice(SERIES)
        held = self._memory.newest.series(*series)
        if held is not None:
            self._memory.newest.apply_verdicts([Verdict(*series, held.time_ms, self._chance.choice([0, 16]))])

    def _receive(self) -> None:
        first = self._chance.randrange(1, 500)
        lost = (Lost(f"s{self._chance.randrange(4)}", 1, self._chance.randrange(1, 50), "spool_full"),)
        receipt = Receipt(
            self._chance.choice(GATEWAYS), f"s{self._chance.randrange(4)}",
            first * self._chance.choice([1, 10**9]), first + 20 + 10**9, lost,
        )  # fmt: skip
        self._memory.accounts.apply(self._memory.accounts.plan([receipt]))

    def _say(self) -> None:
        gateway = self._chance.choice(GATEWAYS)
        said = status(gateway, online=self._chance.random() > 0.3, stream=self._chance.choice("ab"))
        payload = b"" if self._chance.random() < 0.2 else encode_status(said)
        self._memory.statuses.on_status(gateway, payload)

    def _report(self) -> None:
        report = ConfigReport(1, self._chance.randrange(9), 0, self._chance.choice(list(ConfigState)))
        payload = b"" if self._chance.random() < 0.2 else encode_report(report)
        self._memory.reports.on_message(self._chance.choice(GATEWAYS), payload)

    def _measure(self) -> None:
        self._time_ms += 1_000
        self._memory.heights.record([Pair("river", self._time_ms, self._chance.choice([400.0, 420.0]))])


def known(sides: TwoSides, *, shown: bool) -> dict[str, Any]:
    """All that one of the two answers with."""
    memory = sides.shown if shown else sides.told
    return {
        "newest": memory.newest.latest(),
        "accounts": {gateway: memory.accounts.account(gateway) for gateway in GATEWAYS},
        "gateways": memory.accounts.gateways(),
        "statuses": {gateway: memory.statuses.status(gateway) for gateway in GATEWAYS},
        "heard": memory.statuses.heard_s(sorted(memory.statuses.heard())),
        "twins": [gateway for gateway in GATEWAYS if memory.statuses.are_two(gateway)],
        "rates": {gateway: memory.statuses.rates.rate(gateway) for gateway in GATEWAYS},
        "reports": {gateway: memory.reports.report(gateway) for gateway in GATEWAYS},
        "trouble": memory.reports.component().status,
        "heights": sorted(pair.sent_height_cm for pair in memory.heights.pairs(memory.heights.sensors())),
    }


@pytest.mark.parametrize("seed", range(5))
async def test_the_screens_know_what_the_ingester_knows_whatever_happens_and_whenever_they_connect(
    seed: int, tmp_path: Path
):
    chance = random.Random(seed)
    sides = TwoSides(city(), tmp_path)
    work = Work(sides, chance)
    follower = sides.follower()

    def same() -> bool:
        sides.shown.accounts.put_uncounted(follower.view.uncounted)
        return known(sides, shown=True) == known(sides, shown=False)

    async with at_work(follower):
        for _ in range(4):
            async with at_work(sides.teller):
                for _ in range(chance.randrange(40)):
                    work.happen()
                    sides.view = View(uncounted=sides.told.accounts.uncounted())
                    await asyncio.sleep(0)
                await until(same)
            for _ in range(chance.randrange(20)):  # while nobody tells
                work.happen()
            sides.view = View(uncounted=sides.told.accounts.uncounted())
            sides.teller = sides.new_teller()


async def test_nothing_is_marked_where_nobody_listens_and_the_socket_is_its_users_alone(tmp_path: Path):
    sides = TwoSides(city(), tmp_path)
    follower = sides.follower()
    async with at_work(sides.teller):
        await until(sides.path.exists)
        assert stat.S_IMODE(sides.path.stat().st_mode) == 0o600
        async with at_work(follower):
            await until(follower.whole.is_set)
        sides.told.newest.load([reading(*SERIES[0], T0)])
        await until(lambda: not sides.told.newest.changed.pop())
        sides.told.newest.load([reading(*SERIES[0], T0 + 1)])
        assert not sides.told.newest.changed.pop()
    assert not sides.path.exists()


async def test_a_listener_that_reads_nothing_is_dropped_and_meanwhile_others_are_told(tmp_path: Path):
    sides = TwoSides(city(), tmp_path)
    teller, follower = sides.new_teller(drop_s=0.3), sides.follower()
    statuses = {f"gw-{number}": status(f"gw-{number}") for number in range(5_000)}
    for gateway, said in statuses.items():  # more than any socket's buffer takes
        sides.told.statuses.on_status(gateway, encode_status(said))
    async with at_work(teller):
        await until(sides.path.exists)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stuck:
            stuck.connect(str(sides.path))
            async with at_work(follower):
                await until(lambda: len(sides.shown.statuses.gateways()) == len(statuses))
                sides.told.newest.load([reading(*SERIES[0], T0)])
                await until(lambda: sides.shown.newest.latest())

            def is_dropped() -> bool:
                with contextlib.suppress(BlockingIOError):
                    while stuck.recv(65_536, socket.MSG_DONTWAIT):
                        pass
                    return True
                return False

            await asyncio.sleep(0.3)  # it reads nothing for that long
            await until(is_dropped)


async def test_health_that_changes_while_all_else_stays_is_told(tmp_path: Path):
    sides = TwoSides(city(), tmp_path)
    follower = sides.follower()
    async with at_work(sides.teller, follower):
        await until(follower.whole.is_set)
        sides.health = Component(Condition.DOWN, "stuck")
        await until(lambda: follower.view.components["ingest"].component.detail == "stuck")


async def test_an_ingester_of_some_shards_tells_of_its_own_gateways_alone(tmp_path: Path):
    own = shard_of("gw-pier")
    assert shard_of("gw-daruba") != own
    sides = TwoSides(city(), tmp_path, shards=range(own, own + 1))
    sides.told.newest.load([reading(*series, T0) for series in SERIES])
    for gateway in GATEWAYS:
        sides.told.statuses.on_status(gateway, encode_status(status(gateway)))
    follower = sides.follower()
    async with at_work(sides.teller, follower):
        await until(follower.whole.is_set)
        await until(lambda: sides.shown.statuses.gateways() == ["gw-pier"])
        shown = {(each.sensor, each.quantity) for each in sides.shown.newest.latest()}
        assert shown == {("people-pier", "people_in"), ("daruba", "ispu")}, "what is computed of a site is anybody's"


async def test_what_is_changed_is_told_both_ways_and_to_other_screens(tmp_path: Path):
    sides = TwoSides(city(), tmp_path)
    told: dict[str, list[frozenset[str]]] = {"one": [], "other": []}
    one, other = (sides.follower(on_changed=kinds.append) for kinds in told.values())
    async with at_work(sides.teller, one, other):
        await until(lambda: one.whole.is_set() and other.whole.is_set())
        one.tell_changed(frozenset({"rule"}))
        await until(lambda: frozenset({"rule"}) in told["other"])
        assert sides.heard == [frozenset({"rule"})]
        sides.teller.mark_changed({"alarm"})
        await until(lambda: all(frozenset({"alarm"}) in kinds for kinds in told.values()))


async def test_a_question_is_answered_or_refused_as_it_would_be_there(tmp_path: Path):
    asked = AskedCommand("key-1", "gw-pier", "ping", "", "ani", T0)

    async def command(wanted: CommandWanted) -> AskedCommand:
        if wanted.gateway == "gw-pier":
            return asked
        said = LocalizedMessage("wait {seconds} s before the next command", seconds=3)
        raise CareRefused("too-many-changes", said, retry_after_s=3)

    async def replay(wanted: ReplayWanted) -> None:
        raise LookupError(f"there is no dead letter {wanted.dead_letter_id}")

    async def fail(_nothing: None) -> None:
        raise ZeroDivisionError

    sides = TwoSides(city(), tmp_path, doers={COMMAND: command, REPLAY: replay, METRICS: fail})
    follower = sides.follower()
    with pytest.raises(IngesterAway, match="no ingester has spoken at"):
        await follower.ask(REPLAY, ReplayWanted(1, ANI))
    async with at_work(sides.teller, follower):
        await until(follower.whole.is_set)
        assert await follower.ask(COMMAND, CommandWanted("gw-pier", "ping", ANI, "")) == asked
        with pytest.raises(LookupError, match="there is no dead letter 17"):
            await follower.ask(REPLAY, ReplayWanted(17, ANI))
        with pytest.raises(CareRefused) as refused:
            await follower.ask(COMMAND, CommandWanted("gw-daruba", "ping", ANI, ""))
        assert (refused.value.kind, refused.value.retry_after_s) == ("too-many-changes", 3)
        with pytest.raises(FailedThere, match="the ingester failed on it with ZeroDivisionError"):
            await follower.ask(METRICS, None)
        assert follower.whole.is_set(), "a fault costs its question alone"
        assert isinstance(refused.value.sentence, LocalizedMessage)
        assert refused.value.sentence.values == {"seconds": 3}


async def simulated(path: Path, *messages: bytes) -> asyncio.Server:
    """An ingester that says these messages to whoever connects, and nothing more."""

    async def say(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for message in messages:
            writer.write(message)
        await writer.drain()

    return await asyncio.start_unix_server(say, path)


async def test_one_thing_that_cannot_be_read_costs_itself_alone(tmp_path: Path):
    shown = memory_of(city(), tmp_path)
    good = msgspec.to_builtins(reading(*SERIES[0], T0))
    delta = Delta(T0, {"readings": raw([good | {"time_ms": "noon"}, good])}, whole=True)
    server = await simulated(tmp_path / "feed.sock", framed(Hello(form_of_the_feed(), 0, 63)), framed(delta))
    async with server, at_work(Follower(tmp_path / "feed.sock", followed_parts(shown))):
        await until(lambda: shown.newest.series(*SERIES[0]))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (framed(Hello(form_of_the_feed() + 1, 0, 63)), "it is of another version"),
        (b"\xff\xff\xff\xff", "a message of 4294967295 bytes was announced"),
        (b"\x00\x00\x00\x01\xc1", "a message could not be read"),
        (framed(Delta(T0, {})), "it is of another version"),
    ],
)
async def test_screens_say_why_they_do_not_follow(said: bytes, why: str, tmp_path: Path):
    now_s = [100.0]
    follower = Follower(tmp_path / "feed.sock", followed_parts(memory_of(city(), tmp_path)), clock_s=lambda: now_s[0])
    server = await simulated(tmp_path / "feed.sock", said)
    async with server, at_work(follower):
        now_s[0] += 60.0
        await until(lambda: why in follower.component().detail)
        assert follower.component().status is Condition.DOWN


async def test_screens_say_how_old_it_is_what_they_show(tmp_path: Path):
    now_s = [100.0]
    sides = TwoSides(city(), tmp_path)
    follower = sides.follower(clock_s=lambda: now_s[0], zone=lambda: "Asia/Jayapura")
    async with at_work(follower):
        async with at_work(sides.teller):
            await until(lambda: follower.component().status is Condition.OK)
        now_s[0] += 12.0
        component = follower.component()
        assert component.status is Condition.DOWN
        assert component.detail.startswith("the ingester has not spoken for 12 s")
        assert "what you see is of " in component.detail
        sides.teller = sides.new_teller()
        async with at_work(sides.teller):
            await until(lambda: follower.component().status is Condition.OK)


async def test_a_socket_that_somebody_took_away_is_made_again(tmp_path: Path):
    sides = TwoSides(city(), tmp_path)
    follower = sides.follower()
    async with at_work(sides.teller, follower):
        await until(follower.whole.is_set)
        sides.path.unlink()
        await until(sides.path.exists)
        sides.told.newest.load([reading(*SERIES[0], T0)])
        await until(lambda: sides.shown.newest.latest())


async def test_a_fault_in_telling_ends_no_ingester(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cloud.feed.teller.RETRY_S", 0.01)
    sides = TwoSides(city(), tmp_path)
    faults = [ZeroDivisionError()]

    def view() -> View:
        if faults:
            raise faults.pop()
        return sides.view

    monkeypatch.setattr(sides.teller, "_read_view", view)
    follower = sides.follower()
    async with at_work(sides.teller, follower):
        await until(follower.whole.is_set)
        assert not faults
