"""Topics of Sparkplug B, and the one command that a listener sends.

spBv1.0/morotai/DDATA/rtu-1/river ─► SparkplugTopic("morotai", "DDATA", "rtu-1", "river")       spBv1.0/STATE/scada
spBv1.0/morotai/NCMD/rtu-1        ◄─ "Node Control/Rebirth" = true
"""

import msgspec

from firmware_bridge.dialects.sparkplug_payload import BOOLEAN, Metric, encode
from firmware_bridge.sample import Publication

NAMESPACE = "spBv1.0"
REBIRTH = "Node Control/Rebirth"


class SparkplugTopic(msgspec.Struct, frozen=True):
    """What a topic says."""

    group: str
    kind: str
    node: str
    device: str = ""

    @property
    def source(self) -> str:
        """The node, or the device of the node."""
        return f"{self.node}/{self.device}" if self.device else self.node


def topic_of(text: str) -> SparkplugTopic | str:
    """The parts of a topic, or why it is none of Sparkplug."""
    namespace, *levels = text.split("/")
    if namespace not in (NAMESPACE, "STATE") or not levels:
        return f"topic {text[:60]!r} is none of Sparkplug B: subscribe to {NAMESPACE}/#"
    if namespace == "STATE" or levels[0] == "STATE":
        return SparkplugTopic("", "STATE", levels[-1])
    if len(levels) not in (3, 4) or not all(levels):
        return f"topic {text[:60]!r} has not the levels of Sparkplug B: {NAMESPACE}/group/type/node/device"
    return SparkplugTopic(*levels)


def rebirth(topic: SparkplugTopic, time_ms: int) -> Publication:
    """The command that asks the node of a topic for its births, at the time of the message that showed the need."""
    command = encode([Metric(REBIRTH, None, time_ms, BOOLEAN, value=True)], time_ms=time_ms)
    return Publication(f"{NAMESPACE}/{topic.group}/NCMD/{topic.node}", command)
