"""Orders to a Mosquitto's dynamic security, over MQTT like everything else.

$CONTROL/dynamic-security/v1            {"commands": [{"command": "createClient", "username": "gw-daruba", …}]}
$CONTROL/dynamic-security/v1/response   {"responses": [{"command": "createClient", "correlationData": "…"}]}
"""

import asyncio
import secrets
from collections.abc import Sequence
from typing import Any

import aiomqtt
import msgspec

from runtime.broker_settings import BrokerSettings

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
    BrokerRefused at the first that is not obeyed, and where the broker cannot be reached or does not answer.
    """
    try:
        async with _client(broker) as client, asyncio.timeout(PATIENCE_S):
            await client.subscribe(ANSWERS, qos=1)
            return [await _obeyed(client, one) for one in orders]
    except TimeoutError:
        raise BrokerRejected(
            f"broker {broker} did not answer within {PATIENCE_S:g} s;"
            " look whether its dynamic security is on and whether this is its administrator's login"
        ) from None
    except (aiomqtt.MqttError, OSError) as error:
        raise BrokerRejected(f"broker {broker}: {error}; look at [enrol] and at the broker's log") from None


async def usernames(broker: BrokerSettings) -> list[str]:
    """All clients that the broker knows, in order."""
    (listed,) = await order(broker, [{"command": "listClients", "verbose": False, "count": -1, "offset": 0}])
    return sorted(listed["clients"])


async def clients_of(broker: BrokerSettings) -> list[dict[str, Any]]:
    """All clients that the broker knows, with their roles and descriptions."""
    (listed,) = await order(broker, [{"command": "listClients", "verbose": True, "count": -1, "offset": 0}])
    return sorted(listed["clients"], key=lambda client: str(client["username"]))


def _client(broker: BrokerSettings) -> aiomqtt.Client:
    where = broker.nodes()[0]
    return aiomqtt.Client(
        where.host,
        where.port,
        identifier=f"siaga-enrol-{secrets.token_hex(4)}",
        username=broker.username,
        password=broker.password(),
        tls_context=None if broker.tls is None else broker.tls.context(),
    )


async def _obeyed(client: aiomqtt.Client, one: Order) -> dict[str, Any]:
    mark = secrets.token_hex(8)  # others may be giving orders too
    await client.publish(ORDERS, msgspec.json.encode({"commands": [one | {"correlationData": mark}]}), qos=1)
    async for message in client.messages:
        for answer in msgspec.json.decode(bytes(message.payload), type=_Answers).responses:
            if answer.correlation == mark:
                if answer.error and not (answer.command.startswith("delete") and answer.error.endswith("not found")):
                    raise BrokerRejected(f"the broker does not {answer.command} {_about(one)}: {answer.error}")
                return answer.data
    raise AssertionError("unreachable: aiomqtt's messages end with an error")


def _about(one: Order) -> str:
    return str(one.get("username") or one.get("rolename") or "")
