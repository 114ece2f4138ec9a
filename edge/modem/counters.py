"""The counters of bytes that a modem's connections have: the kernel's of its interface, else those of ModemManager.

/sys/class/net/wwan0/statistics/{rx,tx}_bytes   {"8f3c…/wwan0/4": 120_411}        the kernel counts each packet
Bearer.Stats total-rx-bytes, total-tx-bytes     {"8f3c…/:1.7/Bearer/0": 98_200}   PPP, and modems that count themselves

A name holds the start of the machine, and the number of an interface or a ModemManager in it: none is used twice.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

NET = Path("/sys/class/net")
MOST_BYTES = 1 << 62
_INTERFACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,14}")
_IN_ALL = ("total-rx-bytes", "total-tx-bytes")
_OF_THIS_CONNECTION = ("rx-bytes", "tx-bytes")


def counters_of(bearers: Mapping[str, Mapping[str, Any]], *, boot: str, owner: str, net: Path = NET) -> dict[str, int]:
    """What each connection has carried, in bytes, by the name of its counter."""
    return dict(_counters(bearers, boot=boot, owner=owner, net=net))


def _counters(
    bearers: Mapping[str, Mapping[str, Any]], *, boot: str, owner: str, net: Path
) -> Iterator[tuple[str, int]]:
    for path, bearer in bearers.items():
        interface = bearer.get("Interface")
        if isinstance(interface, str) and _INTERFACE.fullmatch(interface) and (net / interface).exists():
            with suppress(OSError, ValueError):
                yield _of_the_kernel(net / interface, boot)
            continue
        stats = bearer.get("Stats")
        if isinstance(stats, Mapping):
            keys = _IN_ALL if _IN_ALL[0] in stats else _OF_THIS_CONNECTION
            carried = [each for key in keys if isinstance(each := stats.get(key), int) and 0 <= each < MOST_BYTES]
            if len(carried) == len(keys):
                yield f"{boot}/{owner}/{'/'.join(path.split('/')[-2:])}", sum(carried)


def _of_the_kernel(interface: Path, boot: str) -> tuple[str, int]:
    index, received, sent = (
        int((interface / name).read_text(encoding="ascii"))
        for name in ("ifindex", "statistics/rx_bytes", "statistics/tx_bytes")
    )
    return f"{boot}/{interface.name}/{index}", received + sent
