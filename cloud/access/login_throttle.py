"""Delays after failed logins, that grow: by the name that is tried, and by the address that tries.

3 failures: none   4: 1 s   5: 2 s   6: 4 s  …  at most 60 s for a name, 15 min for an address; forgotten in an hour
"""

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable

import msgspec

from runtime.backoff import doubled_s
from runtime.clock import boot_ms

FREE = 3
"""Failures that cost nothing: people mistype."""
LONGEST_BY_NAME_S = 60.0
"""Not longer, so that nobody is kept out for long by somebody who only knows their name."""
LONGEST_BY_ADDRESS_S = 900.0
FORGOTTEN_S = 3_600.0
MOST_KEPT = 10_000
"""Names, addresses, and pairs of them: beyond that the one that was quiet longest is forgotten."""


class _Tries(msgspec.Struct):
    count: int
    last_s: float


class LoginThrottle:
    """Counts failed tries within bounds; a try counts as failed until `record_success` takes it back."""

    def __init__(
        self,
        *,
        clock_s: Callable[[], float] = lambda: boot_ms() / 1_000,
        longest_by_name_s: float = LONGEST_BY_NAME_S,
    ) -> None:
        self.clock_s = clock_s
        self._longest_by_name_s = longest_by_name_s
        self._names: OrderedDict[str, _Tries] = OrderedDict()
        self._addresses: OrderedDict[str, _Tries] = OrderedDict()
        self._trusted: OrderedDict[tuple[str, str], None] = OrderedDict()

    def begin_attempt(self, name: str, address: str) -> int:
        """Count a try and return 0; or return the whole seconds to wait first, and count nothing.

        From an address where `name` has logged in before, others' failures do not make that name wait.
        """
        block, now_s = _block(address), self.clock_s()
        wait_s = _wait_s(self._addresses.get(block), now_s, LONGEST_BY_ADDRESS_S)
        if (name, block) not in self._trusted:
            wait_s = max(wait_s, _wait_s(self._names.get(name), now_s, self._longest_by_name_s))
        if wait_s > 0:
            return math.ceil(wait_s)
        _count(self._names, name, now_s)
        _count(self._addresses, block, now_s)
        return 0

    def record_success(self, name: str, address: str) -> None:
        """Record that the try was right: the name begins again, and the address has one failure less."""
        block = _block(address)
        self._names.pop(name, None)
        if (tries := self._addresses.get(block)) is not None:
            tries.count -= 1
        self._trusted[name, block] = None
        self._trusted.move_to_end((name, block))
        if len(self._trusted) > MOST_KEPT:
            self._trusted.popitem(last=False)


def _wait_s(tries: _Tries | None, now_s: float, longest_s: float) -> float:
    if tries is None or tries.count <= FREE or now_s - tries.last_s >= FORGOTTEN_S:
        return 0.0
    delay_s = doubled_s(tries.count - FREE, first_s=1.0, longest_s=longest_s)
    return max(0.0, tries.last_s + delay_s - now_s)


def _count(kept: OrderedDict[str, _Tries], key: str, now_s: float) -> None:
    tries = kept.get(key)
    if tries is None or now_s - tries.last_s >= FORGOTTEN_S:
        tries = kept[key] = _Tries(0, now_s)
    tries.count, tries.last_s = tries.count + 1, now_s
    kept.move_to_end(key)
    if len(kept) > MOST_KEPT:
        kept.popitem(last=False)


def _block(address: str) -> str:
    """Return the address; of IPv6 its /64, which is one customer's."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
