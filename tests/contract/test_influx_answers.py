"""What the InfluxDB store makes of a server's refusals, on a simulated server of the test's own.

The real server is in test_readings_store.py; it cannot be made to answer 429 or 413 when a test wants it.
"""

import asyncio
import re
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import cloud.readings.bad_lines
from cloud.readings.blocks import Block
from cloud.readings.contract import RejectedPoint, StoreRejected, StoreUnavailable, WriteResult
from cloud.readings.influx import InfluxStore
from cloud.readings.settings import InfluxSettings
from wire import Domain

T0 = 1_764_000_000_000


class Request(NamedTuple):
    path: str
    headers: dict[str, str]
    lines: list[str]


Answer = tuple[int, dict[str, str], str]
OK: Answer = (204, {}, "")


class SimulatedInflux(ThreadingHTTPServer):
    """Answers each write by `rule`, and keeps what it was asked and what it stored."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rule: Callable[[Request], Answer] = lambda _: OK
        self.probes = True
        """Whether it takes a point of no meaning; such points are not among its requests."""
        self.requests: list[Request] = []
        self.stored: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, request: Request) -> Answer:
        if "rollup_sweep" in request.path or "%22retention%22" in request.path:  # asked once, before the first write
            return 200, {}, '{"results":[{}]}'
        if self.probes and request.lines and request.lines[0].startswith("probe,"):
            return OK
        self.requests.append(request)
        answer = self.rule(request)
        if answer[0] == 204:
            self.stored += request.lines
        return answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SimulatedInflux

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        request = Request(self.path, dict(self.headers), body.splitlines())
        status, headers, text = self.server.answer(request)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204 and not {"Content-Length", "Transfer-Encoding"} & headers.keys():
            self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())
        self.close_connection = "Content-Length" in headers

    def do_GET(self):
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Keep still."""


@pytest.fixture
def server() -> Iterator[SimulatedInflux]:
    with SimulatedInflux() as simulated:
        serving = threading.Thread(target=simulated.serve_forever, args=(0.01,))
        serving.start()
        yield simulated
        simulated.shutdown()
        serving.join()


def block(count: int, *, sensor: str = "air-market") -> Block:
    times = [T0 + number for number in range(count)]
    return Block("daruba", sensor, "gw", Domain.AIR, 0, times, (("pm2_5", [float(n) for n in range(count)]),))


def settings(server: SimulatedInflux, **changes: object) -> InfluxSettings:
    return InfluxSettings(**({"url": server.url, "database": "siaga", "timeout_s": 20} | changes))


async def run(given: InfluxSettings, work: Callable[[InfluxStore], Coroutine[Any, Any, Any]]) -> Any:
    store = InfluxStore(given)
    try:
        return await work(store)
    finally:
        await store.close()


async def write(given: InfluxSettings, *writes: list[Block]) -> WriteResult:
    return await run(given, lambda store: store.write([store.encode(blocks) for blocks in writes]))


def error(status: int, text: str, **headers: str) -> Answer:
    return status, headers, f'{{"error": "{text}"}}'


def times_of(lines: list[str]) -> list[int]:
    return [int(line.rsplit(" ", 1)[1]) - T0 for line in lines]


async def test_a_write_too_large_goes_in_halves_until_it_fits(server: SimulatedInflux):
    server.rule = lambda request: error(413, "too large") if len(request.lines) > 3 else OK
    assert await write(settings(server), [block(10)]) == WriteResult()
    assert times_of(server.stored) == list(range(10))


async def test_a_single_line_too_large_is_rejected_and_the_others_stored(server: SimulatedInflux):
    server.rule = lambda request: error(413, "too large") if any(" 1764000000004" in x for x in request.lines) else OK
    result = await write(settings(server), [block(9)])
    assert result.rejected == (RejectedPoint(0, 4, "413: too large"),)
    assert times_of(server.stored) == [0, 1, 2, 3, 5, 6, 7, 8]


