"""The batch codec: golden bytes, and what hostile ones get."""

import json
import tracemalloc
import zlib

import pytest

from wire import Clock, Lost, Reading, WireError, decode_batch, decode_envelope, encode_batch
from wire.batch import MAX_BATCH_BYTES, MAX_READINGS

T0 = 1_764_000_000_000

READINGS = [
    Reading("air-market", "pm2_5", T0, 12.3),
    Reading("air-market", "pm10", T0, 30.0),
    Reading("air-market", "pm2_5", T0 + 1_000, 12.4),
    Reading("air-market", "pm10", T0 + 1_000, 30.5),
    Reading("river-daruba-1", "water_level", T0 + 250, 132.0, Clock.ESTIMATED),
]

GOLDEN_TEXT = (
    b'{"v":1,"stream":"9f3c21d07ab4e815","first":1201,"last":1205,"t0_ms":1764000000000,"columns":['
    b'["air-market","pm10",[0,1000],[30,30.5]],'
    b'["air-market","pm2_5",[0,1000],[12.3,12.4]],'
    b'["river-daruba-1","water_level",[250],[132],"estimated"]],'
    b'"backfill":true,"lost":[["77aa",1,90,"spool full"]]}'
)


def _golden() -> bytes:
    lost = [Lost("77aa", 1, 90, "spool full")]
    return encode_batch("9f3c21d07ab4e815", 1201, READINGS, backfill=True, lost=lost)


def test_a_batch_is_these_bytes():
    assert zlib.decompress(_golden()) == GOLDEN_TEXT


def test_golden_bytes_are_read_back():
    batch = decode_batch(zlib.compress(GOLDEN_TEXT))
    assert (batch.stream, batch.first, batch.last, batch.backfill) == ("9f3c21d07ab4e815", 1201, 1205, True)
    assert batch.lost == (Lost("77aa", 1, 90, "spool full"),)
    assert list(batch.readings()) == [
        Reading("air-market", "pm10", T0, 30.0, backfill=True),
        Reading("air-market", "pm10", T0 + 1_000, 30.5, backfill=True),
        Reading("air-market", "pm2_5", T0, 12.3, backfill=True),
        Reading("air-market", "pm2_5", T0 + 1_000, 12.4, backfill=True),
        Reading("river-daruba-1", "water_level", T0 + 250, 132.0, Clock.ESTIMATED, backfill=True),
    ]


def test_plain_json_is_read_so_that_a_batch_can_be_tried_by_hand():
    assert decode_batch(GOLDEN_TEXT) == decode_batch(_golden())


def test_whole_numbers_may_be_int_or_float():
    as_float, as_int = (encode_batch("9f3c", 1, [Reading("a", "pm10", T0, value)]) for value in (31.0, 31))
    assert as_float == as_int


def test_columns_with_the_same_times_share_one_list():
    pm10, pm2_5, level = decode_batch(GOLDEN_TEXT).columns
    assert pm10.times_ms is pm2_5.times_ms
    assert level.times_ms is not pm10.times_ms


def test_a_batch_may_declare_losses_alone():
    payload = encode_batch("9f3c", 91, [], lost=[Lost("9f3c", 1, 90, "spool full")])
    batch = decode_batch(payload)
    assert (batch.first, batch.last, batch.columns) == (91, 90, [])
    assert batch.lost[0].last == 90


def test_a_minute_of_twenty_sensors_takes_at_most_five_bytes_a_reading():
    readings = [
        Reading(f"air-morotai-{sensor:02d}", quantity, T0 + 10_000 * step + 137 * sensor, round(base + wobble, 1))
        for step in range(6)
        for sensor in range(20)
        for quantity, base in (("pm2_5", 12.3 + sensor), ("pm10", 30.1 + sensor), ("temperature", 27.5))
        for wobble in [((step * 7 + sensor * 13) % 11) / 10]
    ]
    assert len(readings) == 360
    assert len(encode_batch("9f3c21d07ab4e815", 1, readings)) <= 5 * 360


def _text(**changes: object) -> bytes:
    return json.dumps({**json.loads(GOLDEN_TEXT), **changes}).encode()


def _column(*items: object) -> bytes:
    return _text(first=1, last=1, columns=[list(items)], lost=[])


