"""A request, byte by byte: what is taken, what is refused, that nothing grows; and what a device pushes in one."""

import pytest

from edge.http.exchange import HttpExchange, HttpRefusal, HttpRequest, HttpResponse, HttpTaken, text_answer
from edge.sources.push_request import LONGEST_BODY, TAKEN, PushedMessage, message_in

POST = (
    b"POST /push-sensor-data/?key=1 HTTP/1.1\r\nHost: gw:8090\r\nX-Pin: 1\r\nX-Sensor: esp8266-12345\r\n"
    b"Content-Length: 5\r\n\r\nhello"
)
PUSHED = PushedMessage("push-sensor-data/esp8266-12345/1", b"hello")
READ_ONLY = HttpTaken(("GET", "HEAD"), 0, "this port only shows")


def outcome(*pieces: bytes) -> PushedMessage | HttpRefusal | None:
    exchange = HttpExchange(TAKEN)
    for piece in pieces:
        found = exchange.feed(piece)
        if found is not None:
            return message_in(found) if isinstance(found, HttpRequest) else found
    return None


@pytest.mark.parametrize("at", range(len(POST) + 1))
def test_a_request_is_the_same_wherever_it_is_cut(at: int):
    assert outcome(*(piece for piece in (POST[:at], POST[at:]) if piece)) == PUSHED


def test_a_request_in_single_bytes_or_in_chunks_is_taken():
    assert outcome(*(bytes((byte,)) for byte in POST)) == PUSHED
    chunked = b"PUT /a HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
    assert outcome(chunked) == PushedMessage("a", b"hello")
    assert outcome(b"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi") == PushedMessage("", b"hi")


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        (b"GET / HTTP/1.1\r\nHost: g\r\n\r\n", 405, "GET is not taken here; post readings"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "no HTTP request: "),
        (b"SSH-2.0-x\r\n\r\n", 400, "no HTTP request: "),
        (b"POST / HTTP/1.1\r\n\r\n", 400, "no HTTP request: Missing mandatory Host"),
        (b"POST / HTTP/1.1\r\nHost: g\r\nContent-Length: 70000\r\n\r\n", 413, "message of more than 65536 bytes"),
        (b"POST / HTTP/1.1\r\nHost: g\r\nContent-Length: -1\r\n\r\n", 400, "no HTTP request: "),
        (b"POST / HTTP/1.1\r\nHost: g\r\nX: " + b"x" * 9_000, 431, "no HTTP request: "),
        (b"x" * 9_000, 431, "no HTTP request: "),
    ],
)
def test_what_is_no_push_is_refused_with_its_status(sent: bytes, status: int, reason: str):
    refusal = outcome(sent)
    assert isinstance(refusal, HttpRefusal)
    assert refusal.status == status
    assert refusal.reason.startswith(reason)


def test_a_body_in_chunks_without_end_is_refused():
    begin = b"POST / HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert outcome(begin, *[b"1000\r\n" + b"x" * 4_096 + b"\r\n"] * 40) == HttpRefusal(
        413, f"message of more than {LONGEST_BODY} bytes"
    )


@pytest.mark.parametrize("sent", [b"", POST[:60], POST[:-2]])
def test_a_connection_that_closes_too_early_is_refused(sent: bytes):
    exchange = HttpExchange(TAKEN)
    assert sent == b"" or exchange.feed(sent) is None
    assert isinstance(exchange.feed(b""), HttpRefusal)


def test_who_waits_to_be_told_to_go_on_is_told():
    exchange = HttpExchange(TAKEN)
    head = b"POST / HTTP/1.1\r\nHost: g\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    assert exchange.feed(head) is None
    assert exchange.wanted().startswith(b"HTTP/1.1 100 ")
    assert exchange.wanted() == b""
    request = exchange.feed(b"hi")
    assert isinstance(request, HttpRequest)
    assert message_in(request) == PushedMessage("", b"hi")


@pytest.mark.parametrize(
    ("sent", "status", "lines"),
    [
        (POST, 201, [b"HTTP/1.1 201 ", b"Connection: close", b"2 readings"]),
        (b"GET / HTTP/1.1\r\nHost: g\r\n\r\n", 405, [b"HTTP/1.1 405 ", b"Allow: POST, PUT"]),
        (b"nonsense\r\n\r\n", 400, [b"HTTP/1.1 400 "]),
    ],
)
def test_an_answer_says_how_it_went_and_that_it_was_all(sent: bytes, status: int, lines: list[bytes]):
    exchange = HttpExchange(TAKEN)
    exchange.feed(sent)
    answer = exchange.answer(text_answer(status, "2 readings"))
    assert all(line in answer for line in lines)


def test_who_asks_for_the_head_alone_gets_no_body():
    exchange = HttpExchange(READ_ONLY)
    request = exchange.feed(b"HEAD /status.json?a=b HTTP/1.1\r\nHost: g\r\nX: 1\r\nX: 2\r\n\r\n")
    assert request == HttpRequest("HEAD", "/status.json", "a=b", {"host": "g", "x": "1"})
    answer = exchange.answer(HttpResponse(200, b"12345", "application/json", (("X-Own", "y"),)))
    assert b"Content-Length: 5\r\n" in answer
    assert b"X-Own: y\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


def test_a_port_that_only_shows_takes_no_body():
    exchange = HttpExchange(READ_ONLY)
    refusal = exchange.feed(b"GET / HTTP/1.1\r\nHost: g\r\nContent-Length: 1\r\n\r\nx")
    assert refusal == HttpRefusal(413, "message of more than 0 bytes")
    assert HttpExchange(READ_ONLY).feed(b"POST / HTTP/1.1\r\nHost: g\r\n\r\n") == HttpRefusal(
        405, "POST is not taken here; this port only shows"
    )
