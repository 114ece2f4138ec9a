"""Only time in which a reading would have been heard counts towards a silence."""

from cloud.alarms.listening_time import LATE_MS, ListeningTime


class Process:
    """A process whose beats the test makes."""

    def __init__(self, *, grace_ms: int = 30_000) -> None:
        self.boot_ms = 77_000
        self.listening_time = ListeningTime(grace_ms=grace_ms, boot_ms=lambda: self.boot_ms)

    def ticks(self, seconds: int, *, listening: bool = True, last_packet_s: float | None = None) -> None:
        for _ in range(seconds):
            self.boot_ms += 1_000
            self.listening_time.tick(listening=listening, last_packet_s=last_packet_s)


def test_seconds_of_listening_add_up():
    process = Process()
    process.ticks(90)
    assert process.listening_time.listened_ms() == 90_000
    process.boot_ms += 400
    assert process.listening_time.listened_ms() == 90_400


def test_a_late_beat_counts_nothing_and_nothing_counts_until_the_grace_is_over():
    process = Process()
    process.ticks(10)
    process.boot_ms += 75_000
    assert not process.listening_time.is_listening, "before the first tick after waking, too"
    assert process.listening_time.listened_ms() == 10_000
    process.listening_time.tick(listening=True)
    process.ticks(30)
    assert process.listening_time.listened_ms() == 10_000
    process.ticks(5)
    assert process.listening_time.listened_ms() == 15_000


def test_a_beat_that_only_waited_its_turn_counts():
    process = Process()
    process.boot_ms += LATE_MS
    process.listening_time.tick(listening=True)
    assert process.listening_time.listened_ms() == LATE_MS


def test_without_a_broker_or_a_store_nothing_is_listened():
    process = Process(grace_ms=0)
    process.ticks(10)
    process.ticks(300, listening=False)
    process.ticks(5)
    assert process.listening_time.listened_ms() == 15_000


def test_a_broker_that_is_connected_and_says_nothing_proves_nothing():
    process = Process(grace_ms=0)
    process.ticks(10, last_packet_s=1.0)
    assert process.listening_time.listened_ms() == 1_000, "what came after its last word is not proven"
    process.ticks(1, last_packet_s=2.0)
    assert process.listening_time.listened_ms() == 11_000
    process.ticks(40, last_packet_s=2.0)
    process.ticks(1, listening=False)
    process.ticks(1, last_packet_s=3.0)
    assert process.listening_time.listened_ms() == 12_000, "it was frozen, and is gone: none of the 40 s was listened"


def test_what_is_heard_proves_the_time_before_it():
    process = Process()
    process.ticks(1, last_packet_s=1.0)
    process.ticks(20, last_packet_s=1.0)
    assert process.listening_time.listened_when_heard_ms() == 21_000


def test_who_was_asleep_knows_it_for_a_while():
    process = Process()
    process.ticks(20)
    assert process.listening_time.was_on_time(within_ms=10_000)
    process.boot_ms += 75_000
    assert not process.listening_time.was_on_time(within_ms=10_000)
    process.ticks(9)
    assert not process.listening_time.was_on_time(within_ms=10_000)
    process.ticks(2)
    assert process.listening_time.was_on_time(within_ms=10_000)
