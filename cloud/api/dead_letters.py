"""Dead letters: what could not be stored, why, and another try.

GET  /api/v1/dead-letters?limit=20&before_id=120
POST /api/v1/dead-letters/119/replay   {"stored":1,"refused":0,"sentence":"…"}
"""

import base64
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from cloud.access.asking import Asking
from cloud.access.sight import whole_gateways
from cloud.access.who import Who
from cloud.api.answers import DeadLetterAnswer, DeadLetterPage, ReplayAnswer
from cloud.api.problems import Problem
from cloud.api.times import rfc_3339
from cloud.dead_letters import DeadLetter
from cloud.platform import Platform

MOST_LETTERS = 100
"""Letters on a page: each may hold a whole batch of up to 256 KiB."""
_LARGEST_ID = 2**63 - 1  # of a database row


def dead_letter_routes(platform: Platform) -> APIRouter:
    """The routes below /api/v1/dead-letters."""
    routes = APIRouter(prefix="/api/v1/dead-letters", tags=["Dead letters"])

    @routes.get("")
    async def dead_letters(
        who: Asking,
        limit: Annotated[int, Query(ge=1, le=MOST_LETTERS, description="letters on the page")] = 20,
        before_id: Annotated[
            int | None, Query(ge=1, le=_LARGEST_ID, description="only letters older than this one")
        ] = None,
    ) -> DeadLetterPage:
        """What could not be stored, newest first; of gateways with nothing but your sites, if you may not see all."""
        gateways = letters_seen(platform, who)
        letters = await platform.dead_letters.page(limit=limit + 1, before_id=before_id, gateways=gateways)
        shown = letters[:limit]
        return DeadLetterPage(
            open=await platform.dead_letters.count(gateways=gateways),
            letters=[_letter(letter) for letter in shown],
            next_before_id=shown[-1].id if len(letters) > limit else None,
        )

    @routes.post("/{dead_letter_id}/replay")
    async def replay(who: Asking, dead_letter_id: Annotated[int, Path(ge=1, le=_LARGEST_ID)]) -> ReplayAnswer:
        """Try once more to store it, by today's rules; what is refused again stays a dead letter."""
        try:
            letter = await seen_letter(platform, who, dead_letter_id)
            replay = await platform.replay(letter.id, who=who.actor)
        except LookupError:
            raise _unknown(dead_letter_id) from None
        return ReplayAnswer(stored=replay.stored, refused=replay.refused, sentence=replay.sentence)

    return routes


def letters_seen(platform: Platform, who: Who) -> frozenset[str] | None:
    """The gateways whose dead letters are for `who`; None for all, strangers' messages too."""
    registry = platform.registry
    return None if who.sites is None else whole_gateways(who.sites, registry.gateways(), registry.sensors())


async def seen_letter(platform: Platform, who: Who, letter_id: int) -> DeadLetter:
    """One dead letter, if it is for `who`; LookupError where there is none of that id for them."""
    letter = await platform.dead_letters.letter(letter_id)
    gateways = letters_seen(platform, who)
    if gateways is not None and letter.gateway not in gateways:
        raise LookupError(f"there is no dead letter {letter_id}")
    return letter


def _unknown(dead_letter_id: int) -> Problem:
    return Problem(
        "unknown-dead-letter",
        f"dead_letter_id: there is no dead letter {dead_letter_id}; /api/v1/dead-letters lists them",
    )


def _letter(letter: DeadLetter) -> DeadLetterAnswer:
    encoding, raw = readable(letter.raw)
    return DeadLetterAnswer(
        id=letter.id,
        time=rfc_3339(letter.time_ms),
        gateway=letter.gateway,
        reason=letter.reason,
        sentence=letter.sentence,
        count=letter.count,
        encoding=encoding,
        raw=raw,
        replayed=None if letter.replayed_ms is None else rfc_3339(letter.replayed_ms),
    )


def readable(raw: bytes) -> tuple[Literal["text", "base64"], str]:
    """`raw` as text where it is UTF-8, else in base64; and which of the two."""
    try:
        return "text", raw.decode()
    except UnicodeDecodeError:
        return "base64", base64.b64encode(raw).decode()
