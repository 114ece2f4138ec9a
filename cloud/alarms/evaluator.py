"""The watch: every reading past the rules, before the gateway may forget it; and the clock past those that are silent.

cargo of what was stored ─► plan ─► write: alarms, events, states in the transaction of the receipts ─► accept ─► nudge
every second: tick ─► silence, rules that ended                start: states from the database, windows from the store

What is in memory is what is committed: whatever fails between, the same readings give the same plan again.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec
from sqlalchemy import Connection, select

from cloud.alarms.evaluation_pass import (
    ANY_MS,
    EvaluationPass,
    EvaluationPlan,
    EvaluatorMemory,
    Key,
    heard_as,
    silent_after_ms,
)
from cloud.alarms.event_rows import move_alarm, sync_open, write_news, write_states
from cloud.alarms.listening_time import Hearing
from cloud.alarms.rule_input import NO_CARGO, RuleInput, WatchedColumn, cargo_of
from cloud.alarms.state_recovery import warm
from cloud.alarms.tables import AlarmStateRow
from cloud.core.health import Component, Condition
from cloud.core.series import in_words
from cloud.database.backoff import wait_s
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.database.lease import LeaseLost
from cloud.readings.blocks import Block
from cloud.readings.contract import ReadingsStore, StoreUnavailable, Verdict
from cloud.readings.newest import Newest
from cloud.rulebook.rule_bindings import HEARD, RuleBindings
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.rule_targets import is_derived
from rules.engine import Other, Phase, RuleState, decode_state
from rules.marks import NOT_BELIEVED, Mark
from runtime.clock import wall_ms
from wire.topics import SHARDS, shard_of

BEAT_S = 1.0
REFRESH_BEATS = 2
"""How many beats until the book is looked at again for what other processes wrote."""
GRACE_MS = 30_000
"""How long after we were deaf silence means nothing yet, where the settings do not say."""
LOOKS_A_BEAT = 2_000
"""Silences looked at in one beat, some 50 ms: the rest waits for the next."""

_ALL_MARKS_BUT = ~int(Mark.BACKFILL | Mark.SPIKE)
"""A backlog is judged, and a spike is left out as it should be: neither says that rules see nothing."""

_log = logging.getLogger(__name__)


class RuleEvaluator:
    """Evaluates the rules of `book` on the sensors of `shards`.

    `nudge` is called after something has happened. `listening` says whether readings can come in at all, `word`
    changes with every packet of the broker: silence counts the time in which `hearing` says that we listened.
    """

    def __init__(
        self,
        *,
        database: Database,
        book: RuleStore,
        newest: Newest,
        store: ReadingsStore,
        shards: range = range(SHARDS),
        listening: Callable[[], bool] = lambda: True,
        word: Callable[[], float | None] = lambda: None,
        hearing: Hearing | None = None,
        nudge: Callable[[], None] = lambda: None,
        confirm: Callable[[Connection], None] = lambda _connection: None,
        refused: Callable[[], Collection[tuple[str, str]]] = frozenset,
        clock: Callable[[], int] = wall_ms,
    ) -> None:
        self.turn = asyncio.Lock()
        """Held from a plan until it is accepted or given up."""
        self.nudge = nudge
        self.hearing = hearing or Hearing(grace_ms=GRACE_MS)
        self._database = database
        self._book = book
        self._newest = newest
        self._store = store
        self._shards = shards
        self._listening = listening
        self._word = word
        self._confirm = confirm
        self._refused = refused
        self._clock = clock
        self._posts = RuleBindings(book)
        self._memory = EvaluatorMemory()
        self._edition = book.edition
        self._problem = ""
        self._fault = ""

    def cargo(self, blocks: Iterable[Block], *, measured: bool = True) -> RuleInput:
        """What the rules want to know of readings that are to be stored; Siaga computes what is not `measured`."""
        self._posts.look()
        return cargo_of(blocks, self._posts.quantities, measured=measured)

    def plan(self, cargos: Iterable[RuleInput], *, now_ms: int, live: bool = True) -> EvaluationPlan:
        """What readings mean, without changing anything yet; in your `turn`.

        What is remembered of later than now gives way to those that come `live`.
        """
        latest_ms = self._newest.latest_ms() if live else ANY_MS
        found = self._round(now_ms, self.hearing.heard_ms(), latest_ms=latest_ms)
        found.take(cargos)
        plan = found.plan()
        for fault in plan.faults:
            self._fault = (
                f"the rules on {fault.quantity} of sensor {fault.sensor} fail with {type(fault.error).__name__}"
            )
            _log.error("%s; its readings are kept all the same", self._fault, exc_info=fault.error)
        return plan

    def write(self, connection: Connection, plan: EvaluationPlan, *, now_ms: int) -> int:
        """Keep a plan, in the transaction of `connection`; how many events of it are new."""
        for (sensor, family), move in plan.moves.items():
            move_alarm(connection, family, sensor, move)
        new = write_news(connection, plan.news, now_ms=now_ms)
        told = {(news.sensor.id, news.post.family) for news in plan.news} | plan.moves.keys()
        kept = [(family, sensor, plan.states[sensor, family]) for sensor, family in plan.kept]
        sync_open(connection, [each for each in kept if (each[1], each[0]) in told])
        write_states(connection, kept, now_ms=now_ms)
        return new

    def accept(self, plan: EvaluationPlan) -> None:
        """Take a plan into memory after its commit, and tell whoever brings the news."""
        self._memory.accept(plan)
        if plan.news:
            self.nudge()

    def not_judged(self, cargo: RuleInput) -> dict[tuple[str, str], int]:
        """How many readings of each series (sensor, quantity) the rules of now leave out, for the marks that they bear.

        A series of which most is left out is watched by nobody.
        """
        found: dict[tuple[str, str], int] = {}
        for column in cargo.columns:
            if column.marks & _ALL_MARKS_BUT and self._leaves_out(column):
                series = (column.sensor, column.quantity)
                found[series] = found.get(series, 0) + len(column.times_ms)
        return found

    def _leaves_out(self, column: WatchedColumn) -> bool:
        now = self._clock()
        spans = [span for span in self._posts.spans(column.sensor) if span.since_ms <= now]
        return any(
            post.watched.rule.quantity == column.quantity and post.watched.leaves_out(column.marks & _ALL_MARKS_BUT)
            for span in spans[-1:]
            for post in span.posts
        )

    async def observe(self, cargos: Iterable[RuleInput], *, live: bool = False) -> None:
        """Evaluate readings that were stored outside of ingest, in a transaction of their own.

        `live`: they are of now. DatabaseUnavailable: nothing of it was evaluated.
        """
        wanted = [cargo for cargo in cargos if cargo is not NO_CARGO]
        if wanted:
            now = self._clock()
            async with self.turn:
                await self._commit(self.plan(wanted, now_ms=now, live=live), now)

    async def judge_anew(self, verdicts: Sequence[Verdict]) -> None:
        """Let the rules hear of later verdicts on readings, in a transaction of their own.

        DatabaseUnavailable: nothing of it was heard.
        """
        now = self._clock()
        async with self.turn:
            found = self._round(now, self.hearing.heard_ms())
            found.judge_anew(verdicts)
            await self._commit(found.plan(), now)

    async def see(self, blocks: Iterable[Block]) -> None:
        """Evaluate blocks that were stored outside of ingest, derived series, however long the database takes."""
        cargo, attempt = self.cargo(blocks, measured=False), 0
        while True:
            try:
                return await self.observe([cargo], live=True)
            except DatabaseUnavailable as error:
                attempt += 1
                self._note(f"{error}; alarms wait for it")
                await asyncio.sleep(wait_s(error, attempt))

    async def start(self) -> None:
        """Know what was known before the restart, however long the database and the store take to say it."""
        attempt = 0
        while True:
            try:
                return await self._remember()
            except (DatabaseUnavailable, StoreUnavailable) as error:
                attempt += 1
                self._note(f"{error}; alarms wait for it")
                await asyncio.sleep(wait_s(error, attempt))

    async def _remember(self) -> None:
        states = await self._database.run(_read_states)
        own = {key: state for key, state in states.items() if self._is_own(key[0])}
        self._memory.accept(EvaluationPlan({key: state for key, (state, _) in own.items()}, (), (), {}, {}))
        self._know_newest()
        self._arm()
        needs = {key: time_ms for key, (_, time_ms) in own.items()}
        sensors, now_ms, latest_ms = self._own_sensors(), self._clock(), self._newest.latest_ms()
        async for cargos in warm(self._posts, self._memory, self._store, needs, sensors, now_ms, latest_ms):
            await self.observe(cargos)

    async def run(self) -> None:
        """Work until cancelled, after `start`."""
        beats = 0
        while True:
            await asyncio.sleep(BEAT_S)
            beats += 1
            try:
                if beats % REFRESH_BEATS == 0:
                    await self._book.refresh()
                await self.beat()
            except DatabaseUnavailable as error:
                self._note(str(error))
            except LeaseLost:
                raise
            except Exception as error:
                _log.exception("a beat of the watch failed in a way that nobody foresaw; the next one tries again")
                self._note(f"the watch failed with {type(error).__name__}; its log has the details")
            else:
                self._note("")

    async def beat(self) -> None:
        """Let time pass: for open alarms, and for those whose silence is due."""
        now = self._clock()
        if self._book.edition != self._edition:
            self._edition = self._book.edition
            self._arm()
        self.hearing.beat(listening=self._listening(), word=self._word())
        hears, listened_ms = self.hearing.hears, self.hearing.now_ms()
        async with self.turn:
            found = self._round(now, listened_ms)
            silent = self._memory.overdue(listened_ms, most=LOOKS_A_BEAT) if hears else []
            again = {key: found.look_at(key) for key in {*silent, *self._to_look_at(hears)}}
            try:
                await self._commit(found.plan(), now)
            except BaseException:
                again = dict.fromkeys(silent, listened_ms)
                raise
            finally:
                for key, due_ms in again.items():
                    if due_ms is not None and key in silent:
                        self._memory.wait_for(key, due_ms)

    def component(self) -> Component:
        """How the watch is doing."""
        if self._problem or self._fault:
            return Component(Condition.DEGRADED, self._problem or f"{self._fault}; the log has the details")
        blind = [each for each in self._refused() if each[1] in self._posts.quantities(each[0])]
        if blind:
            said = f"rules see nothing of {in_words(blind)}: the readings are refused, or left out for their marks"
            return Component(Condition.DEGRADED, said)
        count = sum(
            state.phase is not Phase.PENDING for state in map(self._memory.states.get, self._memory.open) if state
        )
        return Component(Condition.OK, f"families of rules: {len(self._book.families())}, open alarms: {count}")

    def _to_look_at(self, hears: bool) -> list[Key]:
        """Open alarms: while nothing can come in only those whose rule has ended."""
        if hears:
            return list(self._memory.open)
        now = self._clock()
        return [key for key in self._memory.open if self._posts.at(*key, now) is None]

    def _round(self, now: int, listened_ms: int, *, latest_ms: int = ANY_MS) -> EvaluationPass:
        memory, posts, things = self._memory, self._posts, self._book.things
        return EvaluationPass(memory, posts, things, now_ms=now, listened_ms=listened_ms, latest_ms=latest_ms)

    async def _commit(self, plan: EvaluationPlan, now: int) -> None:
        def write(connection: Connection) -> None:
            self._confirm(connection)
            self.write(connection, plan, now_ms=now)

        if not plan.is_empty:
            await self._database.run(write)
        self.accept(plan)

    def _arm(self) -> None:
        """Wait for the silence of every sensor that a rule asks it of."""
        self._memory.due.clear()
        now_ms = self.hearing.now_ms()
        for sensor in self._own_sensors():
            for span in self._posts.spans(sensor)[-1:]:
                for post in span.posts:
                    if not post.is_silence:
                        continue
                    due_ms = silent_after_ms(post.watched)
                    if due_ms is not None:
                        heard_ms = self._memory.heard_after_ms.get((sensor, heard_as(post)), now_ms)
                        self._memory.wait_for((sensor, post.family), heard_ms + due_ms)

    def _know_newest(self) -> None:
        """What the store remembers: when each sensor was heard, and the second sensors' values."""
        for reading in self._newest.latest():
            heard_as = (reading.quantity,) if is_derived(reading.quantity) else (reading.quantity, HEARD)
            for quantity in heard_as:
                series = (reading.sensor, quantity)
                self._memory.heard_ms[series] = max(reading.time_ms, self._memory.heard_ms.get(series, 0))
            if not reading.marks & NOT_BELIEVED:
                self._memory.others[reading.sensor, reading.quantity] = (Other(reading.time_ms, reading.value),)
        # before this start somebody listened until the newest reading of all: that time counts, and none after it
        last_ms = max(self._memory.heard_ms.values(), default=0)
        listened_ms = self.hearing.now_ms()
        for series, heard_ms in self._memory.heard_ms.items():
            self._memory.heard_after_ms[series] = listened_ms - (last_ms - heard_ms)

    def takes(self, gateway: str) -> bool:
        """Whether the rules on a gateway's readings are this process's to judge."""
        return shard_of(gateway) in self._shards

    def _own_sensors(self) -> list[str]:
        return [sensor.id for sensor in self._book.things.all() if self._is_own(sensor.id)]

    def _is_own(self, sensor_id: str) -> bool:
        sensor = self._book.things.get(sensor_id)
        return sensor is not None and self.takes(sensor.gateway)

    def _note(self, problem: str) -> None:
        if problem and problem != self._problem:
            _log.warning("%s", problem)
        self._problem = problem


def _read_states(connection: Connection) -> dict[Key, tuple[RuleState, int]]:
    found: dict[Key, tuple[RuleState, int]] = {}
    query = select(AlarmStateRow.sensor, AlarmStateRow.family, AlarmStateRow.time_ms, AlarmStateRow.body)
    for sensor, family, time_ms, body in connection.execute(query):
        try:
            found[sensor, family] = (decode_state(body), time_ms)
        except msgspec.DecodeError:
            _log.warning("the state of %s on %s is of another version of Siaga; it begins anew", family, sensor)
    return found
