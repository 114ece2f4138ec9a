"""Readings in InfluxDB: line protocol in, InfluxQL out.

v1  POST /write?db=siaga&precision=ms                       1.x
v2  POST /api/v2/write?org=…&bucket=siaga&precision=ms      1.8, 2.x, 3.x, VictoriaMetrics
    GET  /query?db=siaga&epoch=ms&q=SELECT …                all of them but VictoriaMetrics

Both write paths answer when the points are in the server's write-ahead log, forced to disk. What another program, a
login page or a proxy answers at the address is told from an InfluxDB's words by `influx_answers.py`.
"""

import asyncio
from base64 import b64encode
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import httpx
import msgspec

from cloud.readings.bad_lines import BadLineFinder, BadLines
from cloud.readings.blocks import Block
from cloud.readings.contract import (
    LATEST_MS,
    Aggregate,
    EncodedWrite,
    Point,
    RejectedPoint,
    StoredReading,
    StoreRejected,
    StoreUnavailable,
    Verdict,
    WriteResult,
)
from cloud.readings.influx_answers import (
    MAX_ERROR_TEXT,
    STORED,
    AnswerMeaning,
    Result,
    WriteAnswer,
    answer_of,
    error_text,
    is_foreign,
    is_number,
    names_version,
    no_influx,
    printable,
    results_of,
    retry_after_s,
)
from cloud.readings.influxql import identifier, literal
from cloud.readings.lines import MARKS, VERDICT, lines_of, lines_of_verdicts, parts_of
from cloud.readings.settings import InfluxSettings
from rules.marks import with_verdict
from runtime.clock import wall_ms
from runtime.secret_urls import SecretUrl
from wire import QUANTITIES, Domain, Quantity

CONNECTIONS = 8
PAGE_LINES = 10_000
"""Lines of one page of all readings."""
STATEMENTS = 40
"""Statements of one query."""
EARLIEST_MS = -(2**63) // 10**6 + 1
"""The earliest time that InfluxDB knows, in its nanoseconds of 64 bits."""
ANSWER_BYTES = 64 * 2**20
"""An answer beyond this is not read to its end: no question of ours has so long a one."""
LONGEST_ANSWER = 6.0
"""How many times `timeout_s` an answer may take in all, since each of its pieces may take that long."""


