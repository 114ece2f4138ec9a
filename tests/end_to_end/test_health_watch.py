"""siaga-cloud watch as a process of its own: a server that dies, one that never answers, a restart, a life sign."""

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.receivers import Answer, HttpReceiver
from tests.servers import free_port, wait_until


@contextmanager
def cloud(port: int) -> Iterator[None]:
    """A server that says what a cloud says of its health; the real one is asked in test_cloud.py."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"status":"ok","components":{"store":"ok"}}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def watching(folder: Path, hook: HttpReceiver, *urls: str, more: str = "") -> Iterator[subprocess.Popen[bytes]]:
    (folder / "secret").write_text("a long enough secret")
    (folder / "watch.toml").write_text(
        f'name = "second machine"\nlanguage = "en"\nevery_s = 1\nafter_s = 2\ntimeout_s = 1\n{more}\n'
        f'[[channels]]\nname = "hook"\nkind = "webhook"\nurl = "{hook.url}"\nsecret_file = "secret"\n'
    )
    command = [sys.executable, "-c", "import sys; from runtime.programs import cloud; sys.exit(cloud())"]
    process = subprocess.Popen([*command, "watch", *urls, "--config", str(folder / "watch.toml")])
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def subjects(hook: HttpReceiver) -> list[str]:
    """The subject of each message, a key counted once as its receiver would: a watch that ends may send it again."""
    by_key = {delivery.key: delivery.body for delivery in hook.accepted}
    return [json.loads(body)["subject"] for body in by_key.values()]


def told(hook: HttpReceiver) -> list[str]:
    return [subject for subject in subjects(hook) if "lives" not in subject]


def test_somebody_hears_when_the_server_is_dead_and_when_it_is_back(tmp_path: Path):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with HttpReceiver() as hook:
        with cloud(port), watching(tmp_path, hook, url):
            wait_until(lambda: subjects(hook), "the watch has said that it lives")
            sign = hook.accepted[0]
            assert "TEST / UJI COBA · The second machine lives" in json.loads(sign.body)["subject"]
            assert f"{url} ok" in json.loads(sign.body)["text"]
        with watching(tmp_path, hook, url):
            wait_until(lambda: told(hook), "the dead server is told")
        page: dict[str, Any] = json.loads(hook.accepted[-1].body)
        assert page["subject"] == f"EXTREME · {url} gives no good answer · second machine"
        assert "cannot be reached" in page["text"]
        with cloud(port), watching(tmp_path, hook, url):  # a new process: what it told before is not forgotten
            wait_until(lambda: len(told(hook)) == 2, "its return is told")
        assert told(hook)[1] == f"OVER · {url} gives no good answer · second machine"
        assert len(subjects(hook)) == 3, "one sign of life a week"


def test_a_server_that_takes_the_connection_and_says_nothing_is_dead(tmp_path: Path):
    with HttpReceiver() as hook, socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        with watching(tmp_path, hook, url):
            wait_until(lambda: told(hook), "the silent server is told")
        assert "did not answer in time" in json.loads(hook.accepted[-1].body)["text"]


def test_a_page_that_is_not_taken_is_sent_again_with_the_same_key(tmp_path: Path):
    url = f"http://127.0.0.1:{free_port()}"
    with HttpReceiver([Answer(503)] * 3) as hook, watching(tmp_path, hook, url):
        wait_until(lambda: told(hook) and len(subjects(hook)) == 2, "the page and the sign of life arrive in the end")
        refused = [delivery.key for delivery in hook.deliveries if not delivery.accepted]
        assert refused
        assert set(refused) <= set(hook.keys())
        assert len(hook.keys()) == len(set(hook.keys()))


def test_once_says_what_it_sees(tmp_path: Path):
    (tmp_path / "secret").write_text("a long enough secret")
    port, dead = free_port(), free_port()
    with HttpReceiver() as hook, cloud(port), watching(tmp_path, hook, f"http://127.0.0.1:{port}"):
        command = [sys.executable, "-c", "import sys; from runtime.programs import cloud; sys.exit(cloud())", "watch"]
        urls = [f"http://127.0.0.1:{each}" for each in (port, dead)]
        asked = subprocess.run(
            [*command, *urls, "--config", str(tmp_path / "watch.toml"), "--once"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert asked.returncode == 1
    assert f"{urls[0]}: ok" in asked.stdout
    assert f"{urls[1]}: cannot be reached" in asked.stdout
