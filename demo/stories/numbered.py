"""How many readings the gateways have numbered, by their own disks: the other side of the cloud's account.

DATA/gw-daruba.spool.db  stream: 9460b34c…  last 24, 36ebccdc…  last 2168        one stream for each start of the agent
"""

import contextlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demo.folder import GATEWAYS

Numbered = Mapping[str, int]
"""The last number of each stream."""


def numbered_by(folder: Path) -> Numbered:
    """Read it from the spools in `folder`, which their agents go on writing."""
    found: dict[str, int] = {}
    for gateway in GATEWAYS:
        spool = f"{(folder / f'{gateway}.spool.db').as_uri()}?mode=ro"
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(spool, uri=True)) as database:
            found.update(database.execute("SELECT name, last FROM stream"))
    return found


def not_stored(numbered: Numbered, gateways: list[dict[str, Any]]) -> int:
    """Count those of `numbered` that the accounts in the answer of /gateways do not have as received."""
    received = {
        stream["stream"]: stream["received"] if stream["missing"] or stream["declared_lost"] else stream["last"]
        for gateway in gateways
        for stream in gateway["account"]["streams"]
    }
    return sum(max(0, last - received.get(stream, 0)) for stream, last in numbered.items())