BOMB = zlib.compress(b'{"v":1,"stream":"' + b"9" * 200_000_000 + b'"}', 9)

HOSTILE = {
    "nothing": (b"", "starts with nothing"),
    "other bytes": (b"\x1f\x8b\x08\x00", "starts with 1f8b0800"),
    "a list": (b"[1,2]", "starts with 5b312c32"),
    "damaged zlib": (_golden()[:20] + b"\x00\x00" + _golden()[22:], "inflate"),
    "zlib cut short": (_golden()[:-9], "cut short"),
    "a bomb": (BOMB, "inflates to more than"),
    "too many bytes": (b"{" + b" " * MAX_BATCH_BYTES, "send at most"),
    "another version": (_text(v=2), "wire version 2"),
    "an older shape with another version": (b'{"v":7,"readings":[]}', "wire version 7"),
    "no JSON": (b'{"v":1', "does not parse"),
    "NaN": (GOLDEN_TEXT.replace(b"12.4", b"NaN"), "does not parse"),
    "a number beyond floats": (GOLDEN_TEXT.replace(b"12.4", b"1e999"), "out of range"),
    "text as a value": (_column("a", "pm10", [0], ["12"]), "does not parse"),
    "null as a value": (_column("a", "pm10", [0], [None]), "does not parse"),
    "a broken time": (_column("a", "pm10", [0.5], [1]), "does not parse"),
    "a claim of a billion": (_text(first=1, last=10**9), "holds 5 readings"),
    "a claim beyond integers": (_text(first=1, last=10**30), "does not parse"),
    "too few times": (_column("a", "pm10", [], [1]), "one time for each value"),
    "an empty column": (_text(first=1, last=0, columns=[["a", "pm10", [], []]]), "at least one"),
    "a sensor without a name": (_column("", "pm10", [0], [1]), "sensor '' is not a name"),
    "a sensor that is no name": (_column("../etc", "pm10", [0], [1]), "sensor '../etc' is not a name"),
    "a quantity that is no name": (_column("a", "PM 10", [0], [1]), "quantity 'PM 10' is not a name"),
    "a stream that is no name": (_text(stream="a b"), "stream 'a b' is not a name"),
    "an unknown clock": (_column("a", "pm10", [0], [1], "guessed"), "does not parse"),
    "times beyond all bounds": (
        _text(first=1, last=2, columns=[["a", "pm10", [2**53, 2**53], [1, 1]]]),
        "has a time beyond",
    ),
    "a loss that ends before it begins": (_text(lost=[["77aa", 9, 1, "x"]]), "ends at 1, before its first 9"),
    "too many readings": (
        _text(first=0, last=MAX_READINGS, columns=[["a", "pm10", [0] * (MAX_READINGS + 1), [1] * (MAX_READINGS + 1)]]),
        f"send at most {MAX_READINGS}",
    ),
    "deep nesting": (b'{"v":1,"columns":' + b"[" * 200_000, "does not parse"),
    "a number of a million digits": (zlib.compress(b'{"v":1,"first":' + b"9" * 1_000_000 + b"}"), "batch"),
    "not UTF-8": (GOLDEN_TEXT.replace(b"air-market", b"air-\xff\xfe"), "does not parse"),
}  # fmt: skip


@pytest.mark.parametrize(("payload", "said"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bytes_get_one_sentence(payload: bytes, said: str):
    with pytest.raises(WireError) as refusal:
        decode_batch(payload)
    sentence = str(refusal.value)
    assert said in sentence
    assert "\n" not in sentence
    assert len(sentence) < 500


def test_a_deflate_bomb_is_refused_in_bounded_memory():
    tracemalloc.start()
    with pytest.raises(WireError):
        decode_batch(BOMB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * 1024 * 1024


def test_the_range_of_a_refused_batch_can_still_be_read():
    envelope = decode_envelope(_column("../etc", "pm10", [0], [1]))
    assert (envelope.stream, envelope.first, envelope.last) == ("9f3c21d07ab4e815", 1, 1)


@pytest.mark.parametrize("payload", [b"", b'{"v":1}', BOMB, _text(stream="a b")], ids=["empty", "none", "bomb", "name"])
def test_an_unreadable_range_is_said_too(payload: bytes):
    with pytest.raises(WireError):
        decode_envelope(payload)
