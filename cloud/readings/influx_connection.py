"""The connection to an InfluxDB: requests that end in bounded time and memory, and what its answers mean to us.

connection.open()     connection.post(lines) -> WriteAnswer     connection.query("SELECT …") -> [Result]
       `── whatever else comes back is StoreUnavailable, or StoreRejected where somebody must act
"""

import asyncio
from base64 import b64encode
from collections.abc import Callable

import aiohttp
import httpx
from yarl import URL

from cloud.readings.contract import StoreRejected, StoreUnavailable
from cloud.readings.influx_answers import (
    MAX_ERROR_TEXT,
    STORED,
    AnswerMeaning,
    Result,
    WriteAnswer,
    answer_of,
    error_text,
    is_foreign,
    names_version,
    no_influx,
    printable,
    results_of,
    retry_after_s,
)
from cloud.readings.influxql import identifier
from cloud.readings.settings import InfluxSettings
from i18n.message import LocalizedMessage, joined
from runtime.secret_urls import SecretUrl

CONNECTIONS = 8
ANSWER_BYTES = 64 * 2**20
"""An answer beyond this is not read to its end: no question of ours has so long a one."""
LONGEST_ANSWER = 6.0
"""How many times `timeout_s` an answer may take in all, since each of its pieces may take that long."""


