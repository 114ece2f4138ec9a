"""A siren at the local broker: the cloud's own command (docs/notifications.md), with how long it holds.

TOPIC        {"v":1,"command":"alarm","key":"gw-daruba:siren:9f3c:7","on":true,"for_s":15,"severity":"extreme", …}
TOPIC/reply  {"v":1,"key":"gw-daruba:siren:9f3c:7"}        or  {…,"ok":false,"problem":"no air pressure"}

A command is said again with a new key before `for_s` is over; a siren that hears nothing for so long is silent. For one
that knows no `for_s` the broker says "off" for us when this session ends without a word: its last will.
"""

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from edge.alarms.duty import OFF, OutputDuty
from edge.alarms.output import HOLD_S
from edge.output_settings import MqttOutput
from runtime.broker_settings import BrokerSettings
from runtime.mqtt import MqttSession
from runtime.mqtt_connection import Message, Will
from wire.printable import printable

ANSWER_S = 3.0
LONGEST_ANSWER = 4_096
REPLY = "/reply"
MOST_CALLS = 20
"""Alarms named in a command."""


class _Answer(msgspec.Struct, frozen=True):
    key: str
    ok: bool = True
    problem: str = ""


class MqttSiren:
    """One siren, with a session of its own: a last will is one for each session."""

    def __init__(self, output: MqttOutput, broker: BrokerSettings, *, gateway: str, now_ms: Callable[[], int]) -> None:
        self._output = output
        self._start = f"{gateway}:{output.name}:{os.urandom(4).hex()}"
        self._now_ms = now_ms
        self._number = 0
        self._pending: dict[str, asyncio.Future[str]] = {}
        self.session = MqttSession(
            broker,
            identifier=f"siaga-edge-{gateway}-out-{output.name}",
            subscriptions=[output.topic + REPLY] if output.answers else [],
            will=self._will,
        )

    async def run(self, on_connect: Callable[[], None]) -> None:
        """Stay connected until cancelled."""
        await self.session.run(on_message=self._on_message, on_connect=on_connect)

    async def drive(self, duty: OutputDuty, *, test: bool) -> str:
        """Publish the command, and wait for its answer."""
        key, payload = self._command(duty, test=test)
        answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._pending[key] = answered
        try:
            if not self.session.publish(self._output.topic, payload):
                return f"not connected to the local broker ({self.session.problem})"
            if not self._output.answers:
                return ""
            async with asyncio.timeout(ANSWER_S):
                return await answered
        except TimeoutError:
            return f"no answer on {self._output.topic}{REPLY} within {ANSWER_S:g} s"
        finally:
            del self._pending[key]

    def silence(self) -> None:
        """Say off, and wait for nothing: the agent stops."""
        self.session.publish(self._output.topic, self._command(OFF, test=False)[1])

    def _will(self) -> Will:
        return Will(self._output.topic, self._command(OFF, test=False)[1], retain=False)

    def _command(self, duty: OutputDuty, *, test: bool) -> tuple[str, bytes]:
        self._number += 1
        key = f"{self._start}:{self._number}"
        worst = duty.calls[0] if duty.calls else None
        return key, msgspec.json.encode(
            {
                "v": 1,
                "command": self._output.command,
                "key": key,
                "made": _rfc_3339(self._now_ms()),
                "test": test,
                "on": duty.on and not test,
                "for_s": HOLD_S,
                "severity": worst.severity if worst else "minor",
                "text": worst.text if worst else {},
                "alarms": [
                    {"alarm": call.alarm, "site": call.site, "sensor": call.sensor, "on": True}
                    for call in duty.calls[:MOST_CALLS]
                ],
            }
        )

    def _on_message(self, message: Message) -> None:
        self.session.acknowledge(message)
        if message.retained or len(message.payload) > LONGEST_ANSWER:
            return
        try:
            answer = msgspec.json.decode(message.payload, type=_Answer)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return  # anybody may publish there
        answered = self._pending.get(answer.key)
        if answered is not None and not answered.done():
            problem = printable(answer.problem)[:300] or "it says no more than that it could not"
            answered.set_result("" if answer.ok else problem)


def _rfc_3339(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1_000, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
