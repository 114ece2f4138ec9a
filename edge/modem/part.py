"""The part of the agent that asks ModemManager, each half minute: readings, what is wrong, what of the plan is used.

poll ─► ModemView, counters ─► samples() with the gateway's own readings      what fails is asked again, ever less often
"""

import asyncio
import logging
from collections.abc import Callable, Iterator

from edge.control.snapshot import ModemNow
from edge.link.quiet_hours import offset_of
from edge.modem import quota
from edge.modem.bus import ModemManagerBus, ModemProblem
from edge.modem.counters import counters_of
from edge.modem.quota import MB, PlanUse
from edge.modem.view import ModemView, problem_of, sms_problem_of
from edge.modem_settings import ModemSettings
from edge.spool.spooler import Spooler
from edge.stamping import Stamper
from firmware_bridge.sample import Sample
from i18n.message import LocalizedMessage
from runtime.backoff import Backoff
from runtime.clock import boot_id
from wire import Clock

LOOK_EVERY_S = 30.0
FRESH_S = 90.0
"""What was seen longer ago is not said as of now."""
STARTS_WITHIN_S = 60.0
"""So long after the agent's start a modem may be missing: it is started with the machine too."""
LOW_PERCENT = 10.0
_KEPT = "modem.plan"
OUR_ERROR = LocalizedMessage("what ModemManager said could not be used, by an error of this agent; its log has more")
_log = logging.getLogger(__name__)


class ModemPart:
    """Asks for the modem."""

    def __init__(
        self, settings: ModemSettings, *, spooler: Spooler, stamper: Stamper, on_change: Callable[[], None],
    ) -> None:  # fmt: skip
        self.bus = ModemManagerBus()
        self._settings, self._spooler, self._boot = settings, spooler, boot_id()
        self._stamper, self._on_change = stamper, on_change
        self._loop = asyncio.get_running_loop()
        self._view: ModemView | None = None
        self._seen_s = float("-inf")
        self._started_s = self._loop.time()
        self._away: LocalizedMessage | None = None
        self._said = ""
        self._use: PlanUse | None = None
        self._written, self._written_s = PlanUse(), float("-inf")

    async def run(self) -> None:
        """Look until cancelled."""
        backoff, failed = Backoff(5.0, 300.0), 0
        while True:
            failed = 0 if await self.poll() else failed + 1
            await asyncio.sleep(backoff.after(failed) if failed else LOOK_EVERY_S)

    async def poll(self) -> bool:
        """Look once; whether ModemManager answered. What it says counts from now on."""
        try:
            view = await self.bus.poll()
            if view is not None:
                await self._count(view)
        except ModemProblem as error:
            self._away = error.problem
        except Exception:
            if self._away is not OUR_ERROR:
                _log.exception("what ModemManager said could not be used")
            self._away = OUR_ERROR
        else:
            self._view, self._away, self._seen_s = view, None, self._loop.time()
        self._say_what_is_wrong()
        return self._away is None

    @property
    def view(self) -> ModemView | None:
        """The modem as it was seen last; None where there is none, or nobody could tell lately."""
        return self._view if self._is_fresh else None

    @property
    def _is_fresh(self) -> bool:
        return self._loop.time() - self._seen_s <= FRESH_S

    @property
    def sms_problem(self) -> LocalizedMessage | None:
        """Why no SMS can go out now; None where one can."""
        return self._away or sms_problem_of(self.view)

    async def _count(self, view: ModemView) -> None:
        bearers = await self.bus.bearers(view)
        owner = await self.bus.owner() if bearers else ""
        before = self._plan_use()
        use = quota.counted(before, counters_of(bearers, boot=self._boot, owner=owner))
        if self._stamper.clock.state is not Clock.UNKNOWN:
            now_ms, zone_min = self._stamper.now_ms(), offset_of(self._settings.zone) or 0
            start_ms = quota.period_start_ms(now_ms, from_day=self._settings.quota_from_day, zone_min=zone_min)
            use = quota.in_period(use, start_ms)
        self._use = use
        is_long_ago = self._loop.time() - self._written_s > quota.WRITE_EVERY_S
        is_much = abs(use.used - self._written.used) > quota.WRITE_EVERY_BYTES
        if use != self._written and (is_long_ago or is_much or use.period_ms != self._written.period_ms):
            self.keep()

    def _plan_use(self) -> PlanUse:
        if self._use is None:  # the file is read after the agent's start
            self._use = self._written = quota.decode_use(self._spooler.spool.kept.get(_KEPT, ""))
        return self._use

    def keep(self) -> None:
        """Write down what was counted."""
        if self._use is not None and self._use != self._written:
            self._written, self._written_s = self._use, self._loop.time()
            self._spooler.record({_KEPT: quota.encode_use(self._use)})

    # --- for the agent

    def samples(self) -> list[Sample]:
        """What the modem says of itself now; nothing where nobody could tell lately."""
        return list(self._samples())

    def _samples(self) -> Iterator[Sample]:
        if not self._is_fresh:
            return
        yield from (self._view or ModemView("")).samples()
        if self._use is not None and self._use.period_ms:
            yield Sample("sim_data_used", round(self._use.used / MB, 1))
            left = self._left_percent
            if left is not None:
                yield Sample("sim_quota_left", left)

    @property
    def _left_percent(self) -> float | None:
        wanted = self._settings.quota_mb
        if wanted is None or self._use is None or not self._use.period_ms:
            return None
        return quota.left_percent(self._use, wanted)

    @property
    def notes(self) -> tuple[str, ...]:
        """What somebody should look at."""
        return tuple(self._notes())

    def _notes(self) -> Iterator[str]:
        problem = self._away or problem_of(self.view)
        if problem is not None and self._loop.time() - self._started_s > STARTS_WITHIN_S:
            yield f"modem: {problem}"
        if self.view is not None and self.view.is_roaming:
            operator = self.view.operator or "another operator"
            yield f"modem: it is roaming in the network of {operator}, which may cost more"
        left = self._left_percent
        if left is not None and left < LOW_PERCENT:
            yield f"modem: {left:g} percent of the plan's {self._settings.quota_mb:g} MB are left in this month"

    def now(self) -> ModemNow:
        """For `status` on site."""
        problem, view, use = self._away or problem_of(self.view), self.view or ModemView(""), self._use
        return ModemNow(
            "" if problem is None else str(problem), view.model, view.operator, view.generation, view.is_roaming,
            view.quality, None if use is None or not use.period_ms else round(use.used / MB, 1), self._left_percent,
        )  # fmt: skip

    def _say_what_is_wrong(self) -> None:
        said = "; ".join(self.notes)
        if said != self._said:
            self._said = said
            _log.log(logging.WARNING if said else logging.INFO, "%s", said or "modem: all is well again")
            self._on_change()
