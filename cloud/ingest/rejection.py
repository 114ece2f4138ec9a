"""What the checks reject of a message, whole and with its reason, on its way to the dead letters."""

import hashlib
from collections.abc import Iterator, Mapping

import msgspec

ROW_BYTES = 512
"""What a dead letter takes on disk besides its raw form and sentence, roughly: columns, indexes, page overhead."""


class Rejection(msgspec.Struct, frozen=True):
    """Readings, or a whole message, that the checks reject: to become a dead letter.

    `raw` is a batch in wire encoding with the rejected readings, or the message as it came; `series` says how many
    readings of which sensor and quantity they are, as far as that can be read. `discarded`: there was no room for it.
    """

    gateway: str
    reason: str
    sentence: str
    raw: bytes
    readings: int
    series: Mapping[tuple[str, str], int] = {}
    discarded: bool = False

    @property
    def fingerprint(self) -> str:
        """The same for the same raw form of the same gateway, rejected for the same reason."""
        return hashlib.sha256(b"\0".join((self.gateway.encode(), self.reason.encode(), self.raw))).hexdigest()

    @property
    def size(self) -> int:
        """Bytes on disk, roughly."""
        return len(self.raw) + len(self.sentence.encode()) + ROW_BYTES

    def by_series(self) -> Iterator[tuple[tuple[str, str], int]]:
        """How many readings of each (sensor, quantity); of ("", "") those of which nobody can say whose they are."""
        yield from self.series.items()
        nameless = self.readings - sum(self.series.values())
        if nameless:
            yield ("", ""), nameless
