"""What few gateways have, each loaded when wanted:  interfaces, Home Assistant, a light, a page, modem, power, alarms.

settings.uplink.via ─► ways      home_assistant ─► the outlet      indicator ─► a light      page ─► the page      modem
settings.power ─► what is done when the power goes
settings.outputs, or rules of the city ─► local alarms
"""

from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import TYPE_CHECKING

from edge.check import CheckedSettings
from edge.control.requests import RunningAgent
from edge.output_settings import SmsOutput
from edge.settings import table_of
from wire import Clock, LastWord
from wire.local_alarms import RaisedAlarm

if TYPE_CHECKING:
    from edge.alarms.local_alarms import LocalAlarmsPart
    from edge.alarms.sms.output import SmsSender, Texted
    from edge.home_assistant.outlet import HomeAssistantOutlet
    from edge.link.way_changes import WayChanges
    from edge.modem.part import ModemPart
    from edge.page.status_page import StatusPage
    from edge.power.part import PowerPart

_Start = Callable[[Coroutine[None, None, None]], None]


class OptionalParts:
    """Those that the settings of `agent` want; `start` runs one that comes up later, `changed` hears of news."""

    def __init__(self, agent: RunningAgent, *, start: _Start, changed: Callable[[], None]) -> None:
        self._agent = agent
        self._start = start
        self._on_change = changed
        self.local_alarms: LocalAlarmsPart | None = None
        """The part that raises alarms by itself, once somebody wants it."""
        self._ways = self._way_changes()
        self._home = self._outlet()
        self._page = self._status_page()
        self.modem = self._modem_part()
        """What asks for the modem."""
        self._power = self._power_part()

    def run(self) -> Iterator[Coroutine[None, None, None]]:
        """What runs of them, each without end."""
        if self._home is not None:
            yield self._home.run()
        indicator = self._agent.checked().settings.indicator
        if indicator is not None:
            from edge.indicator import Indicator, judged

            yield Indicator(indicator, partial(judged, self._agent)).run()
        if self._page is not None:
            yield self._page.run()
        if self._ways is not None:
            yield self._ways.run()
        if self.modem is not None:
            yield self.modem.run()

    def keep(self) -> None:
        """Hand to the spool what is in memory alone: the agent stops."""
        if self.modem is not None:
            self.modem.keep()

    def poll(self) -> None:
        """To be called each second."""
        if self._power is not None:
            self._power.poll()

    async def stop(self) -> None:
        """Leave the brokers and the bus that they use."""
        if self.local_alarms is not None:
            await self.local_alarms.stop()
        if self._home is not None:
            await self._home.stop()
        if self.modem is not None:
            await self.modem.bus.close()

    def use(self, checked: CheckedSettings) -> None:
        """Run by other settings from now on."""
        if self._home is not None:
            self._home.use(checked)

    @property
    def way_note(self) -> str:
        """What is to be said of the interfaces."""
        return "" if self._ways is None else self._ways.note

    @property
    def home_note(self) -> str:
        """What hinders the outlet to Home Assistant."""
        return "" if self._home is None else self._home.note

    @property
    def page_note(self) -> str:
        """Why the page cannot be served."""
        return "" if self._page is None else self._page.note

    @property
    def power_note(self) -> str:
        """That the power goes."""
        return "" if self._power is None else self._power.note

    @property
    def last_word(self) -> LastWord | None:
        """Why the gateway may soon be silent."""
        return None if self._power is None else self._power.last_word()

    @property
    def alarm_notes(self) -> tuple[str, ...]:
        """What is to be said of alarms and outputs."""
        return () if self.local_alarms is None else tuple(self.local_alarms.notes)

    @property
    def modem_notes(self) -> tuple[str, ...]:
        """What is to be said of modem, SIM and plan."""
        return () if self.modem is None else self.modem.notes

    @property
    def alarms(self) -> tuple[RaisedAlarm, ...]:
        """Those that are raised."""
        return () if self.local_alarms is None else self.local_alarms.alarms

    def make_local_alarms(self) -> "LocalAlarmsPart":
        """The part that raises alarms by itself."""
        if self.local_alarms is None:
            from edge.alarms.local_alarms import LocalAlarmsPart

            agent, settings = self._agent, self._agent.checked().settings
            self.local_alarms = LocalAlarmsPart(
                gateway=agent.gateway, outputs=settings.outputs, broker=settings.local_broker, spooler=agent.spooler,
                stamper=agent.stamper, quantities=table_of(settings.quantities), on_change=self._on_change,
                senders=self._senders,
            )  # fmt: skip
            agent.spooler.judge = self.local_alarms.judge
            self._start(self.local_alarms.run())
        return self.local_alarms

    async def answer_for_outputs(self, payload: bytes) -> bytes | None:
        """The answer to a command, where it is for an output of this gateway."""
        return None if self.local_alarms is None else await self.local_alarms.answer(payload)

    def _way_changes(self) -> "WayChanges | None":
        agent, settings = self._agent, self._agent.checked().settings.uplink
        if not settings.via:
            return None
        from edge.link.way_changes import WayChanges

        name = f"siaga-edge-{agent.gateway}"
        return WayChanges(settings, agent.session, agent.uplink, identifier=name, on_change=self._on_change)

    def _outlet(self) -> "HomeAssistantOutlet | None":
        agent, checked = self._agent, self._agent.checked()
        if checked.settings.home_assistant is None:
            return None
        from edge.home_assistant.outlet import outlet_of

        return outlet_of(
            agent.spooler, checked.settings.home_assistant, checked, version=agent.version,
            now_ms=agent.stamper.now_ms, tallies=lambda: agent.sources.tallies,
        )  # fmt: skip

    def _power_part(self) -> "PowerPart | None":
        settings = self._agent.checked().settings.power
        if settings is None:
            return None
        from edge.power.part import PowerPart

        return PowerPart(settings, self._agent, self._on_change)

    def _status_page(self) -> "StatusPage | None":
        settings = self._agent.checked().settings.page
        if settings is None:
            return None
        from edge.page.status_page import page_of

        return page_of(settings, self._agent)

    def _senders(self, texted: "Texted") -> "list[SmsSender]":
        """What sends SMS of local alarms."""
        agent, modem = self._agent, self.modem
        wanted = [each for each in agent.checked().settings.outputs if isinstance(each, SmsOutput)]
        if modem is None or not wanted:
            return []
        from edge.alarms.sms.output import SmsSender

        return [
            SmsSender(
                each, gateway=agent.gateway, modem=modem, spooler=agent.spooler,
                proved_s=lambda: agent.uplink.proved_s, hasten=agent.uplink.flush,
                is_time_known=lambda: agent.stamper.clock.state is not Clock.UNKNOWN, texted=texted,
            )
            for each in wanted
        ]  # fmt: skip

    def _modem_part(self) -> "ModemPart | None":
        agent, settings = self._agent, self._agent.checked().settings.modem
        if settings is None:
            return None
        from edge.modem.part import ModemPart

        return ModemPart(settings, spooler=agent.spooler, stamper=agent.stamper, on_change=self._on_change)
