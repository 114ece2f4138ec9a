"""A cloud whose readings store is another program, or one that refuses some readings for ever."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests import loopback
from tests.end_to_end.test_cloud import GATEWAY, T0, Town, batch, reading
from tests.servers import all_of, wait_until

Answer = tuple[int, str]


class Server(ThreadingHTTPServer):
    """Answers each request by `rule`, given its path and body."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, rule: Callable[[str, bytes], Answer]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.rule = rule


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, text = self.server.rule(self.path, body)
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if text.startswith("<") else "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Keep still."""


@contextmanager
def serving(port: int, rule: Callable[[str, bytes], Answer]) -> Iterator[None]:
    with Server(port, rule) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def test_a_page_at_the_store_s_address_stores_nothing_and_the_cloud_says_so_and_waits(town: Town):
    with town.running(town.broker, town.cloud) as gateways:
        with serving(town.influx_port, lambda _path, _body: (200, "<html>It works!</html>")):

            def said() -> bool:
                store = town.health()["components"]["store"]
                return store["status"] == "down" and "It works!" in store["detail"]

            wait_until(said, "health says that another program answers", patience_s=60)
            gateways.send(batch(1, *map(reading, range(5))))
            assert not gateways.acknowledged(1)
            assert not town.cloud.is_dead()
        with all_of(town.influxd):
            wait_until(lambda: gateways.acknowledged(1), "the store is the right one now", patience_s=90)
            assert len(town.rows("pm2_5")) == 5


def test_a_reading_that_the_store_fails_on_for_ever_keeps_nobody_waiting(town: Town):
    """Eight ranges of a gateway, each with such a reading, sent three times, beside ranges that are well."""
    stored: list[str] = []

    def rule(path: str, body: bytes) -> Answer:
        parts = urlsplit(path)
        if parts.path == "/query":
            statements = parse_qs(parts.query)["q"][0].count(";") + 1
            return 200, '{"results":[' + ",".join(["{}"] * statements) + "]}"
        if b"pm2_5=66" in body:
            return 500, '{"error":"engine: index out of range"}'
        stored.extend(body.decode().splitlines())
        return 204, ""

    with serving(town.influx_port, rule), town.running(town.broker, town.cloud) as gateways:
        wait_until(lambda: town.health()["components"]["store"]["status"] == "ok", "the store is open")
        for _ in range(3):
            for number in range(8):
                gateways.send(batch(1 + 2 * number, reading(number, value=66), reading(100 + number)))
        gateways.send(batch(101, *(reading(200 + number) for number in range(5))))
        wait_until(lambda: gateways.acknowledged(101), "what is well is acknowledged", patience_s=60)
        for number in range(8):
            wait_until(lambda: gateways.acknowledged(1 + 2 * number), "the others are too", patience_s=90)  # noqa: B023
        letters = town.api("/dead-letters?limit=100")["letters"]
        assert {letter["reason"] for letter in letters} == {"store_rejected"}
        assert all("index out of range" in letter["sentence"] and letter["gateway"] == GATEWAY for letter in letters)
        readings = {line for line in stored if line.startswith("air,")}
        assert len(readings) == 8 + 5
        assert town.health()["components"]["refused"]["status"] == "degraded"


def test_a_field_of_another_type_is_said_by_health_the_rules_and_the_ack(town: Town):
    with town.running() as gateways:
        wait_until(lambda: town.health()["components"]["store"]["status"] == "ok", "the store is open")
        whole_number = f"air,sensor=other pm2_5=5i {T0}"
        loopback.post(
            f"http://127.0.0.1:{town.influx_port}/write?db=siaga&precision=ms", content=whole_number, timeout=20
        ).raise_for_status()
        for number in range(3):
            gateways.send(batch(1 + 2 * number, reading(number), reading(number, quantity="pm10", value=30)))
            gateways.wait_for_ack(1 + 2 * number)
        refused = [ack.refused for _, ack in gateways.acks if ack.refused is not None]
        assert {row.sensor for told in refused for row in told.sensors} == {"air-market"}
        assert {reason for told in refused for reason in told.reasons} == {"store_rejected"}

        def said() -> bool:
            part = town.health()["components"]["refused"]
            return part["status"] == "degraded" and "air-market pm2_5" in part["detail"]

        wait_until(said, "health names the sensor")
        assert [row[1] for row in town.rows("pm10")] == [30, 30, 30], "the other quantity of the same line is stored"
        assert town.health()["status"] == "degraded"