async def test_lines_that_the_server_names_are_rejected_and_the_rest_goes_in_one_more_request(server: SimulatedInflux):
    def rule(request: Request) -> Answer:
        bad = [line for line in request.lines if re.search(r"00[27]$", line)]
        return error(400, f"partial write: unable to parse '{bad[0]}': no") if bad else OK

    result = await write(settings(server), [block(5)], [block(5, sensor="b")], [block(9)])
    assert result == WriteResult()
    server.stored.clear()
    server.requests.clear()
    server.rule = rule
    result = await write(settings(server), [block(5)], [block(1)], [block(9)])
    assert [(each.write, each.point) for each in result.rejected] == [(0, 2), (2, 2), (2, 7)]
    assert "unable to parse" in result.rejected[0].reason
    assert len(server.stored) == 12


async def test_bad_lines_that_nobody_names_are_found_by_halving(server: SimulatedInflux):
    def rule(request: Request) -> Answer:
        bad = sum(time_ms in (3, 50) for time_ms in times_of(request.lines))
        return error(400, f"partial write: field type conflict dropped={bad}") if bad else OK

    server.rule = rule
    result = await write(settings(server), [block(100)])
    assert [each.point for each in result.rejected] == [3, 50]
    assert sorted(times_of(server.stored)) == [n for n in range(100) if n not in (3, 50)]
    assert len(server.requests) < 40


async def test_when_the_server_dropped_every_line_no_halving_is_needed(server: SimulatedInflux):
    server.rule = lambda request: error(400, f"partial write: beyond retention policy dropped={len(request.lines)}")
    result = await write(settings(server), [block(50)])
    assert len(result.rejected) == 50
    assert len(server.requests) == 1


async def test_a_server_that_takes_no_line_at_all_condemns_none(server: SimulatedInflux):
    server.probes = False
    server.rule = lambda _: error(400, "cannot parse this")
    with pytest.raises(StoreRejected, match="answered 400: cannot parse this"):
        await write(settings(server), [block(3)])
    server.rule = lambda _: (413, {"Content-Type": "text/html"}, "<html>too large</html>")
    with pytest.raises(StoreRejected, match="answered 413"):
        await write(settings(server), [block(3)])


async def test_a_reading_that_a_500_says_is_never_taken_is_found_and_the_others_are_stored(server: SimulatedInflux):
    words = "unexpected error writing points to database: partial write: points beyond retention policy dropped=1"
    server.rule = lambda request: error(500, words) if 5 in times_of(request.lines) else OK
    result = await write(settings(server), [block(9)])
    assert [(each.point, each.reason) for each in result.rejected] == [(5, f"500: {words}")]
    assert times_of(server.stored) == [0, 1, 2, 3, 4, 6, 7, 8]


PAGE: Answer = (200, {"Content-Type": "text/html"}, "<html>It works!</html>")
FOREIGN: dict[str, Answer] = {
    "page": PAGE,
    "page without a type": (200, {}, "\n<!DOCTYPE html><p>It works!"),
    "empty": (200, {}, ""),
    "json": (200, {"Content-Type": "application/json"}, '{"status":"ok"}'),
    "accepted": (202, {}, "{}"),
    "portal": (302, {"Location": "http://portal.example/?u=1"}, ""),
    "moved": (308, {"Location": "/"}, "<html>moved</html>"),
    "not found": (404, {"Content-Type": "text/html"}, "<html>404</html>"),
    "cut": (200, {"Content-Type": "application/json"}, '{"results":[{"statement_id":0,"ser'),
    "other results": (200, {"Content-Type": "application/json"}, '{"results":[{},{},{}]}'),
    "deep": (200, {"Content-Type": "application/json"}, "[" * 100_000),
    "latin": (200, {"Content-Type": "text/plain; charset=none-such"}, "caf\u00e9"),
}
FOREIGN_TO = {
    "write": lambda store: store.write([store.encode([block(3)])]),
    "probe": lambda store: store.probe(),
    "history": lambda store: store.history("air-market", "pm2_5", start_ms=0, end_ms=9),
    "newest": lambda store: store.newest(),
    "count": lambda store: store.count("air-market", "pm2_5"),
    "open": lambda store: store.open(),
}


