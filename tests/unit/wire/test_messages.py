"""Acks, status, topics and names: golden forms, and refusals in one sentence."""

import msgspec
import pytest

from wire import (
    QUANTITIES,
    Ack,
    Channel,
    Clock,
    Domain,
    SourceState,
    SourceStatus,
    SpoolState,
    Status,
    Topic,
    WireError,
    decode_ack,
    decode_status,
    encode_ack,
    encode_status,
    is_name,
    parse_topic,
    refused_readings,
    shard_of,
    subscription,
    topic_of,
)


def test_an_ack_is_these_bytes():
    ack = Ack("9f3c21d07ab4e815", 1201, 1560)
    assert encode_ack(ack) == b'{"stream":"9f3c21d07ab4e815","first":1201,"last":1560}'
    assert decode_ack(encode_ack(ack)) == ack


def test_refused_readings_add_up_by_reason_and_name_the_eight_sensors_with_most():
    counts = [(f"s{number}", "out_of_bounds", number) for number in range(1, 11)]
    refused = refused_readings([*counts, ("s1", "out_of_bounds", 20), ("s1", "unknown_quantity", 1), ("", "fault", 9)])
    assert refused is not None
    assert refused.reasons == {"out_of_bounds": 75, "fault": 9, "unknown_quantity": 1}
    assert refused.readings == 85
    assert [(row.sensor, row.readings) for row in refused.sensors][:2] == [("s1", 21), ("s10", 10)]
    assert [row.sensor for row in refused.sensors][-1] == "s4"
    assert len(refused.sensors) == 8
    assert refused_readings([]) is None


def test_an_ack_that_would_grow_too_long_names_fewer_sensors_and_keeps_the_counts():
    names = [f"{number}{'x' * 63}" for number in range(8)]
    reasons = [f"{reason}_quantity" for reason in ("undeclared", "unknown", "unbelieved", "undone")]
    refused = refused_readings((name, reason, 10**9) for name in names for reason in reasons)
    payload = encode_ack(Ack("s" * 64, 2**52, 2**53, refused))
    said = decode_ack(payload).refused
    assert len(payload) <= 1_024
    assert said is not None
    assert refused is not None
    assert said.reasons == refused.reasons
    assert said.sensors == refused.sensors[: len(said.sensors)]
    assert 5 <= len(said.sensors) < 8


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "does not parse"),
        (b'{"stream":"a","first":9,"last":1}', "before its first 9"),
        (b'{"stream":"a","first":-1,"last":1}', "does not parse"),
        (b'{"stream":"a","first":1,"last":1e99}', "does not parse"),
        (b" " * 2_000, "at most"),
    ],
)
def test_a_broken_ack_is_refused(payload: bytes, said: str):
    with pytest.raises(WireError, match=said):
        decode_ack(payload)


STATUS = Status(
    1, True, "gw-daruba", "0.1.0", "b00t", "9f3c", 1_764_000_000_000, Clock.SYNCED,
    SpoolState(depth=3, oldest_ms=1_763_999_999_000),
    (SourceState("river", SourceStatus.OK, readings=12),),
)  # fmt: skip


def test_a_status_is_these_bytes():
    assert encode_status(STATUS) == (
        b'{"v":1,"online":true,"gateway":"gw-daruba","version":"0.1.0","boot":"b00t","stream":"9f3c",'
        b'"time_ms":1764000000000,"clock":"synced","spool":{"depth":3,"oldest_ms":1763999999000},'
        b'"sources":[{"name":"river","state":"ok","readings":12}]}'
    )
    assert decode_status(encode_status(STATUS)) == STATUS


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "does not parse"),
        (encode_status(STATUS).replace(b'"v":1', b'"v":2'), "version 2"),
        (encode_status(STATUS).replace(b'"depth":3', b'"depth":-3'), "does not parse"),
        (b"[" * 50_000, "does not parse"),
        (b" " * 70_000, "at most"),
    ],
)
def test_a_broken_status_is_refused(payload: bytes, said: str):
    with pytest.raises(WireError, match=said):
        decode_status(payload)


def test_a_state_of_a_newer_gateway_costs_its_status_nothing():
    newer = encode_status(STATUS).replace(b'"state":"ok"', b'"state":"resting"')
    assert [source.state for source in decode_status(newer).sources] == [SourceStatus.OTHER]


@pytest.mark.parametrize(
    ("name", "part"),
    [("update", b'{"version":"1.3.0","state":"fetching","reason":7}'), ("last_word", b"[]"), ("arch", b"{}")],
)
def test_a_part_that_is_not_read_costs_itself_alone_and_a_note_says_so(name: str, part: bytes):
    found = decode_status(encode_status(STATUS)[:-1] + b',"' + name.encode() + b'":' + part + b"}")
    assert msgspec.structs.replace(found, notes=STATUS.notes) == STATUS
    assert found.notes[0].startswith(f"the part {name!r} of its status is not read here: Expected ")


def test_a_topic_carries_shard_and_gateway():
    assert topic_of("gw-daruba", Channel.UP) == f"siaga/v1/{shard_of('gw-daruba'):02x}/gw-daruba/up"
    assert parse_topic(topic_of("gw-daruba", Channel.CMD_REPLY)) == Topic("gw-daruba", Channel.CMD_REPLY)


def test_the_shard_is_crc_32_modulo_64():
    assert shard_of("123456789") == 0xCBF43926 % 64


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("", "is not Siaga's"),
        ("siaga/v2/00/gw/up", "is not Siaga's"),
        ("siaga/v1/zz/gw-daruba/up", "has shard 'zz'"),
        (topic_of("gw-daruba", Channel.UP) + "/x", "ends in 'up/x'"),
        ("siaga/v1/00/GW DARUBA/up", "is not a name"),
    ],
)
def test_a_foreign_topic_is_refused(topic: str, said: str):
    with pytest.raises(WireError, match=said):
        parse_topic(topic)


def test_one_filter_covers_all_shards_and_some_take_one_each():
    assert subscription(Channel.UP) == ["siaga/v1/+/+/up"]
    assert subscription(Channel.UP, range(2)) == ["siaga/v1/00/+/up", "siaga/v1/01/+/up"]


def test_names_are_plain():
    assert all(map(is_name, ("a", "gw-daruba", "pm2_5", "9" * 64)))
    assert not any(map(is_name, ("", "-a", "A", "a/b", "a b", "9" * 65, "a\n", "ä", "+", "#")))


def test_the_table_of_quantities_is_sound():
    assert {quantity.domain for quantity in QUANTITIES.values()} == set(Domain)
    for name, quantity in QUANTITIES.items():
        assert is_name(name)
        assert quantity.low < quantity.high
        assert quantity.decimals >= 0
        assert quantity.unit
