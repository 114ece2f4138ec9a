"""Which of several alike sensors a name means: the one that had it first, known again by its own id.

    message 1   DS18B20-1 {"Id": "01131B"}   DS18B20-2 {"Id": "02F3A9"}     taken: the first, 01131B; 02F3A9 is another
    message 2   DS18B20   {"Id": "02F3A9"}                                  01131B is gone: nothing is taken
    message 3   DS18B20   {"Id": "03AA10"}                                  one that was never here: put in its place

Only where a message had several for one quantity is there anything to remember; that is kept with the readings.
"""

import json
import logging
from collections.abc import Iterator
from zlib import crc32

import msgspec

from firmware_bridge.sample import Frame, Sample

_log = logging.getLogger(__name__)

MOST_SENSORS = 500
MOST_OTHERS = 50


def identities_key(source: str, table: str) -> str:
    """Where the identities of a source are kept; a source whose table was changed learns them anew."""
    return f"identities.{source}.{crc32(table.encode()):08x}"


class Identity(msgspec.Struct):
    """The id that a sensor's quantity was taken from, and the ids of others beside it."""

    own: str
    others: list[str]


class Identities:
    """The identities behind the sensors of one source."""

    def __init__(self, key: str, kept: str) -> None:
        self._key = key
        self._known = _parse(kept)
        self._changed = False

    def news(self) -> dict[str, str] | None:
        """What is to be kept, under the key that it is kept under; None where nothing changed since this was asked."""
        if not self._changed:
            return None
        self._changed = False
        return {self._key: msgspec.json.encode(self._known).decode()}

    def choose(self, sensor: str, frame: Frame) -> tuple[tuple[Sample, ...], str]:
        """The samples of `frame` that are of `sensor`, and a sentence where one is not."""
        chosen: list[Sample] = []
        sentences: list[str] = []
        for quantity in dict.fromkeys(sample.quantity for sample in (*frame.samples, *frame.others)):
            found = self._choose(
                f"{sensor}/{quantity}", list(_of(frame.samples, quantity)), list(_of(frame.others, quantity))
            )
            if isinstance(found, Sample):
                chosen.append(found)
            elif found:
                sentences.append(f"{quantity}: {found}")
        return tuple(chosen), "; ".join(sentences)

    def _choose(self, key: str, first: list[Sample], others: list[Sample]) -> Sample | str:
        known = self._known.get(key)
        if known is None:
            if first and others and first[0].own_id and len(self._known) < MOST_SENSORS:
                self._known[key] = Identity(first[0].own_id, [])
                self._changed = True
                self._remember(key, others)
            return first[0] if first else ""
        again = next((sample for sample in (*first, *others) if sample.own_id == known.own), None)
        if again is not None:
            self._remember(key, [*first, *others])
            return again
        fresh = next((sample for sample in first if sample.own_id not in known.others), None)
        if fresh is None:
            return f"sensor {known.own} is not there, only {', '.join(_ids(first, others))}, which is another"
        _log.warning("%s: sensor %s is in the place of %s", key, fresh.own_id or "without an id", known.own)
        known.own = fresh.own_id or known.own
        self._changed = True
        return fresh

    def _remember(self, key: str, beside: list[Sample]) -> None:
        known = self._known[key]
        for sample in beside:
            if sample.own_id not in ("", known.own, *known.others) and len(known.others) < MOST_OTHERS:
                known.others.append(sample.own_id)
                self._changed = True


def _of(samples: tuple[Sample, ...], quantity: str) -> Iterator[Sample]:
    return (sample for sample in samples if sample.quantity == quantity)


def _ids(*samples: list[Sample]) -> list[str]:
    return [sample.own_id for some in samples for sample in some][:5]


def _parse(kept: str) -> dict[str, Identity]:
    try:
        return msgspec.convert(json.loads(kept or "{}"), dict[str, Identity])
    except (ValueError, msgspec.ValidationError):
        _log.warning("what is kept of the sensors' identities cannot be read; they are learnt anew")
        return {}
