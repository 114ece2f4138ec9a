"""What an HTTP answer means for another attempt."""

import httpx
import pytest

from cloud.notify.channels.http import LONGEST_WAIT_S, HttpAnswer, outcome_of, post, retry_after_s
from cloud.notify.contract import Later, Never, Outcome, Sent
from runtime.secret_urls import SecretUrl

URL = SecretUrl("https://ani:geheim@hook.test/T024/x8QzSECRET")
SAID = "https://hook.test/… answered"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (HttpAnswer(202), Sent("202")),
        (HttpAnswer(500, "oh\n no"), Later(f"{SAID} 500: oh no")),
        (HttpAnswer(503, retry_after_s=7.0), Later(f"{SAID} 503: ", retry_after_s=7.0)),
        (HttpAnswer(429, retry_after_s=1e9), Later(f"{SAID} 429: ", retry_after_s=LONGEST_WAIT_S)),
        (HttpAnswer(408), Later(f"{SAID} 408: ")),
        (HttpAnswer(404, "no T024/x8QzSECRET here"), Never(f"{SAID} 404: no T024/… here")),
        (HttpAnswer(301), Never(f"{SAID} 301: ")),
        (Later("no route", unsure=True), Later("no route", unsure=True)),
    ],
)
def test_a_status_says_whether_another_attempt_makes_sense_and_no_secret_is_in_the_sentence(
    answer: HttpAnswer | Later, outcome: Outcome
):
    assert outcome_of(answer, URL) == outcome


@pytest.mark.parametrize(("text", "seconds"), [("7", 7.0), ("", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None)])
def test_retry_after_is_read_where_it_is_in_seconds(text: str, seconds: float | None):
    assert retry_after_s(httpx.Headers({"Retry-After": text})) == seconds


async def test_an_answer_is_handed_over_as_data():
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(429, text="wait", headers={"Retry-After": "8"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        assert await post(client, URL, b"{}", {}, timeout_s=1) == HttpAnswer(429, "wait", 8.0)


@pytest.mark.parametrize(
    ("error", "problem", "unsure"),
    [
        (httpx.ConnectError("x8QzSECRET"), "cannot be reached: …", False),
        (httpx.ReadTimeout(""), "did not answer", True),
    ],
)
async def test_no_answer_says_whether_the_other_side_may_have_got_it(error: Exception, problem: str, unsure: bool):
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    async with httpx.AsyncClient(transport=httpx.MockTransport(fail)) as client:
        outcome = await post(client, URL, b"{}", {}, timeout_s=1)
    assert isinstance(outcome, Later)
    assert outcome.unsure is unsure
    assert problem in outcome.problem
