"""The count of a power cut: what a spool on disk has numbered, and which of it the cloud's account does not have."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from demo.stories.numbered import not_stored, numbered_by
from edge.spool import schema


def _account(**streams: tuple[int, int, int, int]) -> list[dict[str, Any]]:
    """The answer of /gateways of one gateway whose streams have (last, received, missing, declared lost)."""
    keys = ("last", "received", "missing", "declared_lost")
    accounts = [dict(zip(keys, given, strict=True), stream=name) for name, given in streams.items()]
    return [{"account": {"streams": accounts}}]


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (_account(a=(24, 24, 0, 0), b=(2_168, 2_168, 0, 0)), 0),
        (_account(a=(24, 24, 0, 0), b=(3_000, 3_000, 0, 0)), 0),  # more have come since
        (_account(a=(24, 24, 0, 0), b=(2_100, 2_100, 0, 0)), 68),
        (_account(a=(24, 24, 0, 0), b=(2_168, 2_160, 8, 0)), 8),
        (_account(a=(24, 24, 0, 0), b=(2_168, 2_160, 0, 8)), 8),
        (_account(b=(2_168, 2_168, 0, 0)), 24),
        ([], 2_192),
    ],
)
def test_what_the_cloud_does_not_have_is_missing(account: list[dict[str, Any]], expected: int):
    assert not_stored({"a": 24, "b": 2_168}, account) == expected


def test_a_spool_is_read_with_what_its_dead_agent_had_in_the_log_beside_it(tmp_path: Path):
    spool = tmp_path / "gw-daruba.spool.db"
    living = sqlite3.connect(spool)
    living.execute("PRAGMA journal_mode = WAL")
    living.executescript(schema.SCHEMA)
    living.execute("INSERT INTO stream (name, boot, origin_ms, last) VALUES ('a', 'boot', 1, 24)")
    living.commit()
    assert (tmp_path / "gw-daruba.spool.db-wal").stat().st_size > 0
    assert numbered_by(spool) == {"a": 24}
    living.close()


def test_a_disk_without_a_spool_is_not_counted_as_none(tmp_path: Path):
    with pytest.raises(sqlite3.OperationalError):
        numbered_by(tmp_path / "gw-daruba.spool.db")
