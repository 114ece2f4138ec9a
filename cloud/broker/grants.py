"""What each client of the broker may do, as roles of Mosquitto's dynamic security.

gateway   sends …/gw-daruba/up status config/reported cmd/reply      hears …/gw-daruba/ack config cmd
ingester  sends …/+/ack config cmd, siaga/notify/#    hears …/+/up status config/reported cmd/reply, siaga/notify/#

A gateway is held to its client id too: with another's it would throw that one out of its session.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from wire import Channel, check_name, subscription, topic_of

FROM_GATEWAYS = (Channel.UP, Channel.STATUS, Channel.CONFIG_REPORTED, Channel.CMD_REPLY)
TO_GATEWAYS = (Channel.ACK, Channel.CONFIG, Channel.CMD)
DEVICES = "siaga/notify/#"
"""Where the cloud may speak to sirens and signs that have a topic of their own, and hear their answers."""
Acl = dict[str, Any]


class Grant(msgspec.Struct, frozen=True):
    """A client's role: `acls` are all that it may do; `client_id` is the only one it may use, empty for any."""

    role: str
    textname: str
    acls: tuple[Acl, ...]
    client_id: str = ""


def gateway_grant(gateway: str) -> Grant:
    """What a gateway may do: its own topics, and nobody else's; WireError if `gateway` is no name."""
    check_name("gateway", gateway)
    sends = [topic_of(gateway, channel) for channel in FROM_GATEWAYS]
    hears = [topic_of(gateway, channel) for channel in TO_GATEWAYS]
    acls = (*_may_send(sends), *_may_hear(hears))
    return Grant(f"gateway-{gateway}", f"Gateway {gateway}", acls, f"siaga-edge-{gateway}")


def ingester_grant(name: str, shards: range) -> Grant:
    """What the cloud `name` may do that takes in the gateways of `shards`."""
    sends = [topic for channel in TO_GATEWAYS for topic in subscription(channel, shards)]
    hears = [topic for channel in FROM_GATEWAYS for topic in subscription(channel, shards)]
    acls = (*_may_send([*sends, DEVICES]), *_may_hear(hears))
    acls += tuple(_acl(kind, DEVICES) for kind in ("subscribePattern", "publishClientReceive"))
    return Grant(f"ingester-{name}", f"Cloud, shards {shards.start}-{shards.stop - 1}", acls)


def _may_send(topics: Iterable[str]) -> list[Acl]:
    return [_acl("publishClientSend", topic) for topic in topics]


def _may_hear(topics: Iterable[str]) -> list[Acl]:
    return [_acl(kind, topic) for topic in topics for kind in ("subscribeLiteral", "publishClientReceive")]


def _acl(kind: str, topic: str) -> Acl:
    return {"acltype": kind, "topic": topic, "priority": 0, "allow": True}
