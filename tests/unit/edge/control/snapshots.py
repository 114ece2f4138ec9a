"""A gateway as `status` answers, for tests: snapshot(link=…) with another part."""

from typing import Any

import msgspec

from edge.control.snapshot import (
    AgentSnapshot,
    ClockNow,
    CloudNow,
    LinkNow,
    RefusedNow,
    SourceNow,
    SpoolNow,
    ValueNow,
)
from wire import Clock, SourceStatus

NOW_MS = 1_764_383_553_000
"""2025-11-29 02:32:33 UTC."""


def snapshot(**parts: Any) -> AgentSnapshot:
    """A gateway of which all is well but that the cloud refuses one sensor; `parts` stand in for its own."""
    river = SourceNow(
        "river", SourceStatus.OK, "", 1_204, 1_210, 9_680, 31, 0, 0.5, 1.2,
        (ValueNow("river-daruba-1", "water_level", 132.4, "cm", 1.2),),
    )  # fmt: skip
    air = SourceNow("air", SourceStatus.OK, "", 24, 24, 1_200, 0, 12, 0.1, 8.0, ())
    whole = AgentSnapshot(
        "gw-daruba", "0.1.0", NOW_MS, 3_600.0, (river, air),
        SpoolNow(0, 400_000, 512 * 2**20, 500 * 2**20, 0, None, 0.6, 20_000_000.0, None, ""),
        LinkNow("broker.example.org:8883", True, 3_590.0, 2.0, ""),
        ClockNow(Clock.SYNCED, "the system", ""),
        CloudNow(NOW_MS - 2_000, 1_216, (RefusedNow("air-mraket", "unknown_sensor", 12),), 12, 4.0),
    )  # fmt: skip
    return msgspec.structs.replace(whole, **parts)
