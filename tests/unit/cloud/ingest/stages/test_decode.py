"""One message, decoded and validated."""

import zlib

import pytest

import cloud.ingest.stages.validate
from cloud.core.reasons import MEANING_OF_REASON, Reason
from cloud.gateways.accounting import Receipt
from cloud.ingest.stages.validate import ValidatedBatch
from tests.unit.cloud.examples import GATEWAY, STREAM, payload, reading, validated
from wire import Lost, decode_batch
from wire.batch import MAX_BATCH_BYTES


def reasons(found: ValidatedBatch) -> list[str]:
    return [rejection.reason for rejection in found.rejections]


def test_a_good_batch_has_blocks_a_receipt_and_no_refusals():
    lost = Lost("old", 1, 5, "spool full")
    found = validated(payload(reading(), reading(at=1), first=11, lost=[lost]))
    assert found.decoded.receipt == Receipt(GATEWAY, STREAM, 11, 12, (lost,))
    assert (len(found.blocks), found.rejections) == (1, [])


def test_a_batch_that_only_declares_losses_has_a_receipt_and_nothing_to_store():
    found = validated(payload(first=1, lost=[Lost(STREAM, 1, 5, "spool full")]))
    assert found.decoded.receipt is not None
    assert (found.decoded.receipt.first, found.decoded.receipt.last) == (1, 0)
    assert (found.blocks, found.rejections) == ([], [])


def test_refused_readings_of_one_reason_make_one_letter_that_decodes_to_them():
    bad = [reading("nobody", value=1), reading("nobody", "pm10", 2), reading("no-one", value=3)]
    found = validated(payload(reading(), *bad, reading(value=-1, at=1)))
    assert reasons(found) == [Reason.OUT_OF_BOUNDS, Reason.UNKNOWN_SENSOR]
    letter = found.rejections[1]
    assert "(2 more readings of this batch were refused so)" in letter.sentence
    assert letter.readings == 3
    assert sorted(each.value for each in decode_batch(letter.raw).readings()) == [1, 2, 3]


def test_a_batch_of_an_unknown_gateway_is_kept_whole_and_its_range_acknowledged():
    content = payload(reading(), reading(at=1))
    found = validated(content, gateway="gw-new")
    assert (reasons(found), found.rejections[0].raw, found.rejections[0].readings) == (
        ["unknown_gateway"],
        content,
        2,
    )
    assert found.decoded.receipt == Receipt("gw-new", STREAM, 1, 2)
    assert found.blocks == ()


def test_a_retired_gateway_is_unknown_and_told_so():
    assert "was taken out of the city file" in validated(payload(reading()), gateway="gw-old").rejections[0].sentence


def test_a_batch_that_breaks_the_contract_is_acknowledged_where_its_range_can_be_read():
    found = validated(b'{"v":1,"stream":"s","first":3,"last":4,"t0_ms":0,"columns":"none"}')
    assert reasons(found) == [Reason.NOT_A_BATCH]
    assert found.decoded.receipt == Receipt(GATEWAY, "s", 3, 4)
    assert found.rejections[0].readings == 2


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"{", b"\x78\x9c\x00", zlib.compress(b"[]"), b'{"v":1}'])
def test_bytes_without_a_readable_range_are_kept_and_not_acknowledged(content: bytes):
    found = validated(content)
    assert reasons(found) == [Reason.NOT_A_BATCH]
    assert found.rejections[0].raw == content
    assert found.decoded.receipt is None


def test_an_oversized_message_is_kept_by_its_beginning_and_not_acknowledged():
    found = validated(b"{" + b" " * (2 * MAX_BATCH_BYTES))
    assert reasons(found) == [Reason.OVERSIZED]
    assert len(found.rejections[0].raw) == MAX_BATCH_BYTES
    assert found.decoded.receipt is None


def test_a_message_that_makes_our_own_code_fail_is_a_dead_letter_with_a_traceback_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr(cloud.ingest.stages.validate, "check_batch", fail)
    found = validated(payload(reading()))
    assert reasons(found) == [Reason.FAULT]
    assert found.decoded.receipt is not None
    assert "ZeroDivisionError: of all things" in caplog.text


def test_every_reason_has_its_meaning_in_the_table():
    assert set(MEANING_OF_REASON) == set(Reason)
