"""What is known of a local broker: how old its messages are, and which of them were taken."""

from edge.sources.echo import LATE_MS, MOST_UNHEARD, MUTE_MS, Echo
from edge.sources.taken import ROW, ROWS, TakenMessages
from runtime.mqtt import Message


def connected(now_ms: int = 0) -> Echo:
    echo = Echo("siaga-edge/gw-1/echo")
    echo.begin(now_ms)
    echo.connected()
    return echo


def hear_own_word(echo: Echo, now_ms: int) -> None:
    word = echo.word(now_ms)
    assert word is not None
    assert echo.hear(word)


def test_what_comes_before_our_own_word_is_back_was_kept():
    echo = connected()
    word = echo.word(10)
    assert word is not None
    assert echo.since_ms(20) is not None
    assert not echo.hear(b"somebody else's")
    assert echo.hear(word)
    assert echo.since_ms(30) is None


def test_a_new_connection_may_bring_what_came_since_the_last_word_of_the_one_before():
    echo = connected()
    hear_own_word(echo, 1_000)
    echo.begin(60_000)
    assert echo.since_ms(60_010) == 1_000
    hear_own_word(echo, 60_020)
    assert echo.since_ms(60_030) is None


def test_a_process_that_slept_takes_what_comes_for_old_until_a_fresh_word_is_back():
    echo = connected()
    hear_own_word(echo, 0)
    stale = echo.word(2_500)
    assert stale is not None
    assert echo.since_ms(80_000) == 0
    assert echo.hear(stale)
    assert echo.since_ms(80_010) == 2_500
    hear_own_word(echo, 80_020)
    assert echo.since_ms(80_030 + LATE_MS - 100) is None


def test_a_broker_that_gives_nothing_back_is_taken_for_one_that_brings_news():
    echo = connected()
    assert echo.word(0) is not None
    assert echo.since_ms(1) is not None
    echo.look(MUTE_MS + 1)
    assert echo.mute
    assert echo.since_ms(MUTE_MS + 2) is None


def test_a_broker_that_hands_out_a_long_queue_is_not_mute():
    echo = connected()
    assert echo.word(0) is not None
    for _ in range(10_000):
        echo.since_ms(1)
    echo.look(MUTE_MS + 1)
    assert not echo.mute


def test_a_broker_that_throws_us_out_when_we_ask_is_asked_no_more():
    echo = connected()
    for attempt in range(MOST_UNHEARD):
        echo.begin(attempt * 1_000)
        echo.connected()
    assert echo.given_up
    assert echo.word(1_000_000) is None
    assert echo.since_ms(1_000_001) is None


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
    assert all(TakenMessages(kept, "broker").knows(message(packet)) for packet in range(4_500, 5_000))


def test_rows_of_an_earlier_version_are_understood():
    taken = TakenMessages({}, "broker")
    (text,) = taken.add(message(7)).values()
    former = {"local.taken.41": text.replace("0.0 ", "105 ")}
    again = TakenMessages(former, "broker")
    assert again.knows(message(7))
    (row,) = again.add(message(8)).items()
    assert TakenMessages({**former, row[0]: row[1]}, "broker").knows(message(7))


def test_rows_that_were_damaged_are_passed_over():
    assert not TakenMessages({"local.taken.01": "\ufffd\ufffd", "local.taken.02": ""}, "broker").knows(message(1))
