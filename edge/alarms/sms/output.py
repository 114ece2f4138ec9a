"""An output of the kind sms: sends what must be told, again until it went out, and never twice.

needs ─► create ─► path written down ─► Send ─► told written down ─► deleted
            killed between the last three: the path is asked for its state      no answer: again, ever less often
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from edge.alarms.bound_rules import Key
from edge.alarms.sms.allowance import SmsAllowance
from edge.alarms.sms.journal import NeededLine, SmsJournal, SmsUnderWay
from edge.alarms.sms.text import line_of, over_line_of, sms_of
from edge.alarms.watch import LocalEvent, OpenAlarm
from edge.modem.bus import SENDING, SENT, ModemProblem
from edge.output_settings import SmsOutput
from edge.phone_number import cut_number
from i18n.catalog import catalog_of
from rules.events import EventKind
from rules.rule import Severity
from runtime.backoff import Backoff
from runtime.clock import boot_id, boot_s

if TYPE_CHECKING:
    from edge.modem.part import ModemPart
    from edge.spool.spooler import Spooler

Texted = Callable[[Mapping[Key, int]], None]
TURN_S = 1.0
WRITTEN_WITHIN_S = 3.0
"""A disk that takes nothing holds no warning up for longer."""
GIVEN_UP_S = 6 * 3_600.0
_AGAIN = Backoff(10.0, 600.0)
_log = logging.getLogger(__name__)


class SmsSender:
    """Tells the numbers of `settings`; `texted` is called with how many people have been told of which alarms.

    `proved_s` is when (on the loop's clock) the newest batch was sent that the cloud has acknowledged; `hasten` sends
    what is being gathered on a metered link, since first of all the cloud should have it.
    """

    def __init__(
        self, settings: SmsOutput, *, gateway: str, modem: "ModemPart", spooler: "Spooler",
        proved_s: Callable[[], float], hasten: Callable[[], None], is_time_known: Callable[[], bool], texted: Texted,
    ) -> None:  # fmt: skip
        self.name = settings.name
        self.problem = ""
        self.sent = self.given_up = 0
        self._settings, self._gateway = settings, gateway
        self._modem, self._spooler = modem, spooler
        self._proved_s, self._hasten = proved_s, hasten
        self._is_time_known, self._texted = is_time_known, texted
        self._loop = asyncio.get_running_loop()
        self._words = catalog_of(settings.language)
        self._journal = SmsJournal(f"alarms.sms {settings.name}", settings.to)
        self._allowance = SmsAllowance(settings.an_hour, {}, boot=boot_id())
        self._failed: dict[str, int] = {}
        self._again_s: dict[str, float] = {}
        self._wake = asyncio.Event()

    # --- what happens to alarms

    def recall(self, kept: Mapping[str, str]) -> None:
        """Take over what an earlier start has left."""
        tokens = self._journal.recall(kept)
        self._allowance = SmsAllowance(self._settings.an_hour, tokens | self._allowance.tokens, boot=boot_id())
        self._wake.set()

    def to_keep(self) -> dict[str, str]:
        """What must be committed with the alarms."""
        return self._journal.to_keep(self._allowance.tokens)

    def end(self, events: Sequence[LocalEvent]) -> None:
        """Some of these alarms are over."""
        for each in events:
            was_none = each.event.kind is EventKind.WITHDRAWN and each.event.undone is EventKind.RAISED
            if each.event.kind is EventKind.CLOSED or was_none:
                line = over_line_of(each, self._words, is_time_known=self._is_time_known())
                self._journal.end(each.bound.key, line, now_s=self._loop.time())
                self._wake.set()

    def hold(self, alarms: Sequence[OpenAlarm], from_severity: Severity) -> None:
        """These alarms are open; people are told of those from `from_severity` on."""
        standing = {
            each.bound.key: (each.level.severity.rank, line_of(each, self._words, is_time_known=self._is_time_known()))
            for each in alarms
        }
        if self._journal.hold(standing, from_rank=from_severity.rank, now_s=self._loop.time()):
            self._wake.set()

    def keep_to_open(self) -> None:
        """The rules have changed: what none of them holds open any more is told to nobody."""
        self._journal.keep_to_open()

    # --- sending

    async def run(self) -> None:
        """Send without end; while nobody must be told anything, nothing is done."""
        while True:
            self._wake.clear()
            if self._journal.waiting:
                self._hasten()
                await self._send_all()
            timeout_s = TURN_S if self._journal.waiting else None
            try:
                async with asyncio.timeout(timeout_s):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _send_all(self) -> None:
        self._journal.leave_to_the_cloud(self._proved_s())
        for number in self._settings.to:
            if self._loop.time() < self._again_s.get(number, 0.0):
                continue
            try:
                await self._resume(number)
                await self._tell(number)
            except ModemProblem as error:
                self._fail(number, str(error.problem))
            except Exception as error:
                _log.exception("an SMS could not be sent, by an error of this agent")
                self._fail(number, f"an error of this agent ({type(error).__name__}); its log has more")

    async def _resume(self, number: str) -> None:
        """What was under way when the agent was killed, or gave no answer: whether it went out."""
        sms = self._journal.under_way.get(number)
        if sms is None:
            return
        state = await self._modem.bus.state_of(sms.path, number, sms.text)
        if state == SENT:
            await self._was_sent(number, sms)
        elif state != SENDING:
            self._journal.drop(number)
            if state is not None:
                self._allowance.give_back(number, now_s=boot_s())
                await self._delete(sms.path)

    async def _tell(self, number: str) -> None:
        now_s = self._loop.time()
        needs = self._journal.needs(number, now_s=now_s, after_s=self._settings.after_s)
        late = [need for need in needs if now_s - need.since_s > GIVEN_UP_S]
        if late:
            self._give_up(number, late)
        needs = [need for need in needs if need not in late]
        if not needs or not self._allowance.has_one(number, now_s=boot_s()):
            return
        if self._modem.sms_problem is not None:
            await self._modem.poll()  # now it matters: what was wrong may be over
        problem, view = self._modem.sms_problem, self._modem.view
        if problem is not None or view is None:
            self._fail(number, str(problem))
            return
        text = sms_of(
            [need.alarm.line for need in needs], self._gateway, self._words, is_link_down=self._is_link_down(needs)
        )
        path = await self._modem.bus.create(view, number, text)
        covers = tuple((*need.alarm.key, need.alarm.rank) for need in needs)
        sms = SmsUnderWay(path, text, covers)
        self._journal.begin(number, sms)
        self._allowance.use_one(number, now_s=boot_s())
        await self._write_down()
        await self._modem.bus.send(path)
        await self._was_sent(number, sms)

    def _is_link_down(self, needs: Sequence[NeededLine]) -> bool:
        return all(self._proved_s() < need.since_s for need in needs)

    async def _was_sent(self, number: str, sms: SmsUnderWay) -> None:
        self.sent += 1
        self.problem = ""
        self._failed.pop(number, None)
        _log.warning("SMS to %s: %s", cut_number(number), sms.text)
        opened = self._journal.sent(number)
        if opened:
            self._texted({key: len(self._journal.alarms[key].told) for key in opened})
        await self._write_down()
        await self._delete(sms.path)

    async def _delete(self, path: str) -> None:
        view = self._modem.view
        if view is not None:
            with contextlib.suppress(ModemProblem):  # it takes a place, and no more
                await self._modem.bus.forget(view, path)

    def _fail(self, number: str, problem: str) -> None:
        if problem != self.problem:
            _log.error("SMS to %s: %s", cut_number(number), problem)
        self.problem = problem
        self._failed[number] = self._failed.get(number, 0) + 1
        self._again_s[number] = self._loop.time() + _AGAIN.after(self._failed[number])

    def _give_up(self, number: str, late: Sequence[NeededLine]) -> None:
        self.given_up += 1
        self._journal.give_up(number, late)
        _log.error("SMS to %s given up after %.0f h: %s", cut_number(number), GIVEN_UP_S / 3_600, self.problem)

    async def _write_down(self) -> None:
        try:
            async with asyncio.timeout(WRITTEN_WITHIN_S):
                await self._spooler.keep(self.to_keep())
        except TimeoutError:
            _log.error("the disk is too slow to write down an SMS; after a restart it may be sent again")

    # --- for the status

    @property
    def waiting(self) -> int:
        """How many people must still be told something."""
        return self._journal.waiting

    @property
    def note(self) -> str:
        """What somebody should look at."""
        if self.problem and self.waiting:
            return f"output {self.name}: {self.waiting} people are not told yet: {self.problem}"
        if self.given_up:
            hours = GIVEN_UP_S / 3_600
            return f"output {self.name}: {self.given_up} SMS were given up after {hours:.0f} h: {self.problem}"
        return ""
