"""The taps of the end-to-end tests: however the bytes arrive, the packets are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.taps import Cut, Packet, http, mqtt, packets_of


def _publish(payload: bytes) -> bytes:
    body = b"\0\x03up1" + b"\0\x07" + payload  # topic, packet identifier
    length, size = b"", len(body)
    while True:
        size, low = divmod(size, 128)
        length += bytes([low | (0x80 if size else 0)])
        if not size:
            return b"\x32" + length + body


def _request(body: bytes) -> bytes:
    return b"POST /write?db=siaga HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def _chunked(body: bytes) -> bytes:
    chunk = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + b"0\r\n\r\n"


STORED = b"HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.6.7\r\n\r\n"
BODIES = st.lists(st.binary(max_size=300), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("cut", "packet", "kind"),
    [(mqtt, _publish, "PUBLISH"), (http, _request, "POST /write"), (http, _chunked, "200")],
    ids=["mqtt", "request", "chunks"],
)
@given(bodies=BODIES, data=st.data())
def test_splitting_the_bytes_changes_no_packet(cut: Cut, packet, kind: str, bodies: list[bytes], data: st.DataObject):
    sent = [packet(body) for body in bodies]
    found: list[Packet] = []
    stream, buffer = b"".join(sent), bytearray()
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        buffer += stream[:size]
        stream = stream[size:]
        found += packets_of(buffer, cut, up=True)
    assert [each.content for each in found] == sent
    assert {each.kind for each in found} == {kind}
    assert not buffer


@given(payload=st.binary(max_size=300))
def test_topic_and_payload_of_a_message_are_found(payload: bytes):
    (packet,) = packets_of(bytearray(_publish(payload)), mqtt, up=True)
    assert (packet.topic, packet.payload) == ("up1", payload)


def test_an_answer_without_a_body_ends_with_its_head():
    found = list(packets_of(bytearray(STORED + STORED), http, up=False))
    assert [each.kind for each in found] == ["204", "204"]
