"""What each client of the broker may do, as roles of Mosquitto's dynamic security.

gateway   publishes …/gw-daruba/up status config/reported cmd/reply   receives …/gw-daruba/ack config cmd
ingester  publishes …/+/ack config cmd, siaga/notify/#  receives …/+/up status config/reported cmd/reply, siaga/notify/#

bundle    publishes nothing      receives …/gw-daruba/ack config: whoever has it can speak for nobody

A gateway is bound to its client id too: with another gateway's it would take over that one's session.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from wire import Channel, check_name, subscription, topic_of

FROM_GATEWAYS = (Channel.UP, Channel.STATUS, Channel.CONFIG_REPORTED, Channel.CMD_REPLY)
TO_GATEWAYS = (Channel.ACK, Channel.CONFIG, Channel.CMD)
DEVICES = "siaga/notify/#"
"""Topics of sirens and signs: the cloud publishes commands there and receives the replies."""
Acl = dict[str, Any]


class Grant(msgspec.Struct, frozen=True):
    """A client's role: `acls` are all that it may do; `client_id` is the only one it may use, empty for any."""

    role: str
    textname: str
    acls: tuple[Acl, ...]
    client_id: str = ""


def gateway_grant(gateway: str) -> Grant:
    """Return what a gateway may do: its own topics, and nobody else's; WireError if `gateway` is no name."""
    check_name("gateway", gateway)
    publishes = [topic_of(gateway, channel) for channel in FROM_GATEWAYS]
    receives = [topic_of(gateway, channel) for channel in TO_GATEWAYS]
    acls = (*_may_publish(publishes), *_may_receive(receives))
    return Grant(f"gateway-{gateway}", f"Gateway {gateway}", acls, f"siaga-edge-{gateway}")


def first_grant(gateway: str) -> Grant:
    """Return what the one-time login of a bundle may do: hear what waits for the gateway, and send nothing."""
    receives = [topic_of(gateway, channel) for channel in (Channel.ACK, Channel.CONFIG)]
    whole = gateway_grant(gateway)
    acls = tuple(_may_receive(receives))
    return Grant(first_role(whole.role), f"Bundle of gateway {gateway}", acls, whole.client_id)


def first_role(role: str) -> str:
    """Return the role of the one-time login beside a gateway's `role`: a dot is in no gateway's name."""
    return f"{role}.0"


def ingester_grant(name: str, shards: range) -> Grant:
    """Return what the cloud `name` may do that ingests the gateways of `shards`."""
    publishes = [topic for channel in TO_GATEWAYS for topic in subscription(channel, shards)]
    receives = [topic for channel in FROM_GATEWAYS for topic in subscription(channel, shards)]
    acls = (*_may_publish([*publishes, DEVICES]), *_may_receive(receives))
    acls += tuple(_acl(kind, DEVICES) for kind in ("subscribePattern", "publishClientReceive"))
    return Grant(f"ingester-{name}", f"Cloud, shards {shards.start}-{shards.stop - 1}", acls)


def _may_publish(topics: Iterable[str]) -> list[Acl]:
    return [_acl("publishClientSend", topic) for topic in topics]


def _may_receive(topics: Iterable[str]) -> list[Acl]:
    return [_acl(kind, topic) for topic in topics for kind in ("subscribeLiteral", "publishClientReceive")]


def _acl(kind: str, topic: str) -> Acl:
    return {"acltype": kind, "topic": topic, "priority": 0, "allow": True}
