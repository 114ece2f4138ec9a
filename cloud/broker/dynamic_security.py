"""Orders to a Mosquitto's dynamic security, over MQTT like everything else.

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

ORDERS = "$CONTROL/dynamic-security/v1"
ANSWERS = f"{ORDERS}/response"
PATIENCE_S = 10.0
Order = dict[str, Any]


class BrokerRejected(Exception):
    """The broker cannot be asked, or says no; the text is one sentence."""


class _Answer(msgspec.Struct):
    command: str = ""
    error: str = ""
    data: dict[str, Any] = {}
    correlation: str = msgspec.field(default="", name="correlationData")


class _Answers(msgspec.Struct):
    responses: list[_Answer] = []


async def order(broker: BrokerSettings, orders: Sequence[Order]) -> list[dict[str, Any]]:
    """Give `orders` in turn, each after the one before was obeyed, and give what each answers.

    An order to delete what is not there is obeyed.
    BrokerRejected at the first that is not obeyed, and where the broker cannot be reached or does not answer.
    """
    try:
        administrator = _Administrator(broker)
        async with administrator.connection, asyncio.timeout(PATIENCE_S):
            await administrator.connection.subscribe(ANSWERS)
            return [await administrator.order(one) for one in orders]
    except TimeoutError:
        raise BrokerRejected(
            f"broker {broker} did not answer within {PATIENCE_S:g} s;"
            " look whether its dynamic security is on and whether this is its administrator's login"
        ) from None
    except (MqttError, OSError) as error:
        raise BrokerRejected(f"broker {broker}: {error}; look at [enrol] and at the broker's log") from None


async def usernames(broker: BrokerSettings) -> list[str]:
    """All clients that the broker knows, in order."""
    (listed,) = await order(broker, [{"command": "listClients", "verbose": False, "count": -1, "offset": 0}])
    return sorted(listed["clients"])


async def clients_of(broker: BrokerSettings) -> list[dict[str, Any]]:
    """All clients that the broker knows, with their roles and descriptions."""
    (listed,) = await order(broker, [{"command": "listClients", "verbose": True, "count": -1, "offset": 0}])
    return sorted(listed["clients"], key=lambda client: str(client["username"]))


class _Administrator:
    """One connection that gives orders, each after the answer to the one before."""

    def __init__(self, broker: BrokerSettings) -> None:
        self.connection = MqttConnection(
            broker,
            broker.nodes()[0],
            identifier=f"siaga-enrol-{secrets.token_hex(4)}",
            on_message=self._on_message,
            answer_s=2 * PATIENCE_S,  # `order` ends it earlier, with a sentence of its own
        )
        self._correlation = ""
        self._answer: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()

    async def order(self, one: Order) -> dict[str, Any]:
        self._correlation = secrets.token_hex(8)  # others may be giving orders too
        self._answer = asyncio.get_running_loop().create_future()
        command = msgspec.json.encode({"commands": [one | {"correlationData": self._correlation}]})
        self.connection.publish(ORDERS, command)
        answer = await self.connection.answer(self._answer)
        if answer.error and not (answer.command.startswith("delete") and answer.error.endswith("not found")):
            raise BrokerRejected(f"the broker does not {answer.command} {_about(one)}: {answer.error}")
        return answer.data

    def _on_message(self, message: Message) -> None:
        for answer in msgspec.json.decode(message.payload, type=_Answers).responses:
            if answer.correlation == self._correlation and not self._answer.done():
                self._answer.set_result(answer)


def _about(one: Order) -> str:
    return str(one.get("username") or one.get("rolename") or "")