ASKED = [
    (api, answer, ask)
    for api, answer, ask in product(["v1", "v2"], FOREIGN, FOREIGN_TO)
    if (api, answer, ask) != ("v1", "other results", "open")  # there results are what it asks for
]


@pytest.mark.parametrize(("api", "answer", "ask"), ASKED)
async def test_whatever_else_answers_at_the_address_is_refused_in_a_sentence(
    server: SimulatedInflux, api: str, answer: str, ask: str
):
    server.probes = False
    server.rule = lambda _: FOREIGN[answer]
    given = settings(server, api=api, bucket="readings")
    with pytest.raises(StoreRejected, match=f"InfluxDB at {server.url} answered .* which no InfluxDB does.*store.url"):
        await run(given, FOREIGN_TO[ask])
    assert server.stored == []


@pytest.mark.parametrize("ask", FOREIGN_TO)
@pytest.mark.parametrize(
    "spoilt",
    [
        (200, {"Content-Encoding": "gzip"}, "this is no gzip"),
        (200, {"Content-Length": "500"}, '{"results":'),
        (200, {"Transfer-Encoding": "chunked"}, '5\r\n{"res\r\nzz'),
        (502, {"Content-Type": "text/html"}, "<html>Bad Gateway</html>"),
    ],
)
async def test_an_answer_that_is_spoilt_on_its_way_is_waited_for(server: SimulatedInflux, ask: str, spoilt: Answer):
    server.probes = False
    server.rule = lambda _: spoilt
    with pytest.raises(StoreUnavailable) as raised:
        await run(settings(server, timeout_s=1.0), FOREIGN_TO[ask])
    assert not isinstance(raised.value, StoreRejected)


@pytest.mark.parametrize(
    "pong", [(204, {}, ""), (200, {"X-Influxdb-Version": "3.0"}, "ok"), (200, {}, '{"version":"3"}')]
)
async def test_the_pings_of_all_versions_are_known(server: SimulatedInflux, pong: Answer):
    server.rule = lambda _: pong
    await run(settings(server, api="v2", bucket="readings"), lambda store: store.open())


async def test_a_user_who_may_not_make_databases_may_write(server: SimulatedInflux):
    server.rule = lambda _: error(403, "not authorized to execute CREATE DATABASE")
    await run(settings(server), lambda store: store.open())


async def test_a_name_and_password_in_the_address_are_not_said(server: SimulatedInflux):
    server.rule = lambda _: error(403, "no")
    given = settings(server, url=server.url.replace("//", "//ani:secret@"))
    with pytest.raises(StoreRejected) as raised:
        await write(given, [block(1)])
    assert "secret" not in str(raised.value)
    assert server.url in str(raised.value)


async def test_a_line_that_fails_where_others_succeed_is_looked_at_apart(
    server: SimulatedInflux, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cloud.readings.bad_lines, "CONFIRM_S", (0.0, 0.0, 0.0))
    server.rule = lambda request: error(500, "engine: index out of range") if 5 in times_of(request.lines) else OK

    async def work(store: InfluxStore) -> WriteResult:
        return await store.write_isolated([store.encode([block(4)]), store.encode([block(9, sensor="b"), block(2)])])

    result = await run(settings(server), work)
    assert [(each.write, each.point) for each in result.rejected] == [(1, 5)]
    assert result.rejected[0].reason == "answered 500: engine: index out of range"
    assert len(server.stored) == 14


@pytest.mark.parametrize("apart", [False, True])
async def test_of_a_line_with_a_bad_field_the_other_quantities_are_stored(
    server: SimulatedInflux, monkeypatch: pytest.MonkeyPatch, apart: bool
):
    monkeypatch.setattr(cloud.readings.bad_lines, "CONFIRM_S", (0.0,))
    answer = (
        error(500, "engine: of all things") if apart else error(400, "partial write: field type conflict dropped=1")
    )
    server.rule = lambda request: answer if any("pm10=2" in line for line in request.lines) else OK
    fields = (("pm2_5", [1.0, 2.0, 3.0]), ("pm10", [1.0, 2.0, 3.0]), ("temperature", [1.0, 2.0, 3.0]))
    written = Block("daruba", "air", "gw", Domain.AIR, 8, [T0, T0 + 1, T0 + 2], fields)

    async def work(store: InfluxStore) -> WriteResult:
        return await (store.write_isolated if apart else store.write)([store.encode([written])])

    result: WriteResult = await run(settings(server), work)
    (rejected,) = result.rejected
    assert (rejected.point, rejected.quantities) == (1, ("pm10",))
    assert sorted(line.split(" ", 1)[1] for line in server.stored) == [
        f"pm2_5=1.0,pm10=1.0,temperature=1.0,marks=8i {T0}", f"pm2_5=2.0,marks=8i {T0 + 1}",
        f"pm2_5=3.0,pm10=3.0,temperature=3.0,marks=8i {T0 + 2}", f"temperature=2.0,marks=8i {T0 + 1}",
    ]  # fmt: skip


