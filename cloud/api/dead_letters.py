"""Dead letters: what could not be stored, why, and another try.

GET    /api/v1/dead-letters?limit=20&before_id=120&gateway=gw-daruba&reason=unknown_sensor
GET    /api/v1/dead-letters/119
POST   /api/v1/dead-letters/119/replay   {"stored":1,"refused":0,"sentence":"…"}
POST   /api/v1/dead-letters/replay       {"gateway":"gw-daruba","reason":"unknown_sensor","word":"added to the city"}
DELETE /api/v1/dead-letters/119?word=…       DELETE /api/v1/dead-letters?gateway=gw-daruba&reason=out_of_bounds&word=…
"""

import base64
from typing import Annotated, Literal

from fastapi import Query

from cloud.api.parameters import LARGEST_ROW_ID, RowId
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.dead_letters import (
    DeadLetterAnswer,
    DeadLetterPage,
    DiscardAnswer,
    DiscardedAnswer,
    ReplayAnswer,
    ReplayMany,
    ReplayManyAnswer,
)
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem, bad_parameter
from cloud.ingest.dead_letter_records import DeadLetter, DeadLetterFilter
from cloud.ingest.dead_letters import LONGEST_WORD, MOST_DISCARDED
from runtime.clock import wall_ms
from wire import is_printable

MOST_DEAD_LETTERS = 100
"""Dead letters on a page."""
SHOWN_BYTES = 4_096
"""What a page shows of a raw form, which may be a whole batch of 256 KiB; one dead letter alone is shown whole."""
_LONGEST_CHARACTER = 4  # bytes, in UTF-8

GatewayWanted = Annotated[str | None, Query(max_length=64, description="only letters of this gateway")]
ReasonWanted = Annotated[str | None, Query(max_length=32, description="only letters refused for this reason")]
WordWanted = Annotated[str, Query(min_length=1, max_length=LONGEST_WORD, description="why, for the journal")]


ROUTES = new_routes("Dead letters", below="/api/v1/dead-letters")


@ROUTES.get("")
async def dead_letters(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    limit: Annotated[int, Query(ge=1, le=MOST_DEAD_LETTERS, description="letters on the page")] = 20,
    before_id: Annotated[
        int | None, Query(ge=1, le=LARGEST_ROW_ID, description="only letters older than this one")
    ] = None,
    gateway: GatewayWanted = None,
    reason: ReasonWanted = None,
) -> DeadLetterPage:
    """What could not be stored, newest first; of gateways with nothing but your sites, if you may not see all."""
    gateways = platform.dead_letter_gateways(principal)
    found = await platform.dead_letters.page(
        limit=limit + 1,
        before_id=before_id,
        gateways=gateways,
        gateway=gateway,
        reason=reason,
        raw_bytes=SHOWN_BYTES,
    )
    shown = found[:limit]
    return DeadLetterPage(
        open=await platform.dead_letters.count(gateways=gateways),
        letters=[_answer(dead_letter) for dead_letter in shown],
        next_before_id=shown[-1].id if len(found) > limit else None,
        discarded=[DiscardedAnswer.of(row) for row in await platform.dead_letters.discarded(gateways=gateways)],
    )


@ROUTES.get("/{dead_letter_id}")
async def dead_letter(
    platform: CurrentPlatform, principal: CurrentPrincipal, dead_letter_id: RowId
) -> DeadLetterAnswer:
    """One letter, with the whole of its raw form."""
    try:
        return _answer(await platform.dead_letter_for(principal, dead_letter_id))
    except LookupError:
        raise _unknown(dead_letter_id) from None


@ROUTES.post("/{dead_letter_id}/replay")
async def replay(platform: CurrentPlatform, principal: CurrentPrincipal, dead_letter_id: RowId) -> ReplayAnswer:
    """Try once more to store it, by today's rules; what is refused again stays a dead letter."""
    try:
        dead_letter = await platform.dead_letter_for(principal, dead_letter_id)
        replay = await platform.replay(dead_letter.id, actor=principal.actor)
    except LookupError:
        raise _unknown(dead_letter_id) from None
    return ReplayAnswer.of(replay)


@ROUTES.post("/replay")
async def replay_many(platform: CurrentPlatform, principal: CurrentPrincipal, asked: ReplayMany) -> ReplayManyAnswer:
    """Try once more to store the oldest letters of a gateway, a reason, or both; what is refused again stays."""
    wanted = DeadLetterFilter(platform.dead_letter_gateways(principal), asked.gateway, asked.reason)
    found = await platform.replay_many(
        wanted, after_id=asked.after_id, limit=asked.limit, actor=principal.actor, reason=_word(asked.word)
    )
    return ReplayManyAnswer.of(found)


@ROUTES.delete("/{dead_letter_id}")
async def discard(
    platform: CurrentPlatform, principal: CurrentPrincipal, dead_letter_id: RowId, word: WordWanted
) -> DiscardAnswer:
    """Throw a letter away for good: what is in it will never be stored."""
    try:
        dead_letter = await platform.dead_letter_for(principal, dead_letter_id)
    except LookupError:
        raise _unknown(dead_letter_id) from None
    thrown = await platform.dead_letters.discard(
        DeadLetterFilter(), dead_letter_id=dead_letter.id, actor=principal.actor, reason=_word(word), now_ms=wall_ms()
    )
    return DiscardAnswer(letters=thrown, left=False)


@ROUTES.delete("")
async def discard_many(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    word: WordWanted,
    gateway: GatewayWanted = None,
    reason: ReasonWanted = None,
) -> DiscardAnswer:
    """Throw the letters of a gateway, a reason, or both away for good, the oldest first, 1,000 at a time."""
    if gateway is None and reason is None:
        raise HttpProblem("bad-parameter", "gateway, reason: name at least one of them; nobody throws away everything")
    thrown = await platform.dead_letters.discard(
        DeadLetterFilter(platform.dead_letter_gateways(principal), gateway, reason),
        most=MOST_DISCARDED,
        actor=principal.actor,
        reason=_word(word),
        now_ms=wall_ms(),
    )
    return DiscardAnswer(letters=thrown, left=thrown == MOST_DISCARDED)


def _word(text: str) -> str:
    """Check somebody's reason, which stands in the journal for good."""
    if not text.strip() or not is_printable(text):
        raise bad_parameter("word", text, "say why, in printable characters on one line")
    return text.strip()


def _unknown(dead_letter_id: int) -> HttpProblem:
    return HttpProblem(
        "unknown-dead-letter",
        f"dead_letter_id: there is no dead letter {dead_letter_id}; /api/v1/dead-letters lists them",
    )


def _answer(dead_letter: DeadLetter) -> DeadLetterAnswer:
    encoding, raw = readable(dead_letter.raw, is_cut=dead_letter.raw_size > len(dead_letter.raw))
    return DeadLetterAnswer.of(dead_letter, encoding=encoding, raw=raw)


def readable(raw: bytes, *, is_cut: bool = False) -> tuple[Literal["text", "base64"], str]:
    """Show `raw` as text where it is UTF-8, else in base64; and say which. A cut may stand within a character."""
    try:
        return "text", raw.decode()
    except UnicodeDecodeError as error:
        if is_cut and len(raw) - error.start < _LONGEST_CHARACTER and error.reason == "unexpected end of data":
            return "text", raw[: error.start].decode()
        return "base64", base64.b64encode(raw).decode()
