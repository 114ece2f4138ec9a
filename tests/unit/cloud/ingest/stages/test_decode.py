"""One message, opened."""

import zlib

import pytest

import cloud.ingest.stages.decode
from cloud.core.reasons import MEANING_OF_REASON, Reason
from cloud.gateways.accounting import Receipt
from cloud.ingest.stages.decode import DecodedBatch, open_parcel, with_rejected
from cloud.readings.contract import Rejected
from tests.unit.cloud.examples import GATEWAY, LATEST, STREAM, T0, city, payload, reading
from wire import Lost, decode_batch
from wire.batch import MAX_BATCH_BYTES


def opened(content: bytes, *, gateway: str = GATEWAY) -> DecodedBatch:
    return open_parcel(content, gateway=gateway, registry=city(), latest_ms=LATEST)


def reasons(parcel: DecodedBatch) -> list[str]:
    return [refusal.reason for refusal in parcel.refusals]


def test_a_good_batch_has_blocks_a_receipt_and_no_refusals():
    lost = Lost("old", 1, 5, "spool full")
    parcel = opened(payload(reading(), reading(at=1), first=11, lost=[lost]))
    assert parcel.receipt == Receipt(GATEWAY, STREAM, 11, 12, (lost,))
    assert (len(parcel.blocks), parcel.refusals) == (1, ())


def test_a_batch_that_only_declares_losses_has_a_receipt_and_nothing_to_store():
    parcel = opened(payload(first=1, lost=[Lost(STREAM, 1, 5, "spool full")]))
    assert parcel.receipt is not None
    assert (parcel.receipt.first, parcel.receipt.last) == (1, 0)
    assert (parcel.blocks, parcel.refusals) == ([], ())


def test_refused_readings_of_one_reason_make_one_letter_that_decodes_to_them():
    bad = [reading("nobody", value=1), reading("nobody", "pm10", 2), reading("no-one", value=3)]
    parcel = opened(payload(reading(), *bad, reading(value=-1, at=1)))
    assert reasons(parcel) == [Reason.OUT_OF_BOUNDS, Reason.UNKNOWN_SENSOR]
    letter = parcel.refusals[1]
    assert "(2 more readings of this batch were refused so)" in letter.sentence
    assert letter.readings == 3
    assert sorted(each.value for each in decode_batch(letter.raw).readings()) == [1, 2, 3]


def test_a_batch_of_an_unknown_gateway_is_kept_whole_and_its_range_acknowledged():
    content = payload(reading(), reading(at=1))
    parcel = opened(content, gateway="gw-new")
    assert (reasons(parcel), parcel.refusals[0].raw, parcel.refusals[0].readings) == (["unknown_gateway"], content, 2)
    assert parcel.receipt == Receipt("gw-new", STREAM, 1, 2)
    assert parcel.blocks == ()


def test_a_retired_gateway_is_unknown_and_told_so():
    assert "was taken out of the city file" in opened(payload(reading()), gateway="gw-old").refusals[0].sentence


def test_a_batch_that_breaks_the_contract_is_acknowledged_where_its_range_can_be_read():
    parcel = opened(b'{"v":1,"stream":"s","first":3,"last":4,"t0_ms":0,"columns":"none"}')
    assert reasons(parcel) == [Reason.NOT_A_BATCH]
    assert parcel.receipt == Receipt(GATEWAY, "s", 3, 4)
    assert parcel.refusals[0].readings == 2


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"{", b"\x78\x9c\x00", zlib.compress(b"[]"), b'{"v":1}'])
def test_bytes_without_a_readable_range_are_kept_and_not_acknowledged(content: bytes):
    parcel = opened(content)
    assert reasons(parcel) == [Reason.NOT_A_BATCH]
    assert parcel.refusals[0].raw == content
    assert parcel.receipt is None


def test_an_oversized_message_is_kept_by_its_beginning_and_not_acknowledged():
    parcel = opened(b"{" + b" " * (2 * MAX_BATCH_BYTES))
    assert reasons(parcel) == [Reason.OVERSIZED]
    assert len(parcel.refusals[0].raw) == MAX_BATCH_BYTES
    assert parcel.receipt is None


def test_a_message_that_makes_our_own_code_fail_is_a_dead_letter_with_a_traceback_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr(cloud.ingest.stages.decode, "check_batch", fail)
    parcel = opened(payload(reading()))
    assert reasons(parcel) == [Reason.FAULT]
    assert parcel.receipt is not None
    assert "ZeroDivisionError: of all things" in caplog.text


def test_points_that_the_store_rejects_become_a_letter_before_calibration_and_leave_their_block():
    level = [reading("river", "water_level", 30 + number, at=number) for number in range(3)]
    parcel = opened(payload(reading(), *level))
    river = [block.sensor for block in parcel.blocks].index("river")
    point = sum(len(block.times_ms) for block in parcel.blocks[:river]) + 1
    after = with_rejected(parcel, [Rejected(0, point, "field type conflict")])
    assert after.blocks[river].times_ms == [T0, T0 + 2]
    assert after.blocks[river].fields == (("water_level", [50, 54]),)
    (letter,) = after.refusals
    assert letter.reason == Reason.STORE_REJECTED
    assert "field type conflict" in letter.sentence
    assert [each.value for each in decode_batch(letter.raw).readings()] == [31]


def test_a_block_that_the_store_rejects_whole_is_gone():
    parcel = opened(payload(reading(), reading(quantity="pm10", value=1)))
    after = with_rejected(parcel, [Rejected(0, 0, "no")])
    assert after.blocks == []
    assert after.refusals[0].readings == 2


def test_every_reason_has_its_meaning_in_the_table():
    assert set(MEANING_OF_REASON) == set(Reason)