class InfluxStore:
    """A `ReadingsStore` in the InfluxDB at `settings.url`."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        self._url = SecretUrl(settings.url)
        self._name = f"InfluxDB at {self._url}"
        self._login: dict[str, str] = {}
        self._client = httpx.AsyncClient(
            base_url=settings.url,
            timeout=settings.timeout_s,
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            trust_env=False,  # a proxy of the machine's environment has no business between us and the database
        )

    async def open(self) -> None:
        """Find the server and, on v1 where the user may, make the database; StoreUnavailable where that fails.

        Credentials are read from their files here, so opening again takes changed ones.
        """
        self._login = _login(self._settings)
        if self._settings.api == "v2":
            self._know(await self._request("GET", "/ping"), knows=_is_pong)
            return
        statement = f"CREATE DATABASE {identifier(self._settings.database)}"
        self._know(await self._request("POST", "/query", params={"q": statement}), knows=_has_results)

    def _know(self, response: httpx.Response, *, knows: Callable[[httpx.Response], bool]) -> None:
        """Refuse a server that is none of ours, or not for us; what a user may not do here shows when writing."""
        status = response.status_code
        if status == 401:
            raise StoreRejected(self._refusal(401, error_text(response)))
        if is_foreign(response) and status < 500 and not (status // 100 == 2 and knows(response)):
            raise StoreRejected(f"{self._name} answered {no_influx(response)}")
        if status >= 500:
            raise self._no_answer(status, error_text(response), retry_after_s(response))

    def encode(self, blocks: Sequence[Block]) -> EncodedWrite:
        """The blocks as lines."""
        return EncodedWrite(lines_of(blocks))

    async def write(self, writes: Sequence[EncodedWrite]) -> WriteResult:
        """Store all in one request, or in as many as the server's refusals make it take."""
        body = b"".join([write.form for write in writes])
        answer = await self._post(body)
        if answer.meaning is AnswerMeaning.STORED:
            return WriteResult()
        lines = _lines(body)
        return await self._rejected(writes, lines, await self._never_taken(lines, answer))

    async def write_lines(self, lines: Sequence[bytes]) -> BadLines:
        """Store lines that are made already; those that the server will never take come back with its words."""
        return await self._never_taken(list(lines), await self._post(_body(lines))) if lines else {}

    async def write_isolated(self, writes: Sequence[EncodedWrite]) -> WriteResult:
        """Store what can be stored, series by series and then line by line: see the contract."""
        lines = [line for write in writes for line in _lines(write.form)]
        bad = await self._find_bad(lines)
        return await self._rejected(writes, lines, bad)

    async def probe(self) -> None:
        """Write a point of the measurement `probe`, once a minute a new one; StoreUnavailable where it is not taken."""
        minute_ms = wall_ms() // 60_000 * 60_000
        answer = await self._post(b"probe,writer=siaga taken=1i %d\n" % minute_ms)
        if answer.meaning is not AnswerMeaning.STORED:
            raise StoreRejected(self._refusal(answer.status, answer.text))

    async def ask(self, statement: str) -> Result:
        """Ask one statement of InfluxQL; StoreUnavailable where the server refuses it."""
        (result,) = await self._query(statement)
        return result

    async def history(
        self,
        sensor: str,
        quantity: str,
        *,
        start_ms: int,
        end_ms: int,
        every_ms: int | None = None,
        agg: Aggregate = Aggregate.MEAN,
        limit: int = 100_000,
    ) -> list[Point]:
        """The readings with start <= time < end, or one point for each step: see the contract."""
        if every_ms is None:
            points = await self._readings(sensor, quantity, start_ms=start_ms, end_ms=end_ms, limit=limit)
            return await self._as_they_hold(points, sensor, quantity)
        chosen = _select(f"{agg}({identifier(quantity)})", sensor, quantity, start_ms=start_ms, end_ms=end_ms)
        rows = await self._rows(f"{chosen} GROUP BY time({every_ms}ms) fill(none) LIMIT {limit}")
        return [Point(row[0], row[1]) for row in rows if is_number(row[1])]

    async def newest(self, *, until_ms: int = LATEST_MS) -> list[StoredReading]:
        """The newest reading of every series up to `until_ms` (UTC, included).

        It takes one statement for each quantity, many in one request.
        """
        requests = _in_requests(list(QUANTITIES))
        return [reading for names in requests for reading in await self._newest_of(names, until_ms)]

    async def _newest_of(self, names: Sequence[str], until_ms: int) -> list[StoredReading]:
        queries = "; ".join(_newest(QUANTITIES[name], until_ms) for name in names)
        results = await self._query(queries, count=len(names))
        found = [
            StoredReading(**series.place(), quantity=name, time_ms=row[0], value=row[1], marks=_marks(row[2]))
            for name, result in zip(names, results, strict=True)
            for series in result.series
            for row in series.values
            if is_number(row[1])
        ]
        newest = await self._newest_verdicts(until_ms)
        return [_as_it_holds(reading, newest) for reading in found]

    async def _newest_verdicts(self, until_ms: int) -> dict[tuple[str, str], tuple[int, int]]:
        """By sensor and quantity: time and marks."""
        until = f"WHERE time <= {until_ms}ms GROUP BY sensor, quantity"
        (result,) = await self._query(f'SELECT last("{MARKS}") FROM "{VERDICT}" {until}')  # noqa: S608 - constants
        return {
            (series.tags.get("sensor", ""), series.tags.get("quantity", "")): (row[0], _marks(row[1]))
            for series in result.series
            for row in series.values
        }

    async def write_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Keep verdicts, in a measurement of their own: no tag of the readings decides where one stands."""
        bad = await self.write_lines(lines_of_verdicts(verdicts))
        if bad:
            raise StoreUnavailable(f"{self._name} refuses verdicts on readings: {next(iter(bad.values()))}")

    async def read_verdicts(self) -> AsyncIterator[list[Verdict]]:
        """Every verdict, series by series."""
        measurement = identifier(VERDICT)
        named = await self._rows(f"SHOW TAG VALUES FROM {measurement} WITH KEY = sensor")
        for sensor in sorted({row[1] for row in named}):
            async for rows in self._pages(measurement, sensor):
                yield [Verdict(sensor, row["quantity"], row["time"], _marks(row[MARKS])) for row in rows]

    async def _verdict_rows(self, sensor: str, quantity: str, start_ms: int, end_ms: int, most: int) -> list[list[Any]]:
        named = f"sensor = {literal(sensor)} AND quantity = {literal(quantity)}"
        times = f"time >= {start_ms}ms AND time < {end_ms}ms"
        return await self._rows(f'SELECT "{MARKS}" FROM "{VERDICT}" WHERE {named} AND {times} LIMIT {most}')  # noqa: S608

    async def count(self, sensor: str, quantity: str) -> int:
        """How many readings of a series are stored."""
        rows = await self._rows(_select(f"count({identifier(quantity)})", sensor, quantity))
        return int(rows[0][1]) if rows else 0

    async def read_all(self, domain: Domain) -> AsyncIterator[Block]:
        """Every reading of a domain, sensor by sensor: see the contract."""
        measurement = identifier(domain)
        named = await self._rows(f"SHOW TAG VALUES FROM {measurement} WITH KEY = sensor")
        for sensor in sorted({row[1] for row in named}):
            async for rows in self._pages(measurement, sensor):
                for block in _blocks(domain, rows):
                    yield block

    async def _pages(self, measurement: str, sensor: str) -> AsyncIterator[list[dict[str, Any]]]:
        """The lines of a sensor; asked for until there are none, since a server may give fewer than it is asked for."""
        start_ms, most = EARLIEST_MS, PAGE_LINES
        while rows := await self._page(measurement, sensor, start_ms, most):
            last_ms = rows[-1]["time"]
            # lines of other tags may share the page's last time and stand on the next one
            whole = [row for row in rows if row["time"] < last_ms]
            if not whole and len(rows) == most:
                most *= 2
                continue
            yield whole or rows
            start_ms, most = (last_ms if whole else last_ms + 1), PAGE_LINES

    async def _page(self, measurement: str, sensor: str, start_ms: int, most: int) -> list[dict[str, Any]]:
        of_sensor = f"sensor = {literal(sensor)} AND time >= {start_ms}ms"
        (result,) = await self._query(f"SELECT * FROM {measurement} WHERE {of_sensor} LIMIT {most}")  # noqa: S608 - escaped
        return [dict(zip(series.columns, row, strict=True)) for series in result.series for row in series.values]

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _rejected(self, writes: Sequence[EncodedWrite], lines: Sequence[bytes], bad: BadLines) -> WriteResult:
        """The points that are never taken; of a line with several quantities only those that fail alone."""
        if not bad:
            return WriteResult()
        parts = [(number, *part) for number in sorted(bad) for part in parts_of(lines[number])]
        alone = await self._find_bad([line for _, _, line in parts])
        tried: defaultdict[int, dict[str, str]] = defaultdict(dict)
        for place, (number, quantity, _) in enumerate(parts):
            tried[number][quantity] = alone.get(place, "")
        places = [(number, point) for number, write in enumerate(writes) for point in range(len(_lines(write.form)))]
        found = (self._point(places[number], bad[number], tried[number]) for number in sorted(bad))
        return WriteResult(tuple(each for each in found if each is not None))

    def _point(self, place: tuple[int, int], reason: str, tried: Mapping[str, str]) -> RejectedPoint | None:
        """A point that was refused, by its quantities that were `tried` alone and the words for those refused."""
        refused = tuple(quantity for quantity, words in tried.items() if words)
        if tried and not refused:
            return None
        words = (tried[refused[0]] if refused else reason).removeprefix(f"{self._name} ")
        return RejectedPoint(*place, words, refused if len(refused) < len(tried) else ())

    async def _find_bad(self, lines: Sequence[bytes]) -> BadLines:
        return await BadLineFinder(lines, store=self.write_lines, probe=self.probe).find()

    async def _never_taken(self, lines: list[bytes], answer: WriteAnswer) -> BadLines:
        """Find the bad lines; a server that takes no line at all, not even our probe, makes none of them bad."""
        bad = await self._bad_lines(lines, answer)
        if len(bad) == len(lines):
            await self.probe()
        return bad

    async def _bad_lines(self, lines: list[bytes], answer: WriteAnswer) -> BadLines:
        """Find the lines that made the server answer so, and store all others."""
        if answer.meaning is AnswerMeaning.STORED:
            return {}
        if answer.meaning is AnswerMeaning.FIND:
            named = answer.named_lines(lines)
            if named:
                return await self._without(named, lines)
        if len(lines) == 1 or answer.dropped() == len(lines):
            return dict.fromkeys(range(len(lines)), f"{answer.status}: {answer.text}")
        middle = len(lines) // 2
        first = await self._bad_lines(lines[:middle], await self._post(_body(lines[:middle])))
        second = await self._bad_lines(lines[middle:], await self._post(_body(lines[middle:])))
        return first | {number + middle: reason for number, reason in second.items()}

    async def _without(self, named: BadLines, lines: list[bytes]) -> BadLines:
        """Store all but the `named` lines, which need not be all the bad ones."""
        kept = [number for number in range(len(lines)) if number not in named]
        if not kept:
            return named
        rest = [lines[number] for number in kept]
        more = await self._bad_lines(rest, await self._post(_body(rest)))
        return named | {kept[number]: reason for number, reason in more.items()}

    async def _post(self, body: bytes) -> WriteAnswer:
        path, params = _write_target(self._settings)
        response = await self._request("POST", path, params=params, content=body)
        if response.status_code == 204:
            return STORED
        answer = answer_of(response)
        if answer.meaning is AnswerMeaning.REFUSED and is_foreign(response):
            raise StoreRejected(f"{self._name} answered {no_influx(response)}")
        if answer.meaning is AnswerMeaning.REFUSED:
            raise StoreRejected(self._refusal(answer.status, answer.text))
        if answer.meaning is AnswerMeaning.WAIT:
            sentence = f"{self._name} answered {answer.status}: {answer.text}"
            raise StoreUnavailable(sentence, retry_after_s=answer.retry_after_s)
        return answer

    async def _as_they_hold(self, points: list[Point], sensor: str, quantity: str) -> list[Point]:
        """The points with the marks that later verdicts left of theirs."""
        if not points:
            return points
        start_ms, end_ms = points[0].time_ms, points[-1].time_ms + 1
        rows = await self._verdict_rows(sensor, quantity, start_ms, end_ms, len(points))
        verdicts = {row[0]: _marks(row[1]) for row in rows}
        if not verdicts:
            return points
        return [
            Point(point.time_ms, point.value, with_verdict(point.marks, verdicts.get(point.time_ms)))
            for point in points
        ]

    async def _readings(self, sensor: str, quantity: str, *, start_ms: int, end_ms: int, limit: int) -> list[Point]:
        points: list[Point] = []
        while True:
            chosen = _select(f"{identifier(quantity)}, {MARKS}", sensor, quantity, start_ms=start_ms, end_ms=end_ms)
            rows = await self._rows(f"{chosen} LIMIT {limit}")
            # the value stands empty where the sensor said marks and only other quantities: so pages come short
            points += [Point(row[0], row[1], _marks(row[2])) for row in rows if is_number(row[1])]
            if len(rows) < limit or len(points) >= limit:
                return points[:limit]
            start_ms = rows[-1][0] + 1

    async def _rows(self, statement: str) -> list[list[Any]]:
        (result,) = await self._query(statement)
        return [row for series in result.series for row in series.values]

    async def _query(self, statements: str, *, count: int = 1) -> list[Result]:
        """The results of `count` statements."""
        params = {"db": self._settings.query_database, "epoch": "ms", "q": statements}
        response = await self._request("GET", "/query", params=params)
        if response.status_code == 200:
            return self._results(response, count)
        if response.status_code < 500 and is_foreign(response):
            raise StoreRejected(f"{self._name} answered {no_influx(response)}")
        raise self._no_answer(response.status_code, error_text(response), retry_after_s(response))

    def _results(self, response: httpx.Response, count: int) -> list[Result]:
        results = results_of(response)
        if results is None or len(results) != count:
            raise StoreRejected(f"{self._name} answered {no_influx(response)}")
        failed = next((result.error for result in results if result.error and not _has_no_numbers(result.error)), "")
        if failed:
            raise self._no_answer(404 if "not found" in failed else 500, failed, None)
        return results

    def _no_answer(self, status: int, text: str, wait_s: float | None) -> StoreUnavailable:
        if 400 <= status < 500 and status not in (408, 425, 429):
            return StoreRejected(self._refusal(status, text))
        return StoreUnavailable(f"{self._name} answered {status}: {text}", retry_after_s=wait_s)

    async def _request(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Ask, and read the answer to its end, in bounded time and memory."""
        try:
            async with asyncio.timeout(LONGEST_ANSWER * self._settings.timeout_s):
                async with self._client.stream(method, path, headers=self._login, **content) as response:
                    return await _read(response)
        except (httpx.TimeoutException, TimeoutError):
            sentence = f"{self._name} did not answer within {self._settings.timeout_s:g} s"
            raise StoreUnavailable(sentence) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = self._url.keep_out_of(_words(error))
            raise StoreUnavailable(f"{self._name} cannot be reached: {reason}") from None

    def _refusal(self, status: int, text: str) -> str:
        return f"{self._name} answered {status}: {text}; {_ADVICE[self._settings.api].get(status, 'check [store]')}"