class InfluxConnection:
    """The way to the InfluxDB at `settings.url`; it is opened in the event loop that uses it.

    aiohttp asks, since a request by httpx costs several times as much, and a trickle of readings is made of requests;
    what comes back is read as an `httpx.Response`, which needs no connection.
    """

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        self._url = SecretUrl(settings.url)
        self.name = f"InfluxDB at {self._url}"
        self._write_address = _write_address(settings)
        self._login: dict[str, str] = {}
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Find the server and, on v1 where the user may, make the database; StoreUnavailable where that fails.

        Credentials are read from their files here, so opening again takes changed ones.
        """
        self._login = _login(self._settings)
        if self._settings.api == "v2":
            self._know(await self._request("GET", self._address("/ping")), knows=_is_pong)
            return
        statement = f"CREATE DATABASE {identifier(self._settings.database)}"
        self._know(await self._request("POST", self._address("/query", {"q": statement})), knows=_has_results)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def post(self, body: bytes) -> WriteAnswer:
        """Write lines, and return what the server says of them; StoreUnavailable where that is not about the lines."""
        response = await self._request("POST", self._write_address, content=body)
        if response.status_code == 204:
            return STORED
        answer = answer_of(response)
        if answer.meaning is AnswerMeaning.REFUSED and is_foreign(response):
            raise StoreRejected(self._is_no_influx(response))
        if answer.meaning is AnswerMeaning.REFUSED:
            raise StoreRejected(self.refusal(answer.status, answer.text))
        if answer.meaning is AnswerMeaning.WAIT:
            raise StoreUnavailable(self._answered(answer.status, answer.text), retry_after_s=answer.retry_after_s)
        return answer

    async def query(self, statements: str, *, count: int = 1) -> list[Result]:
        """The results of `count` statements."""
        return await self._ask("GET", statements, count)

    async def execute(self, statement: str) -> None:
        """Have a statement done that changes something."""
        await self._ask("POST", statement, 1)

    async def _ask(self, method: str, statements: str, count: int) -> list[Result]:
        params = {"db": self._settings.query_database, "epoch": "ms", "q": statements}
        response = await self._request(method, self._address("/query", params))
        if response.status_code == 200:
            return self._results(response, count)
        if response.status_code < 500 and is_foreign(response):
            raise StoreRejected(self._is_no_influx(response))
        raise self._no_answer(response.status_code, error_text(response), retry_after_s(response))

    def _know(self, response: httpx.Response, *, knows: Callable[[httpx.Response], bool]) -> None:
        """Refuse a server that is none of ours, or not for us; what a user may not do here shows when writing."""
        status = response.status_code
        if status == 401:
            raise StoreRejected(self.refusal(401, error_text(response)))
        if is_foreign(response) and status < 500 and not (status // 100 == 2 and knows(response)):
            raise StoreRejected(self._is_no_influx(response))
        if status >= 500:
            raise self._no_answer(status, error_text(response), retry_after_s(response))

    def _results(self, response: httpx.Response, count: int) -> list[Result]:
        results = results_of(response)
        if results is None or len(results) != count:
            raise StoreRejected(self._is_no_influx(response))
        failed = next((result.error for result in results if result.error and not _has_no_numbers(result.error)), "")
        if failed:
            raise self._no_answer(404 if "not found" in failed else 500, failed, None)
        return results

    def _no_answer(self, status: int, text: str, wait_s: float | None) -> StoreUnavailable:
        if 300 <= status < 500 and status not in (408, 425, 429):
            return StoreRejected(self.refusal(status, text))
        return StoreUnavailable(self._answered(status, text), retry_after_s=wait_s)

    async def _request(self, method: str, address: URL, *, content: bytes | None = None) -> httpx.Response:
        """Ask, and read the answer to its end, in bounded time and memory."""
        try:
            async with asyncio.timeout(LONGEST_ANSWER * self._settings.timeout_s):
                asked = self._opened().request(
                    method, address, data=content, headers=self._login, allow_redirects=False
                )
                async with asked as response:
                    return await _read(response, self._settings.timeout_s)
        except TimeoutError:
            late = LocalizedMessage(
                "{server} did not answer within {seconds:g} s", server=self.name, seconds=self._settings.timeout_s
            )
            raise StoreUnavailable(late) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            reason = self._url.keep_out_of(_words(error))
            away = LocalizedMessage("{server} cannot be reached: {reason}", server=self.name, reason=reason)
            raise StoreUnavailable(away) from None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = _session(self._settings.timeout_s)
        return self._session

    def _address(self, path: str, params: dict[str, str] | None = None) -> URL:
        return URL(f"{self._settings.url}{path}").with_query(params)

    def refusal(self, status: int, text: str) -> str:
        """Say what the server refused, and what to do about it."""
        advice = _ADVICE[self._settings.api].get(status, _CHECK)
        return joined((self._answered(status, text), advice))

    def refuses_rollups(self, reason: str) -> LocalizedMessage:
        """Say that the server takes no rollups."""
        return LocalizedMessage("{server} refuses rollups: {reason}", server=self.name, reason=reason)

    def _answered(self, status: int, text: str) -> LocalizedMessage:
        return LocalizedMessage("{server} answered {status}: {text}", server=self.name, status=status, text=text)

    def _is_no_influx(self, response: httpx.Response) -> LocalizedMessage:
        return LocalizedMessage("{server} answered {answer}", server=self.name, answer=no_influx(response))


_ADVICE = {
    "v1": {
        401: LocalizedMessage("check store.username and store.password_file"),
        403: LocalizedMessage("let store.username write to and read from the database"),
        404: LocalizedMessage("make the database named in store.database"),
    },
    "v2": {
        401: LocalizedMessage("check store.token_file"),
        403: LocalizedMessage("give the token leave to write to and read from the bucket"),
        404: LocalizedMessage(
            "make the bucket and organisation named in store.bucket and store.org (reading needs a v1 mapping too)"
        ),
    },
}
_CHECK = LocalizedMessage("check [store]")


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


def _write_address(settings: InfluxSettings) -> URL:
    if settings.api == "v1":
        asked = {"consistency": settings.consistency} if settings.consistency is not None else {}
        return URL(f"{settings.url}/write").with_query({"db": settings.database, "precision": "ms", **asked})
    into = {"org": settings.org, "bucket": settings.bucket, "precision": "ms"}
    return URL(f"{settings.url}/api/v2/write").with_query(into)


def _is_pong(response: httpx.Response) -> bool:
    return response.status_code == 204 or "x-influxdb-version" in response.headers or names_version(response)


def _has_results(response: httpx.Response) -> bool:
    return response.status_code == 204 or results_of(response) is not None


def _has_no_numbers(error: str) -> bool:
    """A field of text or of true and false has no mean; that is nothing to wait for, and nothing to read."""
    return "iterator type" in error


def _session(timeout_s: float) -> aiohttp.ClientSession:
    """Make the connections: a proxy of the machine's environment has no business between us and the database."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS),
        timeout=aiohttp.ClientTimeout(total=None, connect=timeout_s, sock_connect=timeout_s, sock_read=timeout_s),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Content-Type",),
        trust_env=False,
    )


async def _read(response: aiohttp.ClientResponse, timeout_s: float) -> httpx.Response:
    """The answer with its whole body; ClientPayloadError where that is longer than any answer of ours.

    Each piece is waited for here, since aiohttp 3.14 waits for ever on a body whose later pieces are no chunks.
    """
    body = bytearray()
    while not response.content.at_eof():
        async with asyncio.timeout(timeout_s):
            body += await response.content.readany()
        if len(body) > ANSWER_BYTES:
            raise aiohttp.ClientPayloadError(f"an answer of more than {ANSWER_BYTES // 2**20} MB")
    if response.status == 204 and not body:
        return _NOTHING_MORE
    headers = [pair for pair in response.headers.items() if pair[0].lower() not in _OF_THE_BODY_SENT]
    return httpx.Response(response.status, headers=headers, content=bytes(body))


_NOTHING_MORE = httpx.Response(204)
"""The answer to every write that was taken: nobody looks at its headers."""
_OF_THE_BODY_SENT = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def _words(error: Exception) -> str:
    """What aiohttp says of a failure, printable: a server's own words may be in it."""
    return printable(" ".join(str(error).split()))[:MAX_ERROR_TEXT] or type(error).__name__
