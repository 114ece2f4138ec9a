"""Commands to Mosquitto's dynamic security plugin, over MQTT.

$CONTROL/dynamic-security/v1            {"commands": [{"command": "createClient", "username": "gw-daruba", …}]}
$CONTROL/dynamic-security/v1/response   {"responses": [{"command": "createClient", "correlationData": "…"}]}
"""

import asyncio
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec

from runtime.broker_settings import BrokerSettings
from runtime.mqtt_connection import Message, MqttConnection, MqttError

COMMANDS = "$CONTROL/dynamic-security/v1"
RESPONSES = f"{COMMANDS}/response"
ANSWER_TIMEOUT_S = 10.0
Command = dict[str, Any]


class BrokerRejected(Exception):
    """The broker cannot be reached, or rejects a command; the text is one sentence."""


class _Answer(msgspec.Struct):
    command: str = ""
    error: str = ""
    data: dict[str, Any] = {}
    correlation: str = msgspec.field(default="", name="correlationData")


class _Answers(msgspec.Struct):
    responses: list[_Answer] = []


async def execute(broker: BrokerSettings, commands: Sequence[Command]) -> list[dict[str, Any]]:
    """Execute `commands` in turn, each after the response to the one before, and return the data of each response.

    Deleting what is not there succeeds. BrokerRejected at the first command that fails, and where the broker cannot be
    reached or does not answer.
    """
    try:
        administrator = _Administrator(broker)
        async with administrator.connection, asyncio.timeout(ANSWER_TIMEOUT_S):
            await administrator.connection.subscribe(RESPONSES)
            return [await administrator.execute(one) for one in commands]
    except TimeoutError:
        raise BrokerRejected(
            f"broker {broker} did not answer within {ANSWER_TIMEOUT_S:g} s;"
            " look whether its dynamic security is on and whether this is its administrator's login"
        ) from None
    except (MqttError, OSError) as error:
        raise BrokerRejected(f"broker {broker}: {error}; look at [enrol] and at the broker's log") from None


async def usernames(broker: BrokerSettings) -> list[str]:
    """List the names of all clients that the broker knows, sorted."""
    (listed,) = await execute(broker, [{"command": "listClients", "verbose": False, "count": -1, "offset": 0}])
    return sorted(listed["clients"])


async def clients_of(broker: BrokerSettings) -> list[dict[str, Any]]:
    """List all clients that the broker knows, with their roles and descriptions."""
    (listed,) = await execute(broker, [{"command": "listClients", "verbose": True, "count": -1, "offset": 0}])
    return sorted(listed["clients"], key=lambda client: str(client["username"]))


class _Administrator:
    """One connection that executes commands, each after the response to the one before."""

    def __init__(self, broker: BrokerSettings) -> None:
        self.connection = MqttConnection(
            broker,
            broker.nodes()[0],
            identifier=f"siaga-enrol-{secrets.token_hex(4)}",
            on_message=self._on_message,
            answer_s=2 * ANSWER_TIMEOUT_S,  # `execute` ends it earlier, with a sentence of its own
        )
        self._correlation = ""
        self._answer: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()

    async def execute(self, one: Command) -> dict[str, Any]:
        self._correlation = secrets.token_hex(8)  # others may be sending commands too
        self._answer = asyncio.get_running_loop().create_future()
        command = msgspec.json.encode({"commands": [one | {"correlationData": self._correlation}]})
        self.connection.publish(COMMANDS, command)
        answer = await self.connection.answer(self._answer)
        if answer.error and not (answer.command.startswith("delete") and answer.error.endswith("not found")):
            raise BrokerRejected(f"the broker does not {answer.command} {_about(one)}: {answer.error}")
        return answer.data

    def _on_message(self, message: Message) -> None:
        for answer in msgspec.json.decode(message.payload, type=_Answers).responses:
            if answer.correlation == self._correlation and not self._answer.done():
                self._answer.set_result(answer)


def _about(one: Command) -> str:
    return str(one.get("username") or one.get("rolename") or "")