_ADVICE = {
    "v1": {
        401: "check store.username and store.password_file",
        403: "let store.username write to and read from the database",
        404: "make the database named in store.database",
    },
    "v2": {
        401: "check store.token_file",
        403: "give the token leave to write to and read from the bucket",
        404: "make the bucket and organisation named in store.bucket and store.org (reading needs a v1 mapping too)",
    },
}


def _login(settings: InfluxSettings) -> dict[str, str]:
    try:
        token, password = settings.token(), settings.password()
    except OSError as error:
        raise StoreRejected(f"InfluxDB at {SecretUrl(settings.url)}: {error.filename}: {error.strerror}") from None
    if token is not None:
        return {"Authorization": f"Token {token}"}
    if password is not None:
        return {"Authorization": f"Basic {b64encode(f'{settings.username}:{password}'.encode()).decode()}"}
    return {}


def _write_target(settings: InfluxSettings) -> tuple[str, dict[str, str]]:
    if settings.api == "v1":
        asked = {"consistency": settings.consistency} if settings.consistency is not None else {}
        return "/write", {"db": settings.database, "precision": "ms", **asked}
    return "/api/v2/write", {"org": settings.org, "bucket": settings.bucket, "precision": "ms"}


def _blocks(domain: Domain, rows: Sequence[dict[str, Any]]) -> Iterator[Block]:
    """Lines as blocks: neighbours with the same tags, marks and fields in one."""
    for (site, sensor, gateway, marks, names), group in groupby(rows, _shape):
        lines = list(group)
        fields = tuple((name, [float(line[name]) for line in lines]) for name in names)
        if fields:
            yield Block(site, sensor, gateway, domain, marks, [line["time"] for line in lines], fields)


