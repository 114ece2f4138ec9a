"""Which messages of a local broker were taken before."""

import tracemalloc

from edge.sources.taken import ROW, ROWS, TakenMessages
from runtime.mqtt_connection import Message


def message(packet: int, payload: bytes = b'{"in":1}') -> Message:
    return Message("sensors/gate", payload, False, True, 1, packet, 1)


def test_a_message_that_was_taken_is_known_after_a_restart():
    kept: dict[str, str] = {}
    taken = TakenMessages(kept, "127.0.0.1:1883")
    for packet in range(1, 100):
        kept |= taken.add(message(packet))
    again = TakenMessages(kept, "127.0.0.1:1883")
    assert all(again.knows(message(packet)) for packet in range(1, 100))
    assert not again.knows(message(100))
    assert not again.knows(message(5, b'{"in":2}'))
    assert not TakenMessages(kept, "10.0.0.9:1883").knows(message(5))


def test_the_newest_message_of_a_packet_id_counts():
    taken = TakenMessages({}, "broker")
    taken.add(message(5))
    taken.add(message(5, b'{"in":2}'))
    assert not taken.knows(message(5))
    assert taken.knows(message(5, b'{"in":2}'))


def test_what_is_kept_of_messages_is_bounded_and_goes_on_over_restarts():
    kept: dict[str, str] = {}
    for start in range(0, 5_000, 100):
        taken = TakenMessages(kept, "broker")
        for packet in range(start, start + 100):
            kept |= taken.add(message(packet))
    assert len(kept) <= ROWS
    assert max(map(len, kept.values())) < 16 * ROW
    known = TakenMessages(kept, "broker")
    assert all(known.knows(message(packet)) for packet in range(4_500, 5_000))


def test_a_full_memory_of_messages_takes_less_than_a_megabyte():
    kept: dict[str, str] = {}
    tracemalloc.start()
    try:
        taken = TakenMessages(kept, "broker")
        for packet in range(1, 20_001):
            kept |= taken.add(message(packet))
        size, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(kept) == ROWS
    assert size < 750_000
    assert peak < 1_000_000


def test_as_many_messages_as_fit_are_known_and_the_older_ones_are_not():
    taken = TakenMessages({}, "broker")
    kept: dict[str, str] = {}
    for packet in range(1, 40_001):
        kept |= taken.add(message(packet))
    for memory in (taken, TakenMessages(kept, "broker")):
        assert all(memory.knows(message(packet)) for packet in range(40_001 - (ROWS - 1) * ROW, 40_001))
        assert not any(memory.knows(message(packet)) for packet in range(1, 40_001 - ROWS * ROW))


def test_what_the_broker_has_handled_is_forgotten_for_good():
    taken = TakenMessages({}, "broker")
    kept: dict[str, str] = {}
    for packet in range(1, 5 * ROW + 1):
        kept |= taken.add(message(packet))
    assert taken.row_of([3 * ROW + 1, 4 * ROW + 1]) == 3
    assert taken.row_of([]) == taken.row_of([9_999]) == 4
    taken.forget_before(3)
    assert taken.row_of([1, 4 * ROW + 1]) == 4
    kept |= taken.add(message(100))
    for memory in (taken, TakenMessages(kept, "broker")):
        assert not any(memory.knows(message(packet)) for packet in range(1, 3 * ROW + 1))
        assert all(memory.knows(message(packet)) for packet in [*range(3 * ROW + 1, 5 * ROW + 1), 100])


def test_a_packet_id_that_comes_again_is_in_the_row_of_its_newest_message():
    taken = TakenMessages({}, "broker")
    for packet in [*range(1, ROW + 1), 1]:
        taken.add(message(packet))
    assert taken.row_of([1]) == 1
    assert taken.row_of([1, 2]) == 0
    taken.forget_before(1)
    assert taken.knows(message(1))
    assert not taken.knows(message(2))


def test_what_another_memory_knows_is_taken_over():
    here, earlier = TakenMessages({}, "broker"), TakenMessages({}, "broker")
    for packet in range(1, 3 * ROW):
        here.add(message(packet))
    here.add(message(2, b'{"in":2}'))
    here.forget_before(1)
    kept = earlier.add(message(9_999))
    kept |= earlier.add_all(here)
    for memory in (earlier, TakenMessages(kept, "broker")):
        assert memory.knows(message(9_999))
        assert memory.knows(message(2, b'{"in":2}'))
        assert all(memory.knows(message(packet)) for packet in range(ROW + 1, 3 * ROW))
        assert not memory.knows(message(1))


def test_longer_rows_of_an_earlier_version_are_known_to_their_end():
    taken = TakenMessages({}, "broker")
    words = "".join(next(iter(taken.add(message(packet)).values())).split(" ")[-1] + " " for packet in range(1, 17))
    again = TakenMessages({"local.taken.0009": f"1033.1000 {words.strip()}"}, "broker")
    assert all(again.knows(message(packet)) for packet in range(1, 17))
    assert again.row_of([16]) == 1_033
    assert list(again.add(message(17))) == ["local.taken.1034"]


def test_rows_of_an_earlier_version_are_understood():
    taken = TakenMessages({}, "broker")
    (text,) = taken.add(message(7)).values()
    earlier = {"local.taken.41": text.replace("0.0 ", "105 ")}
    again = TakenMessages(earlier, "broker")
    assert again.knows(message(7))
    (row,) = again.add(message(8)).items()
    assert TakenMessages({**earlier, row[0]: row[1]}, "broker").knows(message(7))


def test_rows_that_were_damaged_are_passed_over():
    assert not TakenMessages({"local.taken.01": "\ufffd\ufffd", "local.taken.02": ""}, "broker").knows(message(1))
