"""What a dialect remembers of each device, kept in the spool with the readings that a change of it belongs to.

    kept["devices.rain.0007"] = {"device":"24e124136b502217","change":1031,"memory":{"total/rainfall_total":1390}}

A row a device, so that an uplink writes a few hundred bytes and not what is known of all. Of more devices than there
are rows, the one that changed longest ago gives up its row.
"""

import logging
from collections.abc import Mapping

import msgspec

from firmware_bridge.family import Remembering

_log = logging.getLogger(__name__)

MOST_ROWS = 1_000
LONGEST_ROW = 8_000
"""Bytes; a device of which more is remembered is remembered until the next start only."""


class _Row(msgspec.Struct):
    device: str
    change: int
    memory: dict[str, int]


class DeviceMemories:
    """What `parser`, that of `source`, remembers; nothing is kept before `load`."""

    def __init__(self, source: str, parser: Remembering) -> None:
        self._prefix = f"devices.{source}."
        self._parser = parser
        self.is_loaded = False
        self._change = 0
        self._slots: dict[str, int] = {}  # that of the device which changed longest ago stands first
        self._known: dict[str, dict[str, int]] = {}

    def load(self, kept: Mapping[str, str]) -> dict[str, str]:
        """Let the parser recall what earlier starts have left of devices that it has not heard yet.

        What is to be kept of those that it has.
        """
        for slot, row in sorted(self._rows(kept), key=lambda found: found[1].change):
            self._change = row.change
            self._slots[row.device] = slot
            self._known[row.device] = row.memory
        self.is_loaded = True
        heard = self._parser.news()
        self._parser.recall({device: known for device, known in self._known.items() if device not in heard})
        return self._keep(heard)

    def changes(self) -> dict[str, str]:
        """What must be committed with the readings of the message that was read last."""
        return self._keep(self._parser.news()) if self.is_loaded else {}

    def undo(self) -> None:
        """Let the parser forget the messages that it has read since `changes`: their readings do not count."""
        if self.is_loaded:
            self._parser.recall({device: self._known.get(device, {}) for device in self._parser.news()})

    def _keep(self, news: Mapping[str, dict[str, int]]) -> dict[str, str]:
        return {
            key: text
            for device, memory in news.items()
            if memory != self._known.get(device, {})
            for key, text in self._row(device, memory)
        }

    def _row(self, device: str, memory: dict[str, int]) -> list[tuple[str, str]]:
        slot = self._slots.pop(device, None)
        if slot is None:
            slot = self._free_slot()
        self._change += 1
        self._slots[device], self._known[device] = slot, memory
        text = msgspec.json.encode(_Row(device, self._change, memory)).decode()
        if len(text) > LONGEST_ROW:
            _log.warning("%s%s: its memory has %d bytes and is not kept", self._prefix, device[:80], len(text))
            text = msgspec.json.encode(_Row(device[:80], self._change, {})).decode()  # an older one would count twice
        return [(f"{self._prefix}{slot:04d}", text)]

    def _free_slot(self) -> int:
        if len(self._slots) < MOST_ROWS:
            return min(set(range(MOST_ROWS)).difference(self._slots.values()))
        oldest = next(iter(self._slots))
        del self._known[oldest]
        return self._slots.pop(oldest)

    def _rows(self, kept: Mapping[str, str]) -> list[tuple[int, _Row]]:
        found: list[tuple[int, _Row]] = []
        for key, text in kept.items():
            slot = key.removeprefix(self._prefix)
            if key.startswith(self._prefix) and len(slot) == 4 and slot.isdecimal() and int(slot) < MOST_ROWS:
                try:
                    found.append((int(slot), msgspec.json.decode(text, type=_Row)))
                except msgspec.MsgspecError as error:
                    _log.warning("%s: what is kept of a device cannot be read (%s); it begins anew", key, error)
        return found
