"""What answers in the place of a Grafana: proxies, pages for a login, other addresses; each is one sentence."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dashboards.grafana import Denied, Grafana, Taken, connect
from dashboards.installation import CannotUse
from tests.servers import free_port

JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=UTF-8"}


@contextmanager
def answering(status: int, headers: Mapping[str, str], content: bytes) -> Iterator[str]:
    """A server that has this one answer to everything; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nothing."""

    port = free_port()
    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.shutdown()
            thread.join()


SETTINGS = json.dumps({"buildInfo": {"version": "12.2.0"}}).encode()
LOGIN = b"<!DOCTYPE html><html><body>Log in</body></html>"


@pytest.mark.parametrize(
    ("status", "headers", "content", "sentence"),
    [
        (200, HTML, LOGIN, "gave an answer that is none of Grafana's; check --url, and whether a proxy there wants"),
        (200, JSON, LOGIN, "gave an answer that is none of Grafana's"),
        (200, JSON, b"[]", "gave an answer that is none of Grafana's"),
        (200, JSON, b"", "gave an answer that is none of Grafana's"),
        (401, HTML, LOGIN, "gave 401 that is none of Grafana's"),
        (403, HTML, LOGIN, "gave 403 that is none of Grafana's"),
        (404, HTML, LOGIN, "gave 404 that is none of Grafana's"),
        (502, HTML, b"<html>\n<h1>502 Bad Gateway</h1>\n</html>", "gave 502 that is none of Grafana's"),
        (503, JSON, b'{"error": "no upstream"}', "gave 503 that is none of Grafana's"),
        (500, JSON, b'{"message": "database\\nis locked"}', "answered 500: database is locked"),
        (301, {"Location": "https://grafana.example/"}, b"", "sends on to https://grafana.example/; name that one in"),
        (200, JSON, b'{"buildInfo": {}}', "is of no known version; Siaga's dashboards need 12.0 or newer"),
        (200, JSON, b'{"buildInfo": null}', "is of no known version; Siaga's dashboards need 12.0 or newer"),
    ],
)
def test_what_is_no_grafana_is_one_sentence_that_says_so(status, headers, content, sentence):
    with answering(status, headers, content) as url, pytest.raises(CannotUse) as refused:
        connect(url, "glsa_any")
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("grafana.example", "--url grafana.example: no address of a Grafana"),
        ("ftp://grafana.example", "--url ftp://grafana.example: no address"),
        ("http://", "--url http://: no address"),
        ("http://grafana.example:port", "--url http://grafana.example:port: no address"),
        ("http://[::1", "--url http://[::1: no address"),
    ],
)
def test_what_is_no_address_is_told_with_an_example(url, shown):
    with pytest.raises(CannotUse) as refused:
        connect(url, "glsa_any")
    assert shown in str(refused.value)


def test_a_password_in_the_address_is_not_told():
    with pytest.raises(CannotUse) as refused:
        connect(f"http://ani:rahasia@127.0.0.1:{free_port()}", "glsa_any")
    assert "rahasia" not in str(refused.value)
    with pytest.raises(CannotUse) as refused:
        connect("ftp://ani:rahasia@grafana.example", "glsa_any")
    assert "rahasia" not in str(refused.value)


@pytest.mark.parametrize(("status", "outcome"), [(403, Denied), (409, Taken), (412, Taken), (404, CannotUse)])
def test_why_a_change_was_not_made_is_told_apart(status, outcome):
    with answering(status, JSON, b'{"message": "no"}') as url, pytest.raises(outcome):
        Grafana(url, "glsa_any").write("POST", "/folders", {})


def test_a_change_that_is_sent_on_to_another_address_is_not_taken_for_made():
    """Grafana's client would ask there instead of writing, and be answered."""
    with (
        answering(200, JSON, SETTINGS) as other,
        answering(301, {"Location": other}, b"") as url,
        pytest.raises(CannotUse, match="sends on to"),
    ):
        Grafana(url, "glsa_any").write("POST", "/folders", {})