def _shape(row: dict[str, Any]) -> tuple[str, str, str, int, tuple[str, ...]]:
    names = tuple(name for name, value in row.items() if name in QUANTITIES and is_number(value))
    return row["site"] or "", row["sensor"], row["gateway"] or "", _marks(row.get(MARKS)), names


def _marks(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _is_pong(response: httpx.Response) -> bool:
    return response.status_code == 204 or "x-influxdb-version" in response.headers or names_version(response)


def _has_results(response: httpx.Response) -> bool:
    return response.status_code == 204 or results_of(response) is not None


def _has_no_numbers(error: str) -> bool:
    """A field of text or of true and false has no mean; that is nothing to wait for, and nothing to read."""
    return "iterator type" in error


async def _read(response: httpx.Response) -> httpx.Response:
    """The answer with its whole body; httpx.ReadError where that is longer than any answer of ours."""
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > ANSWER_BYTES:
            raise httpx.ReadError(f"an answer of more than {ANSWER_BYTES // 2**20} MB")
    headers = [pair for pair in response.headers.multi_items() if pair[0] not in _OF_THE_BODY_SENT]
    return httpx.Response(response.status_code, headers=headers, content=bytes(body))


_OF_THE_BODY_SENT = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def _words(error: Exception) -> str:
    """What httpx says of a failure, printable: a server's own words may be in it."""
    return printable(" ".join(str(error).split()))[:MAX_ERROR_TEXT] or type(error).__name__


def _as_it_holds(reading: StoredReading, newest: Mapping[tuple[str, str], tuple[int, int]]) -> StoredReading:
    time_ms, marks = newest.get((reading.sensor, reading.quantity), (None, 0))
    if time_ms != reading.time_ms:
        return reading
    return msgspec.structs.replace(reading, marks=with_verdict(reading.marks, marks))


def _lines(body: bytes) -> list[bytes]:
    return body.removesuffix(b"\n").split(b"\n")


def _body(lines: Sequence[bytes]) -> bytes:
    return b"\n".join(lines) + b"\n"


def _in_requests(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many at a time as a URL holds: proxies take 8 KiB of it, and a statement 130 bytes."""
    for first in range(0, len(names), STATEMENTS):
        yield names[first : first + STATEMENTS]


def _newest(row: Quantity, until_ms: int) -> str:
    what, measurement = identifier(row.name), identifier(row.domain)
    until = f"WHERE time <= {until_ms}ms GROUP BY site, sensor, gateway"
    return f"SELECT last({what}), {MARKS} FROM {measurement} {until}"  # noqa: S608 - constants


def _select(what: str, sensor: str, quantity: str, *, start_ms: int = EARLIEST_MS, end_ms: int = LATEST_MS) -> str:
    measurement = identifier(QUANTITIES[quantity].domain)
    times = f"time >= {start_ms}ms AND time < {end_ms}ms"
    return f"SELECT {what} FROM {measurement} WHERE sensor = {literal(sensor)} AND {times}"  # noqa: S608 - escaped
