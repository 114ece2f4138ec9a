"""Exports: an order becomes a file, page by page, of which never more than a page and a group of rows is in memory.

export = await exports.begin(order, account="ani")      the first page is read: what fails now is said, and nothing sent
async for piece in export.pieces(): …                   what fails later cuts the file, and whoever sends it shows that
exports.end("ani")                                       the next one may begin
"""

import asyncio
from collections.abc import AsyncIterator

from cloud.exports.csv_file import CsvFile
from cloud.exports.order import ExportFormat, ExportOrder, ExportRefused, check_kept, check_order
from cloud.exports.parquet_file import ParquetFile, must_have_parquet
from cloud.exports.row_pages import RowPage, counted, row_pages
from cloud.exports.turns import ExportTurns
from cloud.readings.bucket_history import TooManyReadings, kept_of
from cloud.readings.contract import ReadingsStore, StoreUnavailable

CUTS = (StoreUnavailable, TooManyReadings, ExportRefused)
"""What ends a file before its end."""


class Export:
    """One file on its way; `rows` counts what has been written of it."""

    def __init__(
        self, store: ReadingsStore, order: ExportOrder, pages: AsyncIterator[RowPage], first: RowPage | None
    ) -> None:
        self.rows = 0
        self._store, self._order, self._pages, self._first = store, order, pages, first
        self._file = ParquetFile(order) if order.form is ExportFormat.PARQUET else CsvFile(order)

    @property
    def media_type(self) -> str:
        """The media type of the file."""
        return self._file.media_type

    async def pieces(self) -> AsyncIterator[bytes]:
        """The bytes of the file, made in a thread; what of CUTS is raised says that it is not whole."""
        yield await asyncio.to_thread(self._file.begin)
        if self._first is not None:
            yield await self._part(self._first)
        async for page in self._pages:
            yield await self._part(page)
        check_kept(self._order, await kept_of(self._store))  # else some of it was removed while it was read
        yield await asyncio.to_thread(self._file.end)

    async def _part(self, page: RowPage) -> bytes:
        self.rows += page.count
        return await asyncio.to_thread(self._file.part, page)


class Exports:
    """Writes files of what is in `store`, at most so many at once."""

    def __init__(self, store: ReadingsStore) -> None:
        self._store, self._turns = store, ExportTurns()

    async def begin(self, order: ExportOrder, *, account: str, most: int | None = None) -> Export:
        """Begin a file for an account, which ends with `end(account)`; `most`: readings in a page (None: the usual).

        ExportRefused; StoreUnavailable, TooManyReadings where already the first page fails.
        """
        if order.form is ExportFormat.PARQUET:
            must_have_parquet()
        check_order(order)
        check_kept(order, await kept_of(self._store))
        self._turns.begin(account)
        try:
            pages = counted(row_pages(self._store, order, most=most))
            return Export(self._store, order, pages, await anext(pages, None))
        except BaseException:
            self._turns.end(account)
            raise

    def end(self, account: str) -> None:
        """End the file of an account, whole or not."""
        self._turns.end(account)
