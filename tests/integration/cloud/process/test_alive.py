"""The health check of a container: alive is who answers, be it that a part is down."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from cloud.process.alive import is_alive
from tests.servers import free_port


@pytest.fixture
def answering(request: pytest.FixtureRequest) -> Iterator[str]:
    """A simulated cloud that answers each request with the status of the parameter."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, said = request.param if isinstance(request.param, tuple) else (request.param, "")
            self.send_response(status if self.path == "/api/v1/health" else 404)
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.parametrize(
    ("answering", "alive"),
    [
        (200, True), (503, True), (404, False), (500, False),
        ((503, '{"components":{"store":{"status":"down"},"ingest":{"status":"ok"}}}'), True),
        ((503, '{"components":{"ingest":{"status":"down"}}}'), False),
        ((503, '{"components":{"ingest":{"status":"down"},"ingester":{"status":"ok"}}}'), True),
        ((503, '{"components":['), True),
    ],
    indirect=["answering"],
)  # fmt: skip
def test_a_cloud_that_says_how_it_is_is_alive(answering: str, alive: bool):
    assert is_alive(answering) is alive


def test_a_cloud_that_does_not_answer_is_not():
    assert not is_alive(f"http://127.0.0.1:{free_port()}")
