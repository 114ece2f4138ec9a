"""The logins of gateways that the broker knows.

gateway-gw-daruba     gw-daruba  gw-daruba.2        gateway-gw-daruba.0     the one-time login of its bundle
"""

from cloud.broker.dynamic_security import clients_of
from cloud.broker.grants import first_role
from cloud.broker.logins import Login, in_order
from runtime.broker_settings import BrokerSettings

_OF_GATEWAYS = "gateway-"


async def logins_with_role(broker: BrokerSettings, role: str | None = None) -> list[Login]:
    """List the logins that have `role`, or the one of its bundles; or the role of any gateway. BrokerRejected."""
    roles = None if role is None else (role, first_role(role))
    return in_order(
        Login(client["username"], client.get("textdescription", ""))
        for client in await clients_of(broker)
        for given in client.get("roles", [])
        if (given["rolename"] in roles if roles is not None else given["rolename"].startswith(_OF_GATEWAYS))
    )
