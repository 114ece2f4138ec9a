"""Only time in which a reading would have been heard counts towards a silence."""

from cloud.alarms.listening_time import LATE_MS, Hearing


class Process:
    """A process whose beats the test makes."""

    def __init__(self, *, grace_ms: int = 30_000) -> None:
        self.boot_ms = 77_000
        self.hearing = Hearing(grace_ms=grace_ms, boot_ms=lambda: self.boot_ms)

    def beats(self, seconds: int, *, listening: bool = True, word: float | None = None) -> None:
        for _ in range(seconds):
            self.boot_ms += 1_000
            self.hearing.beat(listening=listening, word=word)


def test_seconds_of_listening_add_up():
    process = Process()
    process.beats(90)
    assert process.hearing.now_ms() == 90_000
    process.boot_ms += 400
    assert process.hearing.now_ms() == 90_400


def test_a_late_beat_counts_nothing_and_nothing_counts_until_the_grace_is_over():
    process = Process()
    process.beats(10)
    process.boot_ms += 75_000
    assert not process.hearing.hears, "before the first beat after waking, too"
    assert process.hearing.now_ms() == 10_000
    process.hearing.beat(listening=True)
    process.beats(30)
    assert process.hearing.now_ms() == 10_000
    process.beats(5)
    assert process.hearing.now_ms() == 15_000


def test_a_beat_that_only_waited_its_turn_counts():
    process = Process()
    process.boot_ms += LATE_MS
    process.hearing.beat(listening=True)
    assert process.hearing.now_ms() == LATE_MS


def test_without_a_broker_or_a_store_nothing_is_listened():
    process = Process(grace_ms=0)
    process.beats(10)
    process.beats(300, listening=False)
    process.beats(5)
    assert process.hearing.now_ms() == 15_000


def test_a_broker_that_is_connected_and_says_nothing_proves_nothing():
    process = Process(grace_ms=0)
    process.beats(10, word=1.0)
    assert process.hearing.now_ms() == 1_000, "what came after its last word is not proven"
    process.beats(1, word=2.0)
    assert process.hearing.now_ms() == 11_000
    process.beats(40, word=2.0)
    process.beats(1, listening=False)
    process.beats(1, word=3.0)
    assert process.hearing.now_ms() == 12_000, "it was frozen, and is gone: none of the 40 s was listened"


def test_what_is_heard_proves_the_time_before_it():
    process = Process()
    process.beats(1, word=1.0)
    process.beats(20, word=1.0)
    assert process.hearing.heard_ms() == 21_000


def test_who_was_asleep_knows_it_for_a_while():
    process = Process()
    process.beats(20)
    assert process.hearing.was_awake(within_ms=10_000)
    process.boot_ms += 75_000
    assert not process.hearing.was_awake(within_ms=10_000)
    process.beats(9)
    assert not process.hearing.was_awake(within_ms=10_000)
    process.beats(2)
    assert process.hearing.was_awake(within_ms=10_000)
