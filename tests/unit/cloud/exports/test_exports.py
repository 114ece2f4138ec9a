"""Exports: any size of pages gives the same bytes, one file for each account, and what is cut is never whole."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cloud.exports.exports import Exports
from cloud.exports.order import ExportFormat, ExportRefused, ExportStep
from cloud.exports.row_pages import counted, row_pages
from cloud.exports.turns import AT_ONCE, ExportTurns
from cloud.readings.bucket_history import TooManyReadings
from cloud.readings.contract import StoreUnavailable
from cloud.readings.retention import KeptFrom
from tests.unit.cloud.exports.stored import END, file_of, order_of, stored


@pytest.mark.parametrize("step", [None, ExportStep.MINUTE, ExportStep.TEN_MINUTES, ExportStep.HOUR])
async def test_pages_of_any_size_make_the_same_file(tmp_path: Path, step: ExportStep | None):
    async with stored(tmp_path) as store:
        whole = await file_of(store, order_of(step=step))
        for most in (1, 2, 7, 64):
            assert await file_of(store, order_of(step=step), most=most) == whole


async def test_steps_are_the_same_where_a_week_ends_among_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async with stored(tmp_path) as store:
        whole = await file_of(store, order_of(step=ExportStep.TEN_MINUTES))
        monkeypatch.setattr("cloud.exports.row_pages.STRETCH_MS", 1_800_000)
        assert await file_of(store, order_of(step=ExportStep.TEN_MINUTES)) == whole


async def test_a_store_that_goes_away_midway_leaves_no_whole_file(tmp_path: Path):
    async with stored(tmp_path) as store:
        export = await Exports(_going_away(store, after=3)).begin(order_of(), account="ani", most=7)
        pieces = export.pieces()
        assert b"river" in b"".join([await anext(pieces), await anext(pieces)])
        with pytest.raises(StoreUnavailable):
            await _drained(pieces)


async def test_a_store_that_is_away_at_first_is_said_before_a_byte_and_lets_the_account_go(tmp_path: Path):
    async with stored(tmp_path) as store:
        exports = Exports(_going_away(store, after=0))
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await exports.begin(order_of(), account="ani")


async def test_what_is_removed_while_the_file_is_written_cuts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async with stored(tmp_path) as store:
        pieces = (await Exports(store).begin(order_of(), account="ani")).pieces()
        await anext(pieces)
        monkeypatch.setattr("cloud.exports.exports.kept_of", _all_removed)
        with pytest.raises(ExportRefused, match="was removed"):
            await _drained(pieces)


async def test_more_rows_than_were_expected_cut_the_file(tmp_path: Path):
    async with stored(tmp_path) as store:
        with pytest.raises(TooManyReadings, match="more than 20 rows"):
            await _drained(counted(row_pages(store, order_of(), most=7), most=20))


async def test_an_account_exports_one_file_at_a_time_and_all_together_a_few(tmp_path: Path):
    async with stored(tmp_path) as store:
        exports = Exports(store)
        await exports.begin(order_of(), account="ani")
        with pytest.raises(ExportRefused, match="for ani already"):
            await exports.begin(order_of(), account="ani")
        exports.end("ani")
        await exports.begin(order_of(form=ExportFormat.CSV), account="ani")


def test_the_turns_are_few_and_come_back():
    turns = ExportTurns()
    for number in range(AT_ONCE):
        turns.begin(f"user-{number}")
    with pytest.raises(ExportRefused, match="others download files now") as refused:
        turns.begin("late")
    assert refused.value.kind == "exports-busy"
    turns.end("user-0")
    turns.begin("late")


async def _all_removed(_store: object) -> KeptFrom:
    return KeptFrom(readings_ms=END)


async def _drained(pieces: AsyncIterator[object]) -> int:
    return len([piece async for piece in pieces])


def _going_away(store: Any, *, after: int) -> Any:
    return _GoesAway(store, after=after)


class _GoesAway:
    """A store that answers so many questions, and no more."""

    def __init__(self, store: Any, *, after: int) -> None:
        self._store, self._left, self.retention = store, after, store.retention

    async def history(self, *asked: Any, **more: Any) -> Any:
        if more["end_ms"] > END or self._left == 0:
            raise StoreUnavailable("the store is away")
        self._left -= 1
        return await self._store.history(*asked, **more)