async def test_no_line_is_condemned_while_the_server_takes_nothing(server: SimulatedInflux):
    server.probes = False
    server.rule = lambda _: error(503, "starting")
    with pytest.raises(StoreUnavailable, match="starting"):
        await run(settings(server), lambda store: store.write_isolated([store.encode([block(9)])]))
    assert len(server.requests) == 2


async def test_a_field_of_text_is_no_reading_and_keeps_none_from_being_read(server: SimulatedInflux):
    series = '{"name":"air","columns":["time","pm2_5","marks"],"values":[[5,"high",0],[6,true,0],[7,1.5,"x"]]}'
    server.rule = lambda _: (200, {}, f'{{"results":[{{"statement_id":0,"series":[{series}]}}]}}')
    found = await run(settings(server), lambda store: store.history("air-market", "pm2_5", start_ms=0, end_ms=9))
    assert [(point.time_ms, point.value, point.marks) for point in found] == [(7, 1.5, 0)]
    server.rule = lambda _: (200, {}, '{"results":[{"error":"unsupported mean iterator type: *query.stringIterator"}]}')
    means = await run(settings(server), lambda store: store.history("a", "pm2_5", start_ms=0, end_ms=9, every_ms=3))
    assert means == []


async def test_422_is_about_lines_too(server: SimulatedInflux):
    server.rule = lambda request: error(422, "partial write: type conflict") if 1 in times_of(request.lines) else OK
    result = await write(settings(server), [block(3)])
    assert [each.point for each in result.rejected] == [1]


async def test_a_400_of_a_proxy_rejects_no_readings(server: SimulatedInflux):
    server.rule = lambda _: (400, {"Content-Type": "text/html"}, "<html>plain HTTP sent to HTTPS</html>")
    with pytest.raises(StoreRejected, match="plain HTTP sent to HTTPS"):
        await write(settings(server), [block(3)])


@pytest.mark.parametrize(
    ("status", "advice"),
    [(401, "check store.username"), (403, "let store.username write"), (404, "make the database"), (301, "check")],
)
async def test_a_refusal_says_who_must_do_what(server: SimulatedInflux, status: int, advice: str):
    server.rule = lambda _: error(status, "no")
    with pytest.raises(StoreRejected, match=f"InfluxDB at {server.url} answered {status}: no; {advice}"):
        await write(settings(server), [block(1)])


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_a_server_that_cannot_now_is_unavailable_and_not_refusing(server: SimulatedInflux, status: int):
    server.rule = lambda _: error(status, "later", **{"Retry-After": "17"})
    with pytest.raises(StoreUnavailable, match=f"answered {status}: later") as raised:
        await write(settings(server), [block(1)])
    assert not isinstance(raised.value, StoreRejected)
    assert raised.value.retry_after_s == 17


async def test_after_a_500_the_same_write_is_stored(server: SimulatedInflux):
    answers = [error(500, "engine busy"), OK]
    server.rule = lambda _: answers.pop(0)

    async def work(store: InfluxStore) -> WriteResult:
        encoded = store.encode([block(2)])
        with pytest.raises(StoreUnavailable):
            await store.write([encoded])
        return await store.write([encoded])

    assert await run(settings(server), work) == WriteResult()
    assert times_of(server.stored) == [0, 1]


