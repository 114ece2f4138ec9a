"""The wire, version 1, as gateways in the field speak it: tests/golden/wire_v1.json grows, and no line of it changes.

What is new must be optional: an older side passes over fields that it does not know. What cannot be is another version,
which the cloud keeps whole as a dead letter and acknowledges, to be replayed when it has learnt it.
"""

import base64
import json
from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from cloud.core.reasons import Reason
from cloud.gateways.accounting import Receipt
from tests.unit.cloud.examples import GATEWAY, validated
from wire import (
    Ack,
    Batch,
    Channel,
    Clock,
    Column,
    Lost,
    RefusedReadings,
    RefusedSensor,
    SourceState,
    SourceStatus,
    SpoolState,
    Status,
    Topic,
    WireError,
    decode_ack,
    decode_batch,
    decode_status,
    encode_ack,
    parse_topic,
)

GOLDEN: dict[str, str] = json.loads((Path(__file__).parents[2] / "golden" / "wire_v1.json").read_text())
T0 = 1_764_000_000_000
STREAM = "9f3c21d07ab4e815"
BATCH = Batch(
    STREAM, 1201, 1206,
    [
        Column("air-market", "pm10", [T0, T0 + 1_000], [30.0, 30.5]),
        Column("air-market", "pm2_5", [T0, T0 + 1_000], [12.3, 12.4], Clock.ESTIMATED),
        Column("river-daruba-1", "water_level", [T0 + 500, T0 + 250], [251.5, -3.0]),
    ],
    backfill=True, lost=(Lost("77aa", 1, 90, "spool full"),),
)  # fmt: skip
STATUS = Status(
    1, True, "gw-daruba", "0.1.0", "b00t", STREAM, T0, Clock.ESTIMATED,
    SpoolState(depth=3, oldest_ms=T0 - 1_000, lost=90, bytes=4_096, max_bytes=2**20),
    (
        SourceState("river", SourceStatus.OK, readings=12, last_ms=T0 - 1_000),
        SourceState("air", SourceStatus.FAILED, "no such port", noise_bytes=7),
    ),
)  # fmt: skip


def test_an_old_gateway_s_batch_is_read():
    assert decode_batch(base64.b64decode(GOLDEN["batch"])) == BATCH
    assert decode_batch(GOLDEN["batch_plain"].encode()) == BATCH


def test_an_old_gateway_s_status_and_last_will_are_read():
    assert decode_status(GOLDEN["status"].encode()) == STATUS
    assert [source.is_counted for source in STATUS.sources] == [False, False], "it says readings and noise alone"
    assert SourceState("new", SourceStatus.SILENT, noise_bytes=7, heard_bytes=7).is_counted
    assert SourceState("new", SourceStatus.STARTING).is_counted, "nothing came yet"
    assert decode_status(GOLDEN["will"].encode()) == Status(1, False, "gw-daruba", "0.1.0", "b00t", STREAM, T0)


def test_an_old_gateway_is_answered_in_the_bytes_that_it_knows():
    assert encode_ack(Ack(STREAM, 1201, 1206)) == GOLDEN["ack"].encode()
    assert decode_ack(GOLDEN["ack"].encode()) == Ack(STREAM, 1201, 1206)


REFUSED = Ack(
    STREAM, 1201, 1560,
    RefusedReadings(
        {"unknown_sensor": 12, "out_of_bounds": 3},
        (RefusedSensor("air-pier", "unknown_sensor", 12), RefusedSensor("river-daruba-1", "out_of_bounds", 3)),
        discarded=5,
    ),
)  # fmt: skip


class FirstAck(msgspec.Struct, frozen=True):
    """The ack as the first gateways know it, and their decoder."""

    stream: str
    first: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    last: Annotated[int, msgspec.Meta(ge=0, le=2**53)]


def test_what_was_refused_is_said_in_these_bytes_and_an_old_gateway_passes_over_them():
    assert encode_ack(REFUSED) == GOLDEN["ack_refused"].encode()
    assert decode_ack(GOLDEN["ack_refused"].encode()) == REFUSED
    old = msgspec.json.Decoder(FirstAck).decode(GOLDEN["ack_refused"])
    assert (old.stream, old.first, old.last) == (STREAM, 1201, 1560)


TIMED = Ack(STREAM, 1201, 1206, time_ms=1_796_000_000_000)


def test_the_clouds_time_is_said_in_these_bytes_and_an_old_gateway_passes_over_them():
    assert encode_ack(TIMED) == GOLDEN["ack_timed"].encode()
    assert decode_ack(GOLDEN["ack_timed"].encode()) == TIMED
    old = msgspec.json.Decoder(FirstAck).decode(GOLDEN["ack_timed"])
    assert (old.stream, old.first, old.last) == (STREAM, 1201, 1206)


@pytest.mark.parametrize("time_ms", ["noon", -1, 2**60, 1.5])
def test_a_time_that_is_none_acknowledges_all_the_same(time_ms: object):
    odd = json.loads(GOLDEN["ack"]) | {"time_ms": time_ms}
    assert decode_ack(json.dumps(odd).encode()) == Ack(STREAM, 1201, 1206)


@pytest.mark.parametrize("refused", [7, [], {"reasons": 3}, {"reasons": {"new": -1}}, {"sensors": [["a", "b", 1]] * 9}])
def test_a_form_of_what_was_refused_that_is_not_known_yet_acknowledges_all_the_same(refused: object):
    newer = json.loads(GOLDEN["ack"]) | {"refused": refused}
    assert decode_ack(json.dumps(newer).encode()) == Ack(STREAM, 1201, 1206)


@pytest.mark.parametrize("channel", [Channel.UP, Channel.ACK, Channel.STATUS])
def test_the_topics_are_where_an_old_gateway_expects_them(channel: Channel):
    assert parse_topic(GOLDEN[f"topic_{channel}"]) == Topic("gw-daruba", channel)


def test_fields_that_a_newer_side_added_are_passed_over():
    batch = json.loads(GOLDEN["batch_plain"]) | {"compressed_by": "zstd", "more": {"of": ["the", "same"]}}
    batch["columns"][1].append("an item of a column that is not known yet")
    assert decode_batch(json.dumps(batch).encode()) == BATCH
    status = json.loads(GOLDEN["status"]) | {"battery": 3.9}
    status["sources"][0]["colour"] = "blue"
    status["spool"]["oldest_stream"] = STREAM
    assert decode_status(json.dumps(status).encode()) == STATUS
    assert decode_ack(json.dumps(json.loads(GOLDEN["ack"]) | {"store": "a"}).encode()) == Ack(STREAM, 1201, 1206)


def test_a_status_of_another_version_is_refused_in_a_sentence():
    with pytest.raises(WireError, match="status has version 2; this side speaks 1"):
        decode_status(json.dumps(json.loads(GOLDEN["status"]) | {"v": 2}).encode())


def test_a_batch_of_a_newer_version_is_kept_whole_and_acknowledged():
    newer = json.dumps(json.loads(GOLDEN["batch_plain"]) | {"v": 2}).encode()
    found = validated(newer)
    (rejection,) = found.rejections
    assert (rejection.reason, rejection.raw) == (Reason.NOT_A_BATCH, newer)
    assert "wire version 2" in rejection.sentence
    assert found.decoded.receipt == Receipt(GATEWAY, STREAM, 1201, 1206)
    assert not found.blocks
