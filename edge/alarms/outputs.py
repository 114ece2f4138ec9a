"""All outputs of this gateway: made from edge.toml, given their duty, tested each week, and what is wrong with them.

[[outputs]] ─► MqttSiren | GuardedLine ─► OutputDriver        calls ─► assign ─► the duty of each, by its stage
           └─► SmsSender                                     alarms ─┘
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from edge.alarms import weekly_test
from edge.alarms.duty import Call, OutputDuty, duty_of
from edge.alarms.guarded import devices_of
from edge.alarms.output import Line, OutputDriver
from edge.alarms.siren import MqttSiren
from edge.alarms.watch import LocalEvent, OpenAlarm
from edge.output_settings import MqttOutput, OutputSettings, SmsOutput
from rules.rule import Severity
from runtime.broker_settings import BrokerSettings
from wire.local_alarms import LocalAlarms, LocalStage

if TYPE_CHECKING:
    from edge.alarms.sms.output import SmsSender

SETTLES_S = 5.0
"""So long a request of the cloud waits for the outputs before it is answered."""


class GatewayOutputs:
    """The outputs of `gateway`; `settled(name, duty, problem, test)` is called after each attempt to drive one."""

    def __init__(
        self, outputs: Sequence[OutputSettings], broker: BrokerSettings | None, *, gateway: str,
        now_ms: Callable[[], int], settled: Callable[[str, OutputDuty, str, bool], None],
        senders: "Sequence[SmsSender]" = (),
    ) -> None:  # fmt: skip
        self.senders = senders
        """Those that send SMS."""
        self._settings = {each.name: each for each in outputs}
        self._zone = LocalAlarms().zone
        self._stages: dict[str, LocalStage] = {}
        self._sirens = {
            each.name: MqttSiren(each, broker, gateway=gateway, now_ms=now_ms)
            for each in outputs
            if isinstance(each, MqttOutput) and broker is not None
        }
        self._devices, lines = devices_of(outputs, self._begin_again)
        all_lines: dict[str, Line] = {**self._sirens, **lines}
        self._drivers = {name: OutputDriver(name, line, settled) for name, line in all_lines.items()}

    def __len__(self) -> int:
        """How many can be driven."""
        return len(self._drivers)

    @property
    def drivers(self) -> Sequence[OutputDriver]:
        """What drives each."""
        return list(self._drivers.values())

    def use(self, alarms: LocalAlarms) -> None:
        """Go by the city's stages and test times from now on."""
        self._zone = alarms.zone
        self._stages = {stage.output: stage for stage in alarms.outputs}

    def assign(self, calls: Sequence[Call], alarms: Sequence[OpenAlarm]) -> None:
        """Give each output its duty; SMS tell of `alarms` alone, which are this gateway's own."""
        for sender in self.senders:
            sender.hold(alarms, self.from_severity(sender.name))
        for name, driver in self._drivers.items():
            driver.put(duty_of(self.from_severity(name), calls))

    # --- SMS, which remember whom they have told

    def recall(self, kept: Mapping[str, str]) -> None:
        """Take over what an earlier start has left."""
        for sender in self.senders:
            sender.recall(kept)

    def end(self, events: Sequence[LocalEvent]) -> None:
        """Some of these alarms are over."""
        for sender in self.senders:
            sender.end(events)

    def keep_to_open(self) -> None:
        """The rules have changed: what none of them holds open any more is told to nobody."""
        for sender in self.senders:
            sender.keep_to_open()

    def to_keep(self) -> dict[str, str]:
        """What must be committed with the alarms."""
        return {name: text for sender in self.senders for name, text in sender.to_keep().items()}

    # --- commands and tests

    @property
    def commands(self) -> Iterator[str]:
        """The commands to which sirens at the local broker listen."""
        return (each.command for each in self._settings.values() if isinstance(each, MqttOutput))

    def test(self) -> None:
        """Test all of them silently."""
        for driver in self._drivers.values():
            driver.test()

    def begin_due_tests(self, kept: Mapping[str, str], *, now_ms: int) -> None:
        """Begin the weekly tests that are due, by when the file has the last one; what sounds needs none."""
        for name, driver in self._drivers.items():
            stage = self._stages.get(name)
            at = (stage.test if stage is not None else "") or self._settings[name].test
            waits = driver.test_begun or driver.duty.on
            if not waits and weekly_test.is_due(
                at, self._zone, last_ms=weekly_test.tested_ms(kept, name), now_ms=now_ms
            ):
                driver.test()

    async def problem_once_settled(self) -> str:
        """What is wrong with the outputs, once they had time to answer."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + SETTLES_S
        while loop.time() < end_s and any(each.is_unsettled for each in self._drivers.values()):
            await asyncio.sleep(0.1)
        wrong = [f"{each.name}: {each.problem}" for each in self._drivers.values() if each.problem]
        return "; ".join(wrong)[:400]

    @property
    def notes(self) -> Iterable[str]:
        """What somebody should look at."""
        for name, driver in self._drivers.items():
            if driver.problem and not driver.is_unsettled:
                yield f"output {name}: {driver.problem}"
            elif driver.test_problem:
                yield f"output {name} failed its silent test: {driver.test_problem}"
        yield from (sender.note for sender in self.senders if sender.note)
        driven_here = (name for name, each in self._settings.items() if not isinstance(each, SmsOutput))
        unwired = [name for name in driven_here if name not in self._drivers]
        unwired += [name for name in self._stages if name not in self._settings]
        for name in unwired:
            yield f"output {name} is wanted and not there; add it to [[outputs]], and [local_broker]"

    def parts(self) -> Iterator[Coroutine[None, None, None]]:
        """What must run for them."""
        for name, siren in self._sirens.items():
            yield siren.run(lambda name=name: self._begin_again(name))  # type: ignore[misc]
        for device in self._devices:
            yield device.run()
        for driver in self._drivers.values():
            yield driver.run()
        for sender in self.senders:
            yield sender.run()

    def silence(self) -> None:
        """Say off to the sirens; guards switch off and end with us."""
        for siren in self._sirens.values():
            siren.silence()

    def from_severity(self, output: str) -> Severity:
        """The mildest severity at which it is on: as the city says, else edge.toml."""
        stage = self._stages.get(output)
        wanted = None if stage is None else stage.from_severity
        return self._settings[output].from_severity if wanted is None else Severity(wanted)

    def _begin_again(self, output: str) -> None:
        """It is connected, or its guard is there: it may have forgotten what it has to do."""
        self._drivers[output].begin_again()
