"""How much of what is rejected is kept of each gateway: pure arithmetic of bytes.

max     [ a share for each gateway, its own in any case      ][ for whoever needs more, at most its quota ]
quota    gw-daruba ████████████████████████████░░░░            "" ██████░░░░   who is in no registry, together

So one gateway, or many that nobody enrolled, never take the room of another.
"""

from collections.abc import Mapping

import msgspec

STRANGERS = ""
"""The owner of all that gateways send which the registry does not know."""
FULL = 0.9
"""Of its quota; from here on somebody should look."""


class DeadLetterQuota(msgspec.Struct, frozen=True):
    """Room for `max_bytes` in all and `quota_bytes` for each of `owners`."""

    max_bytes: int
    quota_bytes: int
    owners: int

    def has(self, held: Mapping[str, int], owner: str, size: int) -> bool:
        """Whether `size` bytes more of `owner` fit beside what is `held`, in bytes by owner."""
        own = held.get(owner, 0) + size
        if own > min(self.quota_bytes, self.max_bytes):
            return False
        others = sum(self._beyond_share(bytes_held) for name, bytes_held in held.items() if name != owner)
        return own <= self._share or others + self._beyond_share(own) <= self._common

    def full(self, held: Mapping[str, int], sought: Mapping[str, int]) -> list[str]:
        """The owners that have no room to speak of, or none for what they `sought` (bytes), the fullest first."""
        spare = round((1 - FULL) * self.quota_bytes)
        most = sorted({*held, *sought}, key=lambda owner: (-held.get(owner, 0), owner))
        return [owner for owner in most if not self.has(held, owner, max(spare, sought.get(owner, 0)))]

    @property
    def _share(self) -> int:
        return self.max_bytes // 2 // max(1, self.owners)

    @property
    def _common(self) -> int:
        return self.max_bytes - self._share * max(1, self.owners)

    def _beyond_share(self, bytes_held: int) -> int:
        return max(0, bytes_held - self._share)
