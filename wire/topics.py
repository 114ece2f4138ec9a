"""Topics:  siaga/v1/{shard}/{gateway}/up

`shard` is CRC-32 of the gateway id modulo 64 as two hex digits, so that ingesters can split the gateways among
themselves on any broker, and one gateway always meets the same one.
"""

import zlib
from enum import StrEnum

import msgspec

from wire.errors import WireError
from wire.names import check_name

ROOT = "siaga/v1"
SHARDS = 64


class Channel(StrEnum):
    """The last levels of a topic: what kind of message it carries."""

    UP = "up"
    ACK = "ack"
    STATUS = "status"
    CONFIG = "config"
    CONFIG_REPORTED = "config/reported"
    CMD = "cmd"
    CMD_REPLY = "cmd/reply"


_CHANNELS = {channel.value: channel for channel in Channel}


class Topic(msgspec.Struct, frozen=True):
    """Who and what a topic speaks of."""

    gateway: str
    channel: Channel


def shard_of(gateway: str) -> int:
    """The shard, 0 to 63, in which `gateway` lives."""
    return zlib.crc32(gateway.encode()) % SHARDS


def topic_of(gateway: str, channel: Channel) -> str:
    """Build the topic of a gateway's channel; WireError if `gateway` is no name."""
    check_name("gateway", gateway)
    return f"{ROOT}/{shard_of(gateway):02x}/{gateway}/{channel}"


def parse_topic(text: str) -> Topic:
    """Take a topic apart; WireError if it is not ours, or its shard is not the gateway's."""
    parts = text.split("/", 4)
    if len(parts) != 5 or "/".join(parts[:2]) != ROOT:
        raise WireError(f"topic {text[:200]!r} is not Siaga's: expected {ROOT}/<shard>/<gateway>/<channel>")
    _, _, shard, gateway, channel = parts
    check_name("gateway", gateway)
    if shard != f"{shard_of(gateway):02x}":
        raise WireError(f"topic {text[:200]!r} has shard {shard!r}; gateway {gateway} is in {shard_of(gateway):02x}")
    if channel not in _CHANNELS:
        raise WireError(f"topic {text[:200]!r} ends in {channel!r}; expected one of {', '.join(_CHANNELS)}")
    return Topic(gateway, _CHANNELS[channel])


def subscription(channel: Channel, shards: range = range(SHARDS)) -> list[str]:
    """The topic filters that cover `channel` of all gateways in `shards`: one for all shards, else one for each."""
    if shards == range(SHARDS):
        return [f"{ROOT}/+/+/{channel}"]
    return [f"{ROOT}/{shard:02x}/+/{channel}" for shard in shards]
