"""How many readings a gateway has numbered, by its own disk: the other side of the cloud's account.

DATA/gw-daruba.spool.db  stream: 9460b34c…  last 24, 36ebccdc…  last 2168        one stream for each start of the agent

An agent that runs keeps its spool to itself, so it is read while the gateway has no power, from a copy.
"""

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Numbered = Mapping[str, int]
"""The last number of each stream."""


def numbered_by(spool: Path) -> Numbered:
    """Read a spool whose agent is dead; OSError or sqlite3.Error where it cannot be read."""
    with tempfile.TemporaryDirectory(prefix="siaga-demo-") as folder:
        for file in (spool, spool.with_name(f"{spool.name}-wal")):  # where what is newest may still stand
            if file.exists():
                shutil.copy(file, folder)
        with contextlib.closing(sqlite3.connect(Path(folder) / spool.name)) as database:
            return dict(database.execute("SELECT name, last FROM stream"))


def not_stored(numbered: Numbered, gateways: list[dict[str, Any]]) -> int:
    """Count those of `numbered` that the accounts in the answer of /gateways do not have as received."""
    received = {
        stream["stream"]: stream["received"] if stream["missing"] or stream["declared_lost"] else stream["last"]
        for gateway in gateways
        for stream in gateway["account"]["streams"]
    }
    return sum(max(0, last - received.get(stream, 0)) for stream, last in numbered.items())
