"""Outputs: stages, renewals, silent tests, and who wins."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from edge.alarms.cloud_requests import MOST_CALLS, MOST_S, CloudRequests, read_request
from edge.alarms.duty import OFF, Call, OutputDuty, duty_of
from edge.alarms.output import CHECK_S, HOLD_S, RENEW_S, RETRY_S, OutputDriver
from edge.alarms.weekly_test import is_due
from rules.rule import Severity
from tests.virtual_time import run

MODERATE, SEVERE, EXTREME = Severity.MODERATE, Severity.SEVERE, Severity.EXTREME


def call(severity: Severity, alarm: str = "a", *, from_cloud: bool = False) -> Call:
    return Call(severity, alarm, "daruba", "river-1", {"en": alarm}, from_cloud=from_cloud)


@pytest.mark.parametrize(
    ("severity", "lamp", "siren"), [(Severity.MINOR, 0, 0), (MODERATE, 1, 0), (SEVERE, 1, 1), (EXTREME, 1, 1)]
)
def test_an_output_is_on_from_its_stage_on(severity: Severity, lamp: int, siren: int):
    calls = [call(severity)]
    assert (duty_of(MODERATE, calls).on, duty_of(SEVERE, calls).on) == (bool(lamp), bool(siren))


def test_a_local_alarm_comes_before_what_the_cloud_asks_for():
    duty = duty_of(
        MODERATE, [call(EXTREME, "of the cloud", from_cloud=True), call(MODERATE, "mild"), call(SEVERE, "own")]
    )
    assert [each.alarm for each in duty.calls] == ["own", "mild", "of the cloud"]


class HeardLine:
    """Writes down what it is told, and answers as the test says."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, bool, bool]] = []
        self.problem = ""
        self.answer_s = 0.0

    async def drive(self, duty: OutputDuty, *, test: bool) -> str:
        self.heard.append((asyncio.get_running_loop().time(), duty.on, test))
        await asyncio.sleep(self.answer_s)
        return self.problem


async def driven(line: HeardLine, steps: dict[float, OutputDuty], until_s: float) -> OutputDriver:
    """Drive a line to `until_s`, with a duty from each time on."""
    driver = OutputDriver("siren", line, lambda *_: None)
    task = asyncio.create_task(driver.run())
    for at_s, duty in steps.items():
        await asyncio.sleep(at_s - asyncio.get_running_loop().time())
        driver.put(duty)
    await asyncio.sleep(until_s - asyncio.get_running_loop().time())
    task.cancel()
    return driver


def test_what_is_on_is_renewed_before_it_is_forgotten_and_what_is_off_is_asked_now_and_then():
    line = HeardLine()
    run(driven(line, {60.0: OutputDuty((call(SEVERE),)), 71.0: OFF}, 71.0 + CHECK_S + 1))
    times = [at_s for at_s, on, _ in line.heard if on]
    assert times == [60.0, 60.0 + RENEW_S, 60.0 + 2 * RENEW_S]
    assert 2 * RENEW_S < HOLD_S, "one renewal may be lost"
    assert [at_s for at_s, on, _ in line.heard if not on] == [0.0, 71.0, 71.0 + CHECK_S]


def test_a_change_does_not_wait_for_an_answer_that_does_not_come():
    line = HeardLine()
    line.answer_s = 3.0
    run(driven(line, {1.0: OutputDuty((call(SEVERE),))}, 1.5))
    assert [at_s for at_s, on, _ in line.heard if on] == [1.0]


def test_what_does_not_answer_is_told_again_and_the_problem_stays_to_be_seen():
    line = HeardLine()
    line.problem = "no answer"
    driver = run(driven(line, {0.0: OutputDuty((call(SEVERE),))}, 2 * RETRY_S + 1))
    assert [at_s for at_s, on, _ in line.heard if on] == [0.0, RETRY_S, 2 * RETRY_S]
    assert driver.problem == "no answer"


def test_a_silent_test_never_sounds_and_one_that_sounds_needs_none():
    async def scenario(duty: OutputDuty) -> list[tuple[float, bool, bool]]:
        line = HeardLine()
        driver = OutputDriver("siren", line, lambda *_: None)
        driver.put(duty)
        driver.test()
        task = asyncio.create_task(driver.run())
        await asyncio.sleep(1)
        assert not driver.test_begun
        task.cancel()
        return line.heard

    assert run(scenario(OFF)) == [(0.0, False, True)]
    assert run(scenario(OutputDuty((call(SEVERE),)))) == [(0.0, True, False)]


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Jayapura")).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, "2026-11-25 12:00", True),  # never tested
        ("2026-11-23 09:00:01", "2026-11-29 23:00", False),
        ("2026-11-23 09:00:01", "2026-11-30 08:59", False),
        ("2026-11-23 09:00:01", "2026-11-30 09:00:01", True),
        ("2026-11-10 09:00", "2026-11-25 12:00", True),  # the power was off on Monday
        ("2029-11-10 09:00", "2026-11-25 12:00", True),  # the clock was three years ahead
    ],
)
def test_a_silent_test_is_due_once_a_week(last: str | None, now: str, due: bool):
    last_ms = None if last is None else _ms(last)
    assert is_due("mon 09:00", "Asia/Jayapura", last_ms=last_ms, now_ms=_ms(now)) is due


