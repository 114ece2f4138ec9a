"""From answers to news."""

import pytest

from cloud.health_watch.probe import ProbeResult, address_of, parse_answer, server_of
from cloud.health_watch.verdict import ServerVerdict, WatchNotice, judge

GOOD, BAD = ProbeResult(good=True, what="ok"), ProbeResult(good=False, what="did not answer in time")


class Story:
    """Answers a minute apart, unless a test says otherwise."""

    def __init__(self) -> None:
        self.verdict, self.now_s = ServerVerdict(), 0.0

    def answer(self, result: ProbeResult, *, after_s: float = 60.0) -> WatchNotice | None:
        self.now_s += after_s
        self.verdict, notice = judge(
            self.verdict, result, now_s=self.now_s, every_s=60, after_s=180, again_s=3_600
        )  # fmt: skip
        return notice


def test_a_server_without_a_good_answer_for_so_long_is_told_of_once_then_again_while_it_lasts():
    story = Story()
    assert [story.answer(BAD) for _ in range(3)] == [None, None, None]
    assert story.answer(BAD) is WatchNotice.GONE
    assert [story.answer(BAD) for _ in range(59)] == [None] * 59
    assert story.answer(BAD) is WatchNotice.STILL_GONE


def test_it_is_back_after_two_good_answers():
    story = Story()
    for _ in range(4):
        story.answer(BAD)
    assert [story.answer(GOOD), story.answer(GOOD), story.answer(GOOD)] == [None, WatchNotice.BACK, None]


def test_one_good_answer_among_bad_ones_is_no_recovery():
    story = Story()
    for _ in range(4):
        story.answer(BAD)
    assert [story.answer(each) for each in (GOOD, BAD, BAD, BAD, BAD)] == [None] * 5
    assert story.verdict.notified_s is not None


def test_a_lost_packet_is_nobodys_page():
    story = Story()
    assert [story.answer(each) for each in (GOOD, BAD, BAD, GOOD, BAD, BAD, BAD, GOOD)] == [None] * 8


def test_a_watch_that_slept_does_not_count_its_sleep_as_the_servers_silence():
    story = Story()
    story.answer(BAD)
    story.answer(BAD)
    assert story.answer(BAD, after_s=3_600) is None
    assert [story.answer(BAD) for _ in range(3)] == [None, None, WatchNotice.GONE]


def test_a_restart_of_the_watch_tells_the_end_of_what_was_told_before_it():
    story = Story()
    story.verdict = ServerVerdict(notified_s=0.0)
    assert [story.answer(GOOD), story.answer(GOOD)] == [None, WatchNotice.BACK]


@pytest.mark.parametrize(
    ("status", "body", "good", "what"),
    [
        (200, b'{"status":"ok","components":{"store":"ok"}}', True, "ok"),
        (200, b'{"status":"degraded"}', True, "degraded"),
        (503, b'{"status":"down","components":{"store":"down","broker":"ok"}}', False, "down: Readings store"),
        (
            503,
            b'{"status":"down","components":{"store":{"status":"down","detail":"x"}}}',
            False,
            "down: Readings store",
        ),
        (200, b"<html>It works!</html>", False, "answered 200 and not as this platform does: '<html>It works!</html>'"),
        (502, b"\xff\xfe", False, "answered 502 and not as this platform does"),
        (200, b'{"status":"down"}', False, "says that it is down"),
        (200, b'{"status":7}', False, "answered 200"),
        (200, b'{"status":"down","components":{"a":[1],"b":"down"}}', False, "down: b"),
    ],
)
def test_only_siagas_own_word_is_a_good_answer(status: int, body: bytes, good: bool, what: str):
    result = parse_answer(status, body)
    assert result.good is good
    assert what in result.what


def test_a_server_is_asked_for_its_health_and_shown_without_what_may_be_secret():
    assert address_of("https://siaga.test") == "https://siaga.test/api/v1/health"
    assert address_of("https://siaga.test/") == "https://siaga.test/api/v1/health"
    assert address_of("http://127.0.0.1:8080/other?x=1") == "http://127.0.0.1:8080/other?x=1"
    assert server_of("https://ani:secret@siaga.test:8443/api/v1/health?token=secret") == "https://siaga.test:8443"
    with pytest.raises(ValueError, match="write an address"):
        address_of("siaga.test")
