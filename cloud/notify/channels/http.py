"""One HTTP request as an attempt:  2xx sent · 408, 425, 429, 5xx later · other 4xx never · none: later, perhaps sent.

post(…) ─► HttpAnswer(429, '{"parameters": {"retry_after": 8}}') ─► the sender reads in it what only it knows
        └► Later("… cannot be reached")       then outcome_of(answer, url) ─► Later(…, retry_after_s=8)
"""

import httpx
import msgspec

from cloud.notify.contract import Later, Never, Outcome, Sent
from runtime.secret_urls import SecretUrl
from wire import printable

LONGEST_SHOWN = 200
"""Characters of an answer that people see."""
LONGEST_READ = 4_096
"""Bytes of an answer that are looked at."""
LONGEST_WAIT_S = 3_600.0
"""A longer wait than this is not believed."""
_LATER = (408, 425, 429)


class HttpAnswer(msgspec.Struct, frozen=True):
    """What a server answered: its status, the beginning of its text, and the wait that it asks for, in seconds."""

    status: int
    text: str = ""
    retry_after_s: float | None = None


async def post(
    client: httpx.AsyncClient, url: SecretUrl, content: bytes, headers: dict[str, str], *, timeout_s: float
) -> HttpAnswer | Later:
    """POST `content`; of the URL a Later shows only the host. Of the answer no more is read than is looked at."""
    plain = headers | {"Accept-Encoding": "identity"}
    try:
        async with client.stream("POST", url.whole, content=content, headers=plain, timeout=timeout_s) as answer:
            text = await _beginning_of(answer)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        return Later(f"{url} cannot be reached: {_reason(error, url)}")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Later(f"{url} did not answer: {_reason(error, url)}", unsure=True)
    return HttpAnswer(answer.status_code, text, retry_after_s(answer.headers))


async def _beginning_of(answer: httpx.Response) -> str:
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        return ""  # nobody asked for it, and what is packed could become any size
    beginning = b""
    async for part in answer.aiter_bytes():
        beginning += part[: LONGEST_READ - len(beginning)]
        if len(beginning) >= LONGEST_READ:
            break
    return beginning.decode(errors="replace")


def outcome_of(answer: HttpAnswer | Later, url: SecretUrl) -> Outcome:
    """Return what an answer means for another attempt; of the URL the outcome shows only the host.

    Servers repeat what they were asked, secrets and all, so they are kept out of the answer's text as well.
    """
    if isinstance(answer, Later):
        return answer
    if httpx.codes.is_success(answer.status):
        return Sent(str(answer.status))
    text = url.keep_out_of(printable(" ".join(answer.text.split())))[:LONGEST_SHOWN]
    problem = f"{url} answered {answer.status}: {text}"
    if answer.status in _LATER or httpx.codes.is_server_error(answer.status):
        wait_s = answer.retry_after_s
        return Later(problem, retry_after_s=None if wait_s is None else min(wait_s, LONGEST_WAIT_S))
    return Never(problem)


def retry_after_s(headers: httpx.Headers) -> float | None:
    """Return the seconds of Retry-After; None where it is a date or not there."""
    text = headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


def _reason(error: Exception, url: SecretUrl) -> str:
    return url.keep_out_of(str(error) or type(error).__name__)
