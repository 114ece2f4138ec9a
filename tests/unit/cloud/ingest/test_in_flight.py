"""The ranges that are being made safe."""

from cloud.gateways.accounting import Receipt
from cloud.ingest.in_flight import InFlightRanges
from wire import Lost


def receipt(first: int, last: int, *lost: Lost, stream: str = "a", gateway: str = "gw") -> Receipt:
    return Receipt(gateway, stream, first, last, lost)


def test_a_range_is_begun_once_until_it_ends_however_it_is_cut():
    ranges = InFlightRanges()
    assert ranges.add(receipt(11, 20))
    assert not any(ranges.add(receipt(*cut)) for cut in ((11, 20), (1, 11), (20, 30), (13, 14), (1, 99)))
    assert all(ranges.add(receipt(*next_to)) for next_to in ((1, 10), (21, 30)))
    ranges.remove(receipt(11, 20))
    assert ranges.add(receipt(12, 19))


def test_other_streams_other_gateways_and_messages_without_a_range_are_let_in():
    ranges = InFlightRanges()
    assert ranges.add(receipt(1, 5))
    assert ranges.add(receipt(1, 5, stream="b"))
    assert ranges.add(receipt(1, 5, gateway="gw-2"))
    assert ranges.add(None)
    assert ranges.add(None)
    ranges.remove(None)


def test_declared_losses_are_never_let_go():
    ranges = InFlightRanges()
    assert ranges.add(receipt(1, 5))
    assert ranges.add(receipt(1, 5, Lost("z", 1, 2, "spool full")))
    assert ranges.add(receipt(6, 5))
    assert ranges.add(receipt(6, 5, Lost("z", 1, 9, "spool full")))
    for _ in range(2):
        ranges.remove(receipt(1, 5))
    assert ranges.add(receipt(1, 5))
