"""The part of the agent that raises alarms by itself: wires watch, journal and outputs together.

spooler.append ─► judge(readings) ─► watch ─► what must be committed with them, journal
                                       └─► open alarms, the cloud's requests ─► duty of each output ─► drivers

Not loaded by a gateway whose city sends no rules and whose edge.toml names no outputs.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from edge.alarms import weekly_test
from edge.alarms.bound_rules import BoundRules, Key
from edge.alarms.cloud_requests import ALARM, CloudRequest, CloudRequests, read_request
from edge.alarms.duty import Call, OutputDuty
from edge.alarms.journal import AlarmJournal
from edge.alarms.kept_states import KeptStates
from edge.alarms.output import OutputDriver
from edge.alarms.outputs import GatewayOutputs
from edge.alarms.untimed import UntimedAlarms
from edge.alarms.watch import AlarmWatch, Findings, OpenAlarm
from edge.output_settings import OutputSettings
from edge.spool.spooler import Spooler
from edge.stamping import Stamper
from runtime.broker_settings import BrokerSettings
from runtime.clock import boot_ms
from wire import Clock, QuantityTable, Reading
from wire.gateway_command import COMMAND_VERSION, CommandReply, encode_reply
from wire.local_alarms import LocalAlarms, RaisedAlarm

if TYPE_CHECKING:
    from edge.alarms.sms.output import SmsSender, Texted

TURN_S = 1.0
STOP_WITHIN_S = 1.0
MOST_NOTES = 6
_log = logging.getLogger(__name__)


class LocalAlarmsPart:
    """Judges what goes into `spooler`, drives `outputs`; `on_change` is called when there is news for the status."""

    def __init__(
        self,
        *,
        gateway: str,
        outputs: Sequence[OutputSettings],
        broker: BrokerSettings | None,
        spooler: Spooler,
        stamper: Stamper,
        quantities: QuantityTable,
        on_change: Callable[[], None],
        senders: "Callable[[Texted], Sequence[SmsSender]]" = lambda _texted: (),
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._boot, self._started_at = spooler.spool.origin.boot, boot_ms()
        self._spooler, self._stamper, self._quantities = spooler, stamper, quantities
        self._on_change = on_change
        self._said: tuple[str, ...] = ()
        self._running: list[asyncio.Task[None]] = []
        self._watch = AlarmWatch(BoundRules(LocalAlarms(), quantities), {})
        self._outputs = GatewayOutputs(
            outputs, broker, gateway=gateway, now_ms=stamper.now_ms, settled=self._settled,
            senders=senders(self._was_texted),
        )  # fmt: skip
        self._requests = CloudRequests()
        self._in_use = False
        self._recall()

    def _recall(self) -> None:
        """Take over what earlier starts have left: now, or once the disk gives it."""
        kept = self._spooler.spool.kept
        self._recalled = self._spooler.is_open
        self._kept = KeptStates(kept)
        self._journal = AlarmJournal(kept)
        self._untimed = UntimedAlarms(kept, boot=self._boot)
        self._requests.recall(kept, boot=self._boot, now_s=self._loop.time(), now_ms=self._known_ms())
        self._outputs.recall(kept)
        self._known, self._offset_ms = self._is_known(), self._offset_now()

    # --- rules

    def use(self, alarms: LocalAlarms) -> None:
        """Watch by these rules from now on; a state is kept on where its rule is there still."""
        self._outputs.use(alarms)
        rules = BoundRules(alarms, self._quantities, before=self._watch.rules)
        for problem in rules.problems:
            _log.error("%s", problem)
        self._watch = AlarmWatch(rules, {**self._kept.states, **self._watch.states})
        self._in_use = True
        self._follow_the_clock()
        self._keep({**self._kept.forget_others(rules.by_key), **self._written()})
        _log.info("%d rules of the city run here, on %d outputs", len(rules.by_key), len(self._outputs))
        self._assign()
        self._outputs.keep_to_open()

    def judge(self, readings: Sequence[Reading], backlog: bool) -> dict[str, str]:
        """Readings on their way to the spool; what must be committed with them. Neither waits nor fails."""
        if backlog or not self._watch.rules.by_key:
            return {}
        try:
            kept = self._judge(readings)
        except Exception:
            _log.exception("the rules could not be run on %d readings, which are sent all the same", len(readings))
            return {}
        return kept if self._recalled else {}

    def _judge(self, readings: Sequence[Reading]) -> dict[str, str]:
        self._follow_the_clock()
        found = self._watch.observe(readings, now_ms=self._stamper.now_ms())
        kept = self._kept.changes(self._watch.states, found.keys, now_s=self._loop.time())
        if not found.events and not found.reopened:
            return kept
        for bound, event in found.events:
            _log.warning("alarm %s of %s: %s, %g", bound.family, bound.watched.sensor, event.kind.value, event.value)
        self._write_down(found)
        self._assign()
        self._on_change()
        return {**kept, **self._written()}

    def _write_down(self, found: Findings) -> None:
        self._journal.reopen(found.reopened)
        self._journal.apply(found.events)
        self._outputs.end(found.events)
        for identity in found.untimed:
            self._untimed.record(identity, offset_ms=self._offset_ms)

    def _written(self) -> dict[str, str]:
        """What of the alarms must be committed."""
        self._journal.keep_to(self._watch.open_alarms(), now_ms=self._stamper.now_ms())
        journal = self._journal.to_keep()
        self._untimed.keep_to(self._journal.identities)
        return {**journal, **self._untimed.to_keep(), **self._outputs.to_keep()}

    def _keep(self, kept: dict[str, str]) -> None:
        """Let it be committed; not before it is known what the file holds, which this would replace."""
        if self._recalled:
            self._spooler.record(kept)

    # --- what is known late: the time, and what the disk holds

    def poll(self) -> None:
        """What time alone changes: a disk that is there, a clock that is found, requests that expire, due tests."""
        if not self._recalled and self._spooler.is_open:
            self._take_over()
        self._follow_the_clock()
        due_s = self._requests.due_s
        if due_s is not None and due_s <= self._loop.time():
            self._assign()
        now_ms = self._known_ms()
        if now_ms is not None:
            self._outputs.begin_due_tests(self._spooler.spool.kept, now_ms=now_ms)
        self._say_what_is_wrong()

    def _take_over(self) -> None:
        """The disk is there now: what an earlier start had open goes on, beside what this one has raised."""
        journal, untimed = self._journal, self._untimed
        self._recall()
        self._journal.add(journal)
        self._untimed.add(untimed)
        self._watch.recall(self._kept.states)
        self._keep({**self._all_states(), **self._written(), **self._requests.to_keep(boot=self._boot)})
        self._assign()
        self._on_change()

    def _follow_the_clock(self) -> None:
        """When the time is found the times of this start step, and what is open with them."""
        before_known, before_ms = self._known, self._offset_ms
        self._known, self._offset_ms = self._is_known(), self._offset_now()
        if not self._known or not self._in_use:
            return
        shift_ms = 0 if before_known else self._offset_ms - before_ms
        if shift_ms:
            self._watch.move(shift_ms, before_ms=boot_ms() + before_ms)
        if shift_ms or self._untimed:
            began = self._untimed.settle(offset_ms=self._offset_ms, started_ms=self._offset_ms + self._started_at)
            self._watch.reopen(began)
            self._journal.reopen(began, shift_ms=shift_ms)
            self._keep({**self._all_states(), **self._written()})
            self._on_change()

    def _all_states(self) -> dict[str, str]:
        return self._kept.changes(self._watch.states, self._watch.states, now_s=self._loop.time())

    def _is_known(self) -> bool:
        return self._stamper.clock.state is not Clock.UNKNOWN

    def _known_ms(self) -> int | None:
        return self._stamper.now_ms() if self._is_known() else None

    def _offset_now(self) -> int:
        return self._stamper.now_ms() - boot_ms()

    # --- outputs

    async def answer(self, payload: bytes) -> bytes | None:
        """Do what a command asks of the outputs, and answer it; None where it is not for them."""
        request = read_request(payload)
        if request is None or not self._outputs or request.command not in (ALARM, *self._outputs.commands):
            return None
        problem = self._request(request) or await self._outputs.problem_once_settled()
        if problem:
            _log.warning("a request of the cloud to the outputs: %s", problem)
        return encode_reply(CommandReply(COMMAND_VERSION, request.key, ok=not problem, problem=problem[:400]))

    def _request(self, request: CloudRequest) -> str:
        """Do what the cloud asks of the outputs; why not, or empty."""
        if request.test:  # somebody proves the way to the outputs, which needs no sound
            self._outputs.test()
            return ""
        problem = self._requests.apply(request, now_s=self._loop.time(), now_ms=self._known_ms())
        self._keep(self._requests.to_keep(boot=self._boot))
        self._assign()
        return problem

    def _assign(self) -> None:
        """Give each output its duty."""
        alarms = self._watch.open_alarms()
        calls = [call_of(alarm) for alarm in alarms]
        self._outputs.assign(calls + self._requests.calls(now_s=self._loop.time()), alarms)

    def _settled(self, output: str, duty: OutputDuty, problem: str, test: bool) -> None:
        """An output has answered, or has not."""
        self._follow_the_clock()
        now_ms = self._stamper.now_ms()
        if test:
            self._keep(weekly_test.to_keep(output, now_ms))
            _log.log(
                logging.ERROR if problem else logging.INFO, "silent test of %s: %s", output, problem or "it answers"
            )
        called = {call.alarm for call in duty.calls}
        news = False
        for alarm in self._watch.open_alarms():
            if call_of(alarm).alarm in called:
                news = self._journal.sounded(alarm, output, problem, now_ms=now_ms) or news
        if news:
            self._keep(self._written())
            self._on_change()
        self._say_what_is_wrong()

    def _was_texted(self, told: Mapping[Key, int]) -> None:
        """So many people were told of these alarms by SMS."""
        now_ms = self._stamper.now_ms()
        for alarm in self._watch.open_alarms():
            if alarm.bound.key in told:
                self._journal.texted(alarm, told[alarm.bound.key], now_ms=now_ms)
        self._keep(self._written())
        self._on_change()

    # --- for the agent

    @property
    def alarms(self) -> tuple[RaisedAlarm, ...]:
        """For the status: the alarms raised here, the open ones first."""
        return self._journal.alarms

    def open_alarms(self) -> Sequence[OpenAlarm]:
        """Those that are open now."""
        return self._watch.open_alarms()

    @property
    def drivers(self) -> Sequence[OutputDriver]:
        """The outputs, driven."""
        return self._outputs.drivers

    @property
    def senders(self) -> "Sequence[SmsSender]":
        """The outputs that send SMS."""
        return self._outputs.senders

    @property
    def notes(self) -> tuple[str, ...]:
        """What somebody should look at."""
        notes = [*self._watch.rules.problems, *self._watch.notes, *self._outputs.notes]
        return tuple(notes[:MOST_NOTES])

    def _say_what_is_wrong(self) -> None:
        notes = self.notes
        for note in notes:
            if note not in self._said:
                _log.error("%s", note)
        if notes != self._said:
            self._said = notes
            self._on_change()

    async def run(self) -> None:
        """Work until stopped."""
        async with asyncio.TaskGroup() as group:
            self._running = [group.create_task(part) for part in self._parts()]

    def _parts(self) -> Iterator[Coroutine[None, None, None]]:
        yield self._poll()
        yield from self._outputs.parts()

    async def stop(self) -> None:
        """The agent stops: what sounds is silent until it is back. Guards switch off and end with us."""
        self._outputs.silence()
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_WITHIN_S)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(TURN_S)
            self.poll()


def call_of(alarm: OpenAlarm) -> Call:
    """What an alarm wants of the outputs, and its words."""
    bound, level = alarm.bound, alarm.level
    rule, sensor = bound.watched.rule, bound.watched.sensor
    text = {
        "en": f"{level.name}: {rule.title} ({sensor})",
        "id": f"{level.name_id or level.name}: {rule.title_id or rule.title} ({sensor})",
    }
    return Call(level.severity, f"{bound.family}:{sensor}:{alarm.opened_ms}", bound.site, sensor, text)
