"""What a listener of Sparkplug B must remember of an edge node: births, aliases, and the number of the last message.

NBIRTH seq 0, bdSeq 7: Temperature = alias 100 (engUnit °F)   ─► born; NDATA alias 100 is Temperature, in °F
NDATA seq 1, 2, 5                                             ─► 3 and 4 are missing: a rebirth is wanted
NDATA seq 254, 255, 0                                         ─► no gap
NDATA seq 200, 3                                              ─► a birth may be missing: aliases mean nothing any more
NDEATH bdSeq 6                                                ─► of a session before this one: passed over
"""

from collections.abc import Callable
from typing import NamedTuple

from firmware_bridge.dialects.sparkplug_payload import Metric, SparkplugPayload, whole

MOST_NODES = 200
MOST_BORN = 5_000
"""Metrics of one node."""
MOST_BORN_OF_ALL = 50_000


class Born(NamedTuple):
    """What a birth says of a metric."""

    device: str
    name: str
    datatype: int
    unit: str


class EdgeNode:
    """One edge node with its devices."""

    def __init__(self) -> None:
        self.seq: int | None = None
        self.bd_seq: int | None = None
        self.is_born = False
        self._of_alias: dict[int, Born] = {}
        self._of_name: dict[tuple[str, str], Born] = {}
        self._meaning: dict[tuple[str, str], list[str]] = {}

    @property
    def size(self) -> int:
        """How many metrics are remembered."""
        return len(self._of_name) + len(self._of_alias)

    def begin(self, payload: SparkplugPayload) -> None:
        """Of an NBIRTH: all that was known is over."""
        self._of_alias.clear()
        self._of_name.clear()
        self._meaning.clear()
        self.is_born = True
        self.bd_seq = payload.number_of("bdSeq")
        self.seq = payload.seq

    def bear(self, device: str, metrics: tuple[Metric, ...], quantity_of: Callable[[str, str], str | None]) -> str:
        """Take in the metrics of a birth, of which name and unit say the quantity; a sentence if it was too much."""
        self._meaning = {key: names for key, names in self._meaning.items() if key[0] != device}
        for metric in metrics:
            if not metric.name:
                continue
            if self.size >= MOST_BORN:
                return f"node has more than {MOST_BORN} metrics: the others are left out"
            born = Born(device, metric.name, metric.datatype, metric.unit)
            self._of_name[device, metric.name] = born
            if metric.alias is not None:
                self._of_alias[metric.alias] = born
            quantity = quantity_of(metric.name, metric.unit)
            if quantity is not None:
                self._meaning.setdefault((device, quantity), []).append(metric.name)
        return ""

    def meaning(self, device: str, quantity: str) -> list[str]:
        """The metrics of a device that mean a quantity, in the order of its birth."""
        return self._meaning.get((device, quantity), [])

    def follow(self, seq: int | None) -> str:
        """Of a message with a number: "" where it follows the last, else a sentence."""
        last, self.seq = self.seq, seq
        if seq is None or last is None or seq in ((last + 1) % 256, last):
            return ""
        if seq < last:
            self._of_alias.clear()  # a birth, which begins at 0, may be among what is missing
            return f"number went from {last} to {seq}: messages are missing, perhaps a birth"
        return f"number went from {last} to {seq}: messages are missing"

    def resolved(self, device: str, metric: Metric) -> Metric | None:
        """The metric with its name, datatype and unit of the birth; None where its alias is not known."""
        born = self._of_alias.get(metric.alias) if metric.alias is not None and not metric.name else None
        if born is None and not metric.name:
            return None
        if born is None or born.device != device:
            born = self._of_name.get((device, metric.name)) if metric.name else None
            if born is None:
                return metric if metric.name else None
        datatype = metric.datatype or born.datatype
        value = metric.value if metric.number is None else whole(metric.number, datatype)
        return Metric(
            born.name, metric.alias, metric.time_ms, datatype, metric.is_historical, metric.is_null,
            metric.unit or born.unit, value, metric.number, is_born=True,
        )  # fmt: skip

    def die(self, payload: SparkplugPayload) -> bool:
        """Of an NDEATH: whether it is of this session, and the node is gone."""
        bd_seq = payload.number_of("bdSeq")
        if None not in (bd_seq, self.bd_seq) and bd_seq != self.bd_seq:
            return False
        self.is_born = False
        self.seq = None
        self._of_alias.clear()
        return True


class EdgeNodes:
    """The nodes that were heard, the one heard longest ago first."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[str, str], EdgeNode] = {}

    def of(self, group: str, name: str) -> EdgeNode:
        """The node of a group."""
        node = self._nodes.pop((group, name), None) or EdgeNode()
        self._nodes[group, name] = node
        while len(self._nodes) > MOST_NODES or self.size > MOST_BORN_OF_ALL:
            if len(self._nodes) == 1:
                break
            del self._nodes[next(iter(self._nodes))]
        return node

    @property
    def size(self) -> int:
        """How many metrics are remembered of all."""
        return sum(node.size for node in self._nodes.values())
