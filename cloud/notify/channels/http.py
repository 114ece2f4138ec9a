"""One HTTP request as an attempt:  2xx sent · 429, 408, 5xx later · other 4xx never · no answer later, perhaps sent."""

import httpx

from cloud.notify.contract import Later, Never, Outcome, Sent
from runtime.secret_urls import SecretUrl
from wire import printable

LONGEST_ANSWER = 200
"""Characters of an answer that are kept."""
MOST_READ = 4_096
"""Characters of an answer that are looked at."""
LONGEST_WAIT_S = 3_600.0
_LATER = (408, 425, 429)


async def post(
    client: httpx.AsyncClient, url: SecretUrl, content: bytes, headers: dict[str, str], *, timeout_s: float
) -> Outcome:
    """POST `content`; what the outcome says has no part of the URL in it but where it leads."""
    try:
        answer = await client.post(url.whole, content=content, headers=headers, timeout=timeout_s)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        return Later(f"{url} cannot be reached: {_reason(error, url)}")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Later(f"{url} did not answer: {_reason(error, url)}", unsure=True)
    return outcome_of(answer, url)


def _reason(error: Exception, url: SecretUrl) -> str:
    return url.keep_out_of(str(error) or type(error).__name__)


def outcome_of(answer: httpx.Response, url: SecretUrl) -> Outcome:
    """What an answer means for another attempt; an answer may repeat what it was asked, secrets and all."""
    if answer.is_success:
        return Sent(str(answer.status_code))
    text = url.keep_out_of(printable(" ".join(answer.text[:MOST_READ].split())))[:LONGEST_ANSWER]
    said = f"{url} answered {answer.status_code}: {text}"
    if answer.status_code in _LATER or answer.is_server_error:
        return Later(said, retry_after_s=retry_after_s(answer))
    return Never(said)


def retry_after_s(answer: httpx.Response) -> float | None:
    """What Retry-After asks for, in seconds; None where it does not say so in seconds."""
    text = answer.headers.get("Retry-After", "")
    return min(float(text), LONGEST_WAIT_S) if text.isdecimal() else None
