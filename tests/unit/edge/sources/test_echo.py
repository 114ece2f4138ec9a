"""How old the messages of a local broker are: it gives our own word back."""

from edge.sources.echo import LATE_MS, MOST_UNANSWERED, MUTE_MS, Echo


def connected(now_ms: int = 0) -> Echo:
    echo = Echo("siaga-edge/gw-1/echo")
    echo.begin(now_ms)
    echo.connected()
    return echo


def hear_own_word(echo: Echo, now_ms: int) -> None:
    word = echo.word(now_ms)
    assert word is not None
    assert echo.on_message(word)


def test_what_comes_before_our_own_word_is_back_was_kept():
    echo = connected()
    word = echo.word(10)
    assert word is not None
    assert echo.since_ms(20) is not None
    assert not echo.on_message(b"somebody else's")
    assert echo.on_message(word)
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
    assert echo.on_message(stale)
    assert echo.since_ms(80_010) == 2_500
    hear_own_word(echo, 80_020)
    assert echo.since_ms(80_030 + LATE_MS - 100) is None


def test_a_broker_that_gives_nothing_back_is_taken_for_one_that_brings_news():
    echo = connected()
    assert echo.word(0) is not None
    assert echo.since_ms(1) is not None
    echo.poll(MUTE_MS + 1)
    assert echo.mute
    assert echo.since_ms(MUTE_MS + 2) is None


def test_a_broker_that_hands_out_a_long_queue_is_not_mute():
    echo = connected()
    assert echo.word(0) is not None
    for _ in range(10_000):
        echo.since_ms(1)
    echo.poll(MUTE_MS + 1)
    assert not echo.mute


def test_a_broker_that_throws_us_out_when_we_ask_is_asked_no_more():
    echo = connected()
    for attempt in range(MOST_UNANSWERED):
        echo.begin(attempt * 1_000)
        echo.connected()
    assert echo.given_up
    assert echo.word(1_000_000) is None
    assert echo.since_ms(1_000_001) is None
