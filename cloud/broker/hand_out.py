"""What the city wants of a gateway, on its way: retained on its own `…/config`, by the cloud's own login at the broker.

siaga/v1/20/gw-daruba/config   {"v":1,"revision":1795970000,"uplink":{…},"sensors":[…],"login":{…sealed…}}
"""

import secrets

from cloud.broker.dynamic_security import BrokerRejected
from runtime.broker_settings import BrokerSettings
from runtime.mqtt_connection import MqttConnection, MqttError
from wire import Channel, topic_of
from wire.gateway_config import GatewayConfig, encode_config


async def hand_out(broker: BrokerSettings, gateway: str, config: GatewayConfig) -> None:
    """Publish what `gateway` is to have; BrokerRejected where that fails."""
    connection = MqttConnection(
        broker,
        broker.nodes()[0],
        identifier=f"siaga-hand-out-{secrets.token_hex(4)}",
        on_message=lambda _message: None,
    )
    try:
        async with connection:
            connection.publish(topic_of(gateway, Channel.CONFIG), encode_config(config), retain=True)
            await connection.subscribe(topic_of(gateway, Channel.STATUS), qos=0)  # answered after what came before it
    except (MqttError, OSError, TimeoutError) as error:
        raise BrokerRejected(f"broker {broker}: {error}; look at [broker] and at the broker's log") from None
