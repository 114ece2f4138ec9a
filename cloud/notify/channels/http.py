"""One HTTP request as an attempt:  2xx sent · 429, 408, 5xx later · other 4xx never · no answer later, perhaps sent."""

import httpx

from cloud.notify.contract import Later, Never, Outcome, Sent

LONGEST_ANSWER = 200
"""Characters of an answer that are kept."""
LONGEST_WAIT_S = 3_600.0
_LATER = (408, 425, 429)


async def post(
    client: httpx.AsyncClient, url: str, content: bytes, headers: dict[str, str], *, shown: str, timeout_s: float
) -> Outcome:
    """POST `content`; `shown` names the place in sentences, since a URL may hold a secret."""
    try:
        answer = await client.post(url, content=content, headers=headers, timeout=timeout_s)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        return Later(f"{shown} cannot be reached: {error or type(error).__name__}")
    except httpx.HTTPError as error:
        return Later(f"{shown} did not answer: {error or type(error).__name__}", unsure=True)
    return outcome_of(answer, shown)


def outcome_of(answer: httpx.Response, shown: str) -> Outcome:
    """What an answer means for another attempt."""
    if answer.is_success:
        return Sent(str(answer.status_code))
    said = f"{shown} answered {answer.status_code}: {' '.join(answer.text.split())[:LONGEST_ANSWER]}"
    if answer.status_code in _LATER or answer.is_server_error:
        return Later(said, retry_after_s=retry_after_s(answer))
    return Never(said)


def retry_after_s(answer: httpx.Response) -> float | None:
    """What Retry-After asks for, in seconds; None where it does not say so in seconds."""
    text = answer.headers.get("Retry-After", "")
    return min(float(text), LONGEST_WAIT_S) if text.isdecimal() else None
