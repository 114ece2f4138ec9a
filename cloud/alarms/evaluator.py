"""The rule evaluator: runs the rules on every reading before its gateway may forget it, and on silence as time passes.

RuleInput of what was stored ─► plan ─► write: alarms, events, states in the transaction of the receipts ─► accept
every second: tick ─► silence, rules that ended                start: states from the database, windows from the store

What is in memory is what is committed: whatever fails between, the same readings give the same plan again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence

from sqlalchemy import Connection

from cloud.alarms.evaluation_pass import ANY_MS, EvaluationPass
from cloud.alarms.evaluation_plan import EvaluationPlan, Key
from cloud.alarms.evaluator_health import EvaluatorHealth
from cloud.alarms.evaluator_memory import EvaluatorMemory
from cloud.alarms.event_rows import correct_onset, sync_open, write_events, write_states
from cloud.alarms.left_out import count_left_out
from cloud.alarms.listening_time import ListeningTime
from cloud.alarms.manual_values import ReadManualValues, by_series, no_manual_values
from cloud.alarms.overrulings import write_overrulings
from cloud.alarms.own_sensors import OwnSensors
from cloud.alarms.past_readings import past_of
from cloud.alarms.rule_input import NO_INPUT, RuleInput, WatchedColumn, rule_input_of
from cloud.alarms.silences import await_silences, await_silences_of
from cloud.alarms.state_recovery import inputs_to_replay, read_states, recall_newest
from cloud.core.health import Component
from cloud.database.backoff import wait_s
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.database.lease import LeaseLost
from cloud.readings.blocks import Block
from cloud.readings.contract import ReadingsStore, StoreUnavailable, Verdict
from cloud.readings.newest import Newest
from cloud.rulebook.rule_bindings import RuleBindings
from cloud.rulebook.rule_store import RuleStore
from i18n.message import sentence_of
from rules.overruling import COUNTS_FOR_MS
from runtime.backoff import retry
from runtime.clock import wall_ms
from wire.local_alarms import RaisedAlarm
from wire.topics import SHARDS

TICK_S = 1.0
REFRESH_TICKS = 2
"""How many ticks until the rules are read again, for what other processes wrote."""
GRACE_MS = 30_000
"""How long silence means nothing after nothing could be heard, where the settings do not say."""
SILENCES_A_TICK = 2_000
"""Silences looked at in one tick, some 50 ms: the rest waits for the next."""
OPEN_A_TICK = 500
"""Open alarms looked at in one tick, in turn: all of them each second while there are no more."""

_log = logging.getLogger(__name__)


class RuleEvaluator:
    """Evaluates the rules of `rule_store` on the sensors of `shards`.

    `on_change` is called after something has happened. `can_receive` says whether readings can come in at all,
    `last_packet_s` when the broker's last packet came: silence counts the time in which `listening_time` says that we
    listened. `check_lease` raises LeaseLost in a transaction that another process may write now. Nothing is seen of the
    `rejected_series`. `manual_values` reads what people have read, which counts where its sensor is doubted or silent.
    """

    def __init__(
        self,
        *,
        database: Database,
        rule_store: RuleStore,
        newest: Newest,
        store: ReadingsStore,
        shards: range = range(SHARDS),
        can_receive: Callable[[], bool] = lambda: True,
        last_packet_s: Callable[[], float | None] = lambda: None,
        listening_time: ListeningTime | None = None,
        on_change: Callable[[], None] = lambda: None,
        check_lease: Callable[[Connection], None] = lambda _connection: None,
        rejected_series: Callable[[], Collection[tuple[str, str]]] = frozenset,
        manual_values: ReadManualValues = no_manual_values,
        clock: Callable[[], int] = wall_ms,
    ) -> None:
        self.turn = asyncio.Lock()
        """Held from a plan until it is accepted or given up."""
        self.own = OwnSensors(rule_store.targets, shards)
        self.on_change = on_change
        self.listening_time = listening_time or ListeningTime(grace_ms=GRACE_MS)
        self._database = database
        self._rule_store = rule_store
        self._newest = newest
        self._store = store
        self._can_receive = can_receive
        self._last_packet_s = last_packet_s
        self._check_lease = check_lease
        self._rejected_series = rejected_series
        self._manual_values = manual_values
        self._clock = clock
        self._bindings = RuleBindings(rule_store)
        self._memory = EvaluatorMemory()
        self._edition = rule_store.edition
        self._health = EvaluatorHealth()

    def input_of(self, blocks: Iterable[Block], *, measured: bool = True) -> RuleInput:
        """Pick what the rules look at of readings that are to be stored; Siaga computes what is not `measured`."""
        self._bindings.refresh()
        return rule_input_of(blocks, self._bindings.quantities, measured=measured)

    def plan(self, rule_inputs: Iterable[RuleInput], *, now_ms: int, live: bool = True) -> EvaluationPlan:
        """What readings mean, without changing anything yet; in your `turn`.

        State with times ahead of now is of a wrong clock: readings that come `live` replace it.
        """
        latest_ms = self._newest.latest_ms() if live else ANY_MS
        found = self._new_pass(now_ms, self.listening_time.listened_when_heard_ms(), latest_ms=latest_ms)
        found.apply(rule_inputs)
        plan = found.plan()
        for fault in plan.faults:
            self._health.report_fault(fault)
        return plan

    def plan_adoption(self, raised: Iterable[RaisedAlarm], *, heard_ms: int, now_ms: int) -> EvaluationPlan:
        """What alarms mean that their gateway raised by itself, and judged until `heard_ms` (UTC); in your `turn`."""
        found = self._new_pass(now_ms, self.listening_time.listened_when_heard_ms())
        for alarm in raised:
            found.adopt(alarm, heard_ms=heard_ms)
        return found.plan()

    def write(self, connection: Connection, plan: EvaluationPlan, *, now_ms: int) -> int:
        """Keep a plan, in the transaction of `connection`; how many events of it are new."""
        for (sensor, family), correction in plan.onset_corrections.items():
            correct_onset(connection, family, sensor, correction)
        new = write_events(connection, plan.records, now_ms=now_ms)
        write_overrulings(connection, plan.overrulings)
        reported = {record.key for record in plan.records} | plan.onset_corrections.keys()
        kept = [(family, sensor, plan.states[sensor, family]) for sensor, family in plan.kept]
        sync_open(connection, [each for each in kept if (each[1], each[0]) in reported])
        write_states(connection, kept, now_ms=now_ms)
        return new

    def accept(self, plan: EvaluationPlan) -> None:
        """Take a plan into memory after its commit, and call `on_change` where it has events."""
        self._memory.accept(plan)
        if plan.records:
            self.on_change()

    def not_judged(self, rule_input: RuleInput) -> dict[tuple[str, str], int]:
        """How many readings of each series (sensor, quantity) the rules of now leave out, for the marks that they bear.

        A series of which most is left out is watched by nobody.
        """
        return count_left_out(rule_input, self._bindings, now_ms=self._clock())

    async def observe(self, rule_inputs: Iterable[RuleInput], *, live: bool = False) -> None:
        """Evaluate readings that were stored outside of ingest, in a transaction of their own.

        `live`: they are of now. DatabaseUnavailable: nothing of it was evaluated.
        """
        wanted = [each for each in rule_inputs if each is not NO_INPUT]
        if wanted:
            now = self._clock()
            async with self.turn:
                await self._commit(self.plan(wanted, now_ms=now, live=live), now)

    async def observe_past(self, columns: Iterable[WatchedColumn]) -> None:
        """Evaluate readings of long ago: rules that have gone on since see them as late, and others not at all."""
        past = past_of(columns, self._memory.states, self._bindings)
        await self.observe([RuleInput((column,)) for column in past])

    async def reevaluate(self, verdicts: Sequence[Verdict]) -> None:
        """Apply later verdicts on readings, in a transaction of their own.

        DatabaseUnavailable: none was applied.
        """
        now = self._clock()
        async with self.turn:
            found = self._new_pass(now, self.listening_time.listened_when_heard_ms())
            found.reevaluate(verdicts)
            await self._commit(found.plan(), now)

    async def observe_derived(self, blocks: Iterable[Block]) -> None:
        """Evaluate blocks of derived series, stored outside of ingest, however long the database takes."""
        rule_input = self.input_of(blocks, measured=False)
        await self._until_done(lambda: self.observe([rule_input], live=True))

    async def start(self) -> None:
        """Load the state from before the restart, waiting for the database and the store as long as it takes."""
        await self._until_done(self._recover)

    async def _until_done(self, act: Callable[[], Awaitable[None]]) -> None:
        await retry(
            act,
            passing=(DatabaseUnavailable, StoreUnavailable),
            wait_s=wait_s,
            on_failure=self._health.report_wait,
        )

    async def _recover(self) -> None:
        states = await self._database.run(read_states)
        own = {key: state for key, state in states.items() if self.own.has(key[0])}
        self._memory.accept(EvaluationPlan({key: state for key, (state, _) in own.items()}, (), (), {}, {}))
        recall_newest(self._memory, self._newest, listened_ms=self.listening_time.listened_ms())
        self._await_silences()
        await self.read_manual_values()
        kept_ms = {key: time_ms for key, (_, time_ms) in own.items()}
        sensors, now_ms, latest_ms = self.own.ids(), self._clock(), self._newest.latest_ms()
        async for rule_inputs in inputs_to_replay(
            self._bindings, self._memory, self._store, kept_ms, sensors, now_ms, latest_ms
        ):
            await self.observe(rule_inputs)

    async def run(self) -> None:
        """Work until cancelled, after `start`."""
        ticks = 0
        while True:
            await asyncio.sleep(TICK_S)
            ticks += 1
            try:
                if ticks % REFRESH_TICKS == 0:
                    await self._rule_store.refresh()
                    await self.read_manual_values()
                await self.tick()
            except DatabaseUnavailable as error:
                self._health.report(sentence_of(error))
            except LeaseLost:
                raise
            except Exception as error:
                _log.exception("a tick of the evaluator failed in a way that nobody foresaw; the next one tries again")
                self._health.report_failure(error)
            else:
                self._health.report("")

    async def tick(self) -> None:
        """Apply the time that has passed: to open alarms, and to sensors whose silence is due."""
        now = self._clock()
        if self._rule_store.edition != self._edition:
            changed = self._rule_store.changed_since(self._edition)
            self._edition = self._rule_store.edition
            self._await_silences(changed)
        self.listening_time.tick(listening=self._can_receive(), last_packet_s=self._last_packet_s())
        is_listening, listened_ms = self.listening_time.is_listening, self.listening_time.listened_ms()
        async with self.turn:
            silent = self._memory.overdue(listened_ms, most=SILENCES_A_TICK) if is_listening else []
            await self._check_silences(silent, {*silent, *self._open_keys(is_listening)}, now, listened_ms)

    async def _check_silences(self, silent: Sequence[Key], keys: Collection[Key], now: int, listened_ms: int) -> None:
        """Look at `keys`; where that could not be committed the `silent` of them are looked at again."""
        found = self._new_pass(now, listened_ms)
        again = {key: found.check_silence(key) for key in keys}
        found.overrule(is_listening=self.listening_time.is_listening)
        try:
            await self._commit(found.plan(), now)
        except BaseException:
            again = dict.fromkeys(silent, listened_ms)
            raise
        finally:
            for key in silent:
                due_ms = again[key]
                if due_ms is not None:
                    self._memory.wait_for(key, due_ms)

    async def read_manual_values(self) -> None:
        """Read what people have entered or withdrawn within the hour; it counts from the next tick or reading on."""
        since_ms = self._clock() - COUNTS_FOR_MS
        values = await self._database.run(lambda connection: self._manual_values(connection, since_ms))
        self._memory.manual_values = by_series(values, self.own.has)

    def component(self) -> Component:
        """How evaluating the rules is doing."""
        blind = [each for each in self._rejected_series() if each[1] in self._bindings.quantities(each[0])]
        return self._health.component(
            blind, families=len(self._rule_store.families()), open_alarms=self._memory.count_alarms()
        )

    def _open_keys(self, is_listening: bool) -> list[Key]:
        """The open alarms whose turn it is: while nothing can come in only those whose rule has ended."""
        keys = self._memory.next_open(OPEN_A_TICK)
        if is_listening:
            return list(keys)
        now = self._clock()
        return [key for key in keys if self._bindings.at(*key, now) is None]

    def _new_pass(self, now: int, listened_ms: int, *, latest_ms: int = ANY_MS) -> EvaluationPass:
        memory, bindings, targets = self._memory, self._bindings, self._rule_store.targets
        return EvaluationPass(memory, bindings, targets, now_ms=now, listened_ms=listened_ms, latest_ms=latest_ms)

    async def _commit(self, plan: EvaluationPlan, now: int) -> None:
        def write(connection: Connection) -> None:
            self._check_lease(connection)
            self.write(connection, plan, now_ms=now)

        if not plan.is_empty:
            await self._database.run(write)
        self.accept(plan)

    def _await_silences(self, changed: Iterable[str] | None = None) -> None:
        """Wait for the silences of the sensors that have `changed`; None: of all."""
        listened_ms = self.listening_time.listened_ms()
        own = self.own.ids() if changed is None else [name for name in changed if self.own.has(name)]
        act = await_silences if changed is None else await_silences_of
        act(self._memory, self._bindings, own, listened_ms=listened_ms)
