"""The login that each gateway connects with now, as its retained status says.

siaga/v1/20/gw-daruba/status {"online":true,"login":"gw-daruba.2",…}  ─►  {"gw-daruba": "gw-daruba.2"}
"""

from cloud.broker.retained_statuses import retained_statuses
from runtime.broker_settings import BrokerSettings


async def logins_in_use(broker: BrokerSettings) -> dict[str, str]:
    """Return each gateway's login; nothing where the broker refuses the cloud's own login."""
    statuses = await retained_statuses(broker)
    return {gateway: status.login for gateway, status in statuses.items() if status.online and status.login}