ASKED = (
    '{"v":1,"command":"alarm","key":"k1","made":"2026-11-24T03:00:00.000Z","expires":"2026-11-24T03:10:00.000Z",'
    '"on":true,"severity":"extreme","test":false,"text":{"en":"x"},"alarms":[{"alarm":7,"site":"a","sensor":"b","on":true}]}'
)
AT_MS = 1_795_489_200_000  # 2026-11-24T03:00:00Z


def apply(requests: CloudRequests, text: str, *, now_s: float, now_ms: int | None) -> str:
    request = read_request(text.encode())
    assert request is not None
    return requests.apply(request, now_s=now_s, now_ms=now_ms)


def test_a_request_of_the_cloud_holds_until_it_expires_and_is_done_once():
    requests = CloudRequests()
    assert apply(requests, ASKED, now_s=100.0, now_ms=AT_MS + 60_000) == ""
    assert [each.severity for each in requests.calls(now_s=639.0)] == [EXTREME]
    assert not requests.calls(now_s=640.1)
    assert apply(requests, ASKED, now_s=650.0, now_ms=AT_MS + 61_000) == "", "the same key again"
    assert not requests.calls(now_s=650.0)


def test_a_request_that_comes_too_late_is_refused_with_a_sentence():
    requests = CloudRequests()
    said = apply(requests, ASKED, now_s=0.0, now_ms=AT_MS + 600_001)
    assert said == "the request expired at 2026-11-24T03:10:00.000Z; it was not carried out"
    assert not requests.calls(now_s=0.0)


def test_the_cloud_takes_back_what_it_asked_for():
    requests = CloudRequests()
    apply(requests, ASKED, now_s=0.0, now_ms=AT_MS)
    apply(requests, ASKED.replace("k1", "k2").replace('"on":true', '"on":false'), now_s=1.0, now_ms=AT_MS)
    assert not requests.calls(now_s=1.0)


@pytest.mark.parametrize("text", [ASKED.replace('"expires":"2026-11-24T03:10:00.000Z",', ""), ASKED])
@pytest.mark.parametrize("now_ms", [None, AT_MS])
def test_no_request_holds_for_longer_than_a_quarter_of_an_hour(text: str, now_ms: int | None):
    requests = CloudRequests()
    assert apply(requests, text.replace("03:10", "23:10"), now_s=0.0, now_ms=now_ms) == ""
    assert requests.calls(now_s=MOST_S - 1)
    assert not requests.calls(now_s=MOST_S)


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b'{"key":"k","command":"ping"}', b"\xff"])
def test_what_is_no_request_is_none(payload: bytes):
    assert read_request(payload) is None


@pytest.mark.parametrize(
    ("boot", "now_s", "now_ms", "left_s"),
    [
        ("a", 160.0, AT_MS + 60_000, 540.0),
        ("a", 160.0, None, 540.0),
        ("a", 160.0, AT_MS - 10**9, 540.0),  # the clock stepped: the monotonic one counts
        ("a", 701.0, AT_MS + 601_000, None),
        ("b", 10.0, AT_MS + 60_000, 540.0),  # another start of the machine: the time of day counts
        ("b", 10.0, AT_MS + 601_000, None),
        ("b", 10.0, None, 600.0),  # nobody knows how long the power was off
        ("b", 10.0, AT_MS - 10**9, 600.0),
    ],
)
def test_what_holds_goes_on_after_a_kill_and_no_longer_than_it_was_to(
    boot: str, now_s: float, now_ms: int | None, left_s: float | None
):
    requests, again = CloudRequests(), CloudRequests()
    apply(requests, ASKED, now_s=100.0, now_ms=AT_MS)
    again.recall(requests.to_keep(boot="a"), boot=boot, now_s=now_s, now_ms=now_ms)
    if left_s is None:
        assert not again.calls(now_s=now_s)
    else:
        assert again.calls(now_s=now_s + left_s - 1) == requests.calls(now_s=100.0)
        assert not again.calls(now_s=now_s + left_s)


@pytest.mark.parametrize("text", ["", "[", "[]", '{"boot":1}'])
def test_damaged_requests_are_none(text: str):
    requests = CloudRequests()
    requests.recall({"alarms.requests": text}, boot="a", now_s=0.0, now_ms=0)
    assert not requests.calls(now_s=0.0)


def test_what_is_more_than_can_be_held_is_said():
    requests = CloudRequests()
    for number in range(MOST_CALLS):
        text = ASKED.replace('"alarm":7', f'"alarm":"n{number}"').replace("k1", f"k{number}x")
        assert apply(requests, text, now_s=0.0, now_ms=AT_MS) == ""
    said = apply(requests, ASKED, now_s=0.0, now_ms=AT_MS)
    assert said == "1 alarms are more than the 50 that hold here at once"
