"""What a server of the console lets in, and for how long: bounds on bodies, and on heads that never end."""

import socket
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.end_to_end.test_console import console_in
from tests.servers import Program, free_port
from tests.unit.cloud.console.served import PASSWORD


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with console_in(tmp_path_factory.mktemp("door"), free_port()) as program:
        yield program


@pytest.fixture
async def client(served: Program) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", timeout=60) as asking:
        yield asking
    served.must_live()


async def test_a_form_larger_than_any_of_ours_is_refused_before_it_is_read(client: httpx.AsyncClient):
    login = await client.post("/api/v1/session", json={"name": "viewer", "password": PASSWORD})
    assert login.status_code == 200
    for path in ("/password", "/console/en/story", "/api/v1/rules/preview"):
        answer = await client.post(path, content=b"x" * 400_000)
        assert answer.status_code in (403, 413), path


def test_half_a_head_does_not_stay(served: Program):
    begun, opened = time.monotonic(), []
    for _ in range(20):
        connection = socket.create_connection(("127.0.0.1", served.port), timeout=60)
        connection.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: siaga\r\nX-Half")
        opened.append(connection)
    for connection in opened:
        assert connection.recv(100) == b""
        connection.close()
    assert time.monotonic() - begun < 60
