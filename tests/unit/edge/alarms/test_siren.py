"""A siren's command is the cloud's own, with how long it holds; what it answers is believed by its key alone."""

import asyncio
import json
from typing import Any

import pytest

from edge.alarms.duty import OFF, Call, OutputDuty
from edge.alarms.output import HOLD_S
from edge.alarms.siren import ANSWER_S, MqttSiren
from edge.output_settings import MqttOutput
from rules.rule import Severity
from runtime.broker_settings import BrokerSettings
from runtime.mqtt_connection import Message
from tests.virtual_time import run

DUTY = OutputDuty(
    (Call(Severity.EXTREME, "river-level:river-1:5", "daruba", "river-1", {"en": "Siaga 1", "id": "Siaga 1"}),)
)


class Broker:
    """Takes what a siren's session publishes, and answers as the test says."""

    def __init__(self, siren: MqttSiren, answers: list[bytes]) -> None:
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.connected = True
        self._siren, self._answers = siren, answers
        siren.session.publish = self.publish

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        assert (qos, retain) == (1, False), "a command is never retained"
        if self.connected:
            self.published.append((topic, json.loads(payload)))
            for answer in self._answers:
                said = answer.replace(b"KEY", self.published[-1][1]["key"].encode())
                asyncio.get_running_loop().call_later(0.1, self._siren._on_message, _message(said))
        return self.connected


def _message(payload: bytes) -> Message:
    return Message("daruba/siren/reply", payload, False, False, 0, 1, 1)


def driven(
    *answers: bytes, duty: OutputDuty = DUTY, test: bool = False, connected: bool = True
) -> tuple[str, list[Any]]:
    async def scenario() -> tuple[str, list[Any]]:
        output = MqttOutput(name="siren", kind="mqtt", topic="daruba/siren")
        siren = MqttSiren(output, BrokerSettings(), gateway="gw-1", now_ms=lambda: 1_795_489_200_000)
        broker = Broker(siren, list(answers))
        broker.connected = connected
        return await siren.drive(duty, test=test), broker.published

    return run(scenario())


def test_a_command_is_the_clouds_own_with_how_long_it_holds():
    problem, ((topic, said),) = driven(b'{"v":1,"key":"KEY"}')
    assert (problem, topic) == ("", "daruba/siren")
    assert said.pop("key").startswith("gw-1:siren:")
    assert said == {
        "v": 1,
        "command": "alarm",
        "made": "2026-11-24T03:00:00.000Z",
        "test": False,
        "on": True,
        "for_s": HOLD_S,
        "severity": "extreme",
        "text": {"en": "Siaga 1", "id": "Siaga 1"},
        "alarms": [{"alarm": "river-level:river-1:5", "site": "daruba", "sensor": "river-1", "on": True}],
    }


def test_a_silent_test_asks_for_an_answer_and_for_no_sound():
    problem, ((_, said),) = driven(b'{"key":"KEY"}', duty=OFF, test=True)
    assert (problem, said["test"], said["on"]) == ("", True, False)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b'{"key":"KEY","ok":false,"problem":"no air\\u0007 pressure"}', "no air"),
        (b'{"key":"KEY","ok":false}', "it says no more than that it could not"),
        (b'{"key":"another"}', f"no answer on daruba/siren/reply within {ANSWER_S:g} s"),
        (b"[" * 3_000, "no answer on"),
        (b"\xff", "no answer on"),
        (b'{"key":"KEY"}' + b" " * 5_000, "no answer on"),
    ],
)
def test_what_is_no_answer_to_the_command_is_a_problem(answer: bytes, problem: str):
    assert driven(answer)[0].startswith(problem)


def test_without_the_broker_that_is_the_problem():
    assert driven(connected=False)[0] == "not connected to the local broker (not connected yet)"


def test_the_brokers_last_will_is_off_and_never_kept():
    async def scenario() -> None:
        output = MqttOutput(name="siren", kind="mqtt", topic="daruba/siren")
        siren = MqttSiren(output, BrokerSettings(), gateway="gw-1", now_ms=lambda: 0)
        will = siren._will()
        assert (will.topic, will.retain, json.loads(will.payload)["on"]) == ("daruba/siren", False, False)

    run(scenario())
