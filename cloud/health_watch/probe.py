"""One question to one cloud:  GET https://siaga.morotai.go.id/api/v1/health  ─► ProbeResult(good, what it was)

good  200 and {"status": "ok" | "degraded"}: it works, and notifies of its own troubles by itself
bad   503 and {"status": "down"}, anything else, and no answer at all
"""

from urllib.parse import urlsplit, urlunsplit

import httpx
import msgspec

from cloud.core.component_names import name_of
from cloud.core.health import Condition
from i18n.message import LocalizedMessage, in_context, listed, located

HEALTH = "/api/v1/health"
LONGEST_ANSWER = 256 * 1024
PARTS_SHOWN = 10
_WORDS = 120
"""Characters of a strange answer that are shown."""
_CONDITIONS = {
    Condition.OK.value: in_context("server", "ok"),
    Condition.DEGRADED.value: in_context("server", "degraded"),
    Condition.DOWN.value: in_context("server", "down"),
}
"""What a cloud says of itself, for people."""


class ProbeResult(msgspec.Struct, frozen=True):
    """What a question got: whether it was a good answer, and what it was, in a few words for a person."""

    good: bool
    what: str


class _Health(msgspec.Struct):
    status: str
    components: dict[str, msgspec.Raw] = {}


class _Part(msgspec.Struct):
    status: str = ""


def address_of(url: str) -> str:
    """Return the address to ask: health, where `url` names only a server; ValueError says what to write instead."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f'{url!r}: write an address such as "https://siaga.morotai.go.id"')
    path = parts.path if parts.path.strip("/") else HEALTH
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def server_of(address: str) -> str:
    """Return the server in an address, for people: what may be secret in it is left out."""
    parts = urlsplit(address)
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


async def probe(client: httpx.AsyncClient, address: str) -> ProbeResult:
    """Ask once, within the client's time; nothing that can go wrong out there is an exception."""
    try:
        async with client.stream("GET", address, headers={"Accept": "application/json"}) as answer:
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > LONGEST_ANSWER:
                    return _bad(
                        LocalizedMessage(
                            "answered {status} with more than {n} bytes", status=answer.status_code, n=LONGEST_ANSWER
                        )
                    )
    except httpx.TimeoutException:
        return _bad(LocalizedMessage("did not answer in time"))
    except httpx.ConnectError as error:
        return _bad(LocalizedMessage("cannot be reached: {reason}", reason=_reason(error)))
    except httpx.HTTPError as error:
        return _bad(LocalizedMessage("broke off: {reason}", reason=_reason(error)))
    return parse_answer(answer.status_code, bytes(body))


def parse_answer(status: int, body: bytes) -> ProbeResult:
    """Return what an answer means."""
    try:
        health = msgspec.json.decode(body, type=_Health)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        words = " ".join(body[:_WORDS].decode("utf-8", "replace").split())
        return _bad(
            LocalizedMessage(
                "answered {status} and not as this platform does: {words}", status=status, words=repr(words)
            )
        )
    condition = _CONDITIONS.get(health.status)
    if status == httpx.codes.OK and condition is not None and health.status != Condition.DOWN:
        return ProbeResult(good=True, what=condition)
    down = [name for name, raw in health.components.items() if _status_of(raw) == "down"]
    said = LocalizedMessage("says that it is {condition}", condition=condition or health.status[:_WORDS])
    if not down:
        return _bad(said)
    parts = listed([LocalizedMessage("{part}", part=name_of(name[:_WORDS])) for name in down[:PARTS_SHOWN]])
    return _bad(located(said, parts))


def _bad(what: LocalizedMessage) -> ProbeResult:
    return ProbeResult(good=False, what=what)


def _reason(error: httpx.HTTPError) -> str:
    """What a library says, in its own words."""
    return str(error)[:_WORDS] or type(error).__name__


def _status_of(raw: msgspec.Raw) -> str:
    """Return the condition of a component: a word alone, or a word with its sentence for those who may know it."""
    try:
        found = msgspec.json.decode(raw, type=str | _Part)
    except msgspec.MsgspecError:
        return ""
    return found if isinstance(found, str) else found.status
