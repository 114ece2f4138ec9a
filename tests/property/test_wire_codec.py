"""The batch codec, both ways, on whatever hypothesis can think of."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from wire import (
    Ack,
    Clock,
    Lost,
    Reading,
    WireError,
    decode_ack,
    decode_batch,
    encode_ack,
    encode_batch,
    refused_readings,
)

names = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True)
readings = st.builds(
    Reading,
    sensor=st.sampled_from(["river-1", "air-1", "gate-2"]),
    quantity=st.sampled_from(["pm2_5", "pm10", "water_level"]),
    time_ms=st.integers(-(10**13), 10**13),
    value=st.floats(allow_nan=False, allow_infinity=False),
    clock=st.sampled_from(Clock),
)
seqs = st.integers(1, 2**40)
losses = st.builds(lambda stream, first, size: Lost(stream, first, first + size, "spool full"), names, seqs, seqs)


@given(names, seqs, st.lists(readings, max_size=60), st.booleans(), st.lists(losses, max_size=3))
def test_what_is_encoded_is_decoded(stream, first, sent, backfill, lost):
    batch = decode_batch(encode_batch(stream, first, sent, backfill=backfill, lost=lost))
    assert (batch.stream, batch.first, batch.last) == (stream, first, first + len(sent) - 1)
    assert batch.lost == tuple(lost)
    expected = [Reading(r.sensor, r.quantity, r.time_ms, r.value, r.clock, backfill) for r in sent]
    assert sorted(batch.readings(), key=repr) == sorted(expected, key=repr)


@given(names, seqs, st.lists(readings, max_size=60))
def test_what_is_decoded_is_encoded_to_the_same_bytes(stream, first, sent):
    payload = encode_batch(stream, first, sent)
    assert encode_batch(stream, first, list(decode_batch(payload).readings())) == payload


@given(st.binary(max_size=300))
def test_any_bytes_are_a_batch_or_a_wire_error(payload):
    for attempt in (payload, b"{" + payload, zlib.compress(payload), zlib.compress(b'{"v":1,' + payload)):
        assert len(_said_of(attempt)) < 500


@given(st.data())
def test_a_damaged_batch_never_becomes_other_readings_unnoticed(data):
    sent = data.draw(st.lists(readings, min_size=1, max_size=20))
    payload = bytearray(encode_batch("9f3c", 1, sent))
    place = data.draw(st.integers(0, len(payload) - 1))
    payload[place] ^= data.draw(st.integers(1, 255))
    try:
        batch = decode_batch(bytes(payload))
    except WireError:
        return
    expected = [Reading(r.sensor, r.quantity, r.time_ms, r.value, r.clock) for r in sent]
    assert sorted(batch.readings(), key=repr) == sorted(expected, key=repr)  # zlib's own Adler-32 saw to it


any_words = st.text(st.characters(codec="utf-8"), max_size=400)
counts = st.integers(0, 10**12)


@given(names, seqs, st.lists(st.tuples(any_words, any_words, counts), max_size=30), counts)
def test_an_ack_keeps_within_the_bytes_that_an_old_gateway_takes_and_hides_no_reading(stream, first, rows, discarded):
    refused = refused_readings(rows, discarded=discarded)
    payload = encode_ack(Ack(stream, first, first + 9, refused))
    assert len(payload) <= 1_024
    ack = decode_ack(payload)
    assert (ack.stream, ack.first, ack.last) == (stream, first, first + 9)
    if refused is not None:
        assert ack.refused is not None
        assert (ack.refused.readings, ack.refused.discarded) == (sum(row[2] for row in rows), discarded)


def _said_of(payload: bytes) -> str:
    try:
        return decode_batch(payload).stream
    except WireError as refusal:
        return str(refusal)
