"""All that is looked at, in the order in which it is told:  machine, sources, the way to the cloud, the modem.

agent runs      asked over control.sock; the steps of a connection are tried only where it has none
no agent runs   each serial line is opened for some seconds, then the cloud is tried from name to ack
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from edge.check import CheckedSettings
from edge.clock import kernel_is_synced
from edge.commission.expected_here import differences, expected_here
from edge.control.client import AgentAbsent, AgentUnreachable, ask_once
from edge.control.paths import control_path
from edge.control.snapshot import AgentSnapshot, decode_snapshot
from edge.doctor import cloud, machine, sources
from edge.doctor.contacts import of_contact
from edge.doctor.finding import CheckOutcome, Finding
from edge.output_settings import SmsOutput
from edge.update.kept_update import read_update
from edge.update.places import UpdatePlaces, installed
from i18n.message import LocalizedMessage
from runtime.connect import steps
from wire.status import SourceStatus

_LONG_S = 7_200.0


class Examination:
    """Looks at the gateway of `checked`, whose file is `config`.

    A source is listened to for `seconds` at most where no agent runs.
    """

    def __init__(self, checked: CheckedSettings, config: Path, seconds: float) -> None:
        self._checked = checked
        self._config = config
        self._seconds = seconds
        self.agent_runs = False

    def findings(self) -> Iterator[Finding]:
        """One after the other, as they are found."""
        settings = self._checked.settings
        if self._checked.note:
            yield Finding(
                "settings", "", CheckOutcome.FAIL, LocalizedMessage("{sentence}", sentence=self._checked.note)
            )
        for warning in self._checked.warnings:
            yield Finding("settings", "", CheckOutcome.WARN, LocalizedMessage("{sentence}", sentence=warning))
        for sentence in differences(settings, expected_here(self._config, settings.spool.path)):
            yield Finding("settings", "", CheckOutcome.WARN, sentence)
        yield from machine.of_the_disk(settings.spool.path.parent.resolve(), settings.spool.min_free_mb)
        yield from machine.of_the_card()
        yield from machine.of_the_power()
        kept, _damage = read_update(UpdatePlaces(installed(), settings.spool.path.parent).state)
        yield from machine.of_the_update(kept.status)
        snapshot, about_the_agent = self._ask()
        yield about_the_agent
        if snapshot is None:
            yield from self._without_agent(is_absent=not self.agent_runs)
        else:
            yield from self._with_agent(snapshot)
        if settings.modem is not None:
            from edge.doctor.modem import of_the_modem  # few gateways have it

            yield from of_the_modem(
                None if snapshot is None else snapshot.modem,
                sends_sms=any(isinstance(each, SmsOutput) for each in settings.outputs),
            )

    def _ask(self) -> tuple[AgentSnapshot | None, Finding]:
        try:
            snapshot = decode_snapshot(ask_once(control_path(self._checked.settings.spool.path), "status"))
        except AgentAbsent:
            said = LocalizedMessage("does not run: each line is opened and the cloud is tried from here")
            return None, Finding("agent", "", CheckOutcome.WARN, said)
        except AgentUnreachable as error:
            self.agent_runs = True
            return None, Finding("agent", "", CheckOutcome.FAIL, error.problem)
        except msgspec.MsgspecError:
            self.agent_runs = True
            said = LocalizedMessage("runs in another version than this command; restart it")
            return None, Finding("agent", "", CheckOutcome.FAIL, said)
        self.agent_runs = True
        if snapshot.up_s < _LONG_S:
            said = LocalizedMessage(
                "runs for {minutes:.0f} min, version {version}", minutes=snapshot.up_s / 60, version=snapshot.version
            )
        else:
            said = LocalizedMessage(
                "runs for {hours:.1f} h, version {version}", hours=snapshot.up_s / 3_600, version=snapshot.version
            )
        return snapshot, Finding("agent", "", CheckOutcome.PASS, said)

    def _with_agent(self, snapshot: AgentSnapshot) -> Iterator[Finding]:
        yield cloud.of_the_clock(snapshot)
        for source in snapshot.sources:
            if source.state is SourceStatus.STARTING and not source.readings:
                said = LocalizedMessage("has just started; ask again in a minute")
                yield Finding("source", source.name, CheckOutcome.WARN, said)
            else:
                yield sources.of_the_agent(source)
        yield from cloud.of_the_agent(snapshot)
        if not snapshot.link.connected:
            yield from self._steps()  # nobody is thrown out

    def _without_agent(self, *, is_absent: bool) -> Iterator[Finding]:
        settings = self._checked.settings
        trusted = settings.clock.trust_system
        yield machine.of_the_clock(datetime.now(UTC), synced=kernel_is_synced(), trusted=trusted)
        if not is_absent:
            return  # it has the lines and the login
        for source in self._checked.serial_sources:
            yield sources.listened_to(source, self._seconds)
        for contact in self._checked.gpio_sources:
            yield of_contact(contact)
        yield from self._local_broker()
        yield from self._steps()

    def _local_broker(self) -> Iterator[Finding]:
        settings = self._checked.settings
        mqtt = self._checked.mqtt_sources
        if settings.local_broker is None or not mqtt:
            return
        identifier = f"siaga-edge-{settings.gateway.id}-doctor"
        topics = [source.topic for source in mqtt]
        tried = list(steps(settings.local_broker, identifier=identifier, subscriptions=topics))
        last = tried[-1]
        outcome = CheckOutcome.PASS if last.ok else CheckOutcome.FAIL
        yield Finding("source", str(settings.local_broker), outcome, LocalizedMessage("{text}", text=last.said))

    def _steps(self) -> Iterator[Finding]:
        from edge.connection import connection_steps

        yield from cloud.of_the_steps(connection_steps(self._checked.settings))