async def test_no_answer_in_time_is_unavailable(server: SimulatedInflux):
    release = threading.Event()

    def rule(_: Request) -> Answer:
        release.wait(20)
        return OK

    server.rule = rule
    try:
        with pytest.raises(StoreUnavailable, match=r"did not answer within 0\.2 s"):
            await write(settings(server, timeout_s=0.2), [block(1)])
    finally:
        release.set()


async def test_nobody_at_the_address_is_unavailable():
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        await write(InfluxSettings(url="http://127.0.0.1:9", database="d"), [block(1)])


async def test_v1_writes_with_its_name_and_password(server: SimulatedInflux, tmp_path: Path):
    (tmp_path / "pw").write_text("secret\n")
    given = settings(server, username="siaga", password_file=tmp_path / "pw")

    async def work(store: InfluxStore) -> None:
        await store.open()
        await store.write([store.encode([block(1)])])

    await run(given, work)
    made, written = server.requests
    assert "CREATE+DATABASE" in made.path
    assert written.path == "/write?db=siaga&precision=ms"
    assert written.headers["Authorization"] == "Basic c2lhZ2E6c2VjcmV0"


async def test_a_clustered_v1_is_asked_for_as_many_nodes_as_the_settings_say(server: SimulatedInflux):
    await write(settings(server, consistency="quorum"), [block(1)])
    await write(settings(server), [block(1)])
    writes = [request.path for request in server.requests if "write" in request.path]
    assert writes == ["/write?db=siaga&precision=ms&consistency=quorum", "/write?db=siaga&precision=ms"]


async def test_v2_writes_with_its_token_which_is_read_anew_when_opened_again(server: SimulatedInflux, tmp_path: Path):
    (tmp_path / "token").write_text("old")
    given = settings(server, api="v2", database="", org="city", bucket="readings", token_file=tmp_path / "token")

    async def work(store: InfluxStore) -> None:
        await store.open()
        await store.write([store.encode([block(1)])])
        (tmp_path / "token").write_text("new")
        await store.open()
        await store.write([store.encode([block(1)])])

    await run(given, work)
    writes = [request for request in server.requests if "write" in request.path]
    assert [request.path for request in writes] == ["/api/v2/write?org=city&bucket=readings&precision=ms"] * 2
    assert [request.headers["Authorization"] for request in writes] == ["Token old", "Token new"]


async def test_a_token_file_that_cannot_be_read_is_a_refusal(server: SimulatedInflux, tmp_path: Path):
    given = settings(server, api="v2", database="", bucket="b", token_file=tmp_path / "none")
    with pytest.raises(StoreRejected, match="none: No such file"):
        await run(given, lambda store: store.open())


async def test_v2_reads_by_influxql_from_the_bucket(server: SimulatedInflux):
    series = '{"name":"air","columns":["time","pm2_5","marks"],"values":[[5,1,2]]}'
    server.rule = lambda _: (200, {}, f'{{"results":[{{"statement_id":0,"series":[{series}]}}]}}')
    given = settings(server, api="v2", database="", bucket="readings")
    (point,) = await run(given, lambda store: store.history("air-market", "pm2_5", start_ms=0, end_ms=9))
    assert (point.time_ms, point.value, point.marks) == (5, 1, 2)
    assert server.requests[0].path.startswith("/query?db=readings&epoch=ms&q=SELECT")


async def test_a_missing_database_is_a_refusal_when_reading(server: SimulatedInflux):
    server.rule = lambda _: (200, {}, '{"results":[{"statement_id":0,"error":"database not found: siaga"}]}')
    with pytest.raises(StoreRejected, match="database not found"):
        await run(settings(server), lambda store: store.count("air-market", "pm2_5"))


async def test_overlapped_writes_are_under_way_together(server: SimulatedInflux):
    both = threading.Barrier(2, timeout=20)

    def rule(_: Request) -> Answer:
        both.wait()
        return OK

    server.rule = rule

    async def work(store: InfluxStore) -> None:
        await asyncio.gather(*(store.write([store.encode([block(1)])]) for _ in range(2)))

    started = time.monotonic()
    await run(settings(server), work)
    assert time.monotonic() - started < 20
