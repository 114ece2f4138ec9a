"""The pages of refused readings: all of them grouped by gateway and reason, the letters of a group, one letter whole.

unknown sensor   gw-east   3 letters   12 times   since 24 Nov 12:10     …/refused?gateway=gw-east&reason=unknown_sensor
#119  {"v":1,"stream":…}  |  air-pier  pm2_5  24 Nov 12:10:05 WIT  9.0      …/refused/119
"""

from collections.abc import Sequence

from cloud.access.principal import Role
from cloud.console.frame.page import ConsolePage, Fragment, PageContent
from cloud.console.frame.rejections import NotThere
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.refused.actions import RefusedActions
from cloud.console.view_models.missing_records import missing_records
from cloud.console.view_models.refused import (
    GroupView,
    LetterView,
    discarded_words,
    group_view,
    letter_content,
    letter_view,
    reason_words,
)
from cloud.core.bounded_cache import BoundedCache
from cloud.ingest.dead_letter_records import Discarded
from cloud.platform import Platform
from runtime.clock import boot_s

MOST_GROUPS = 100
PAGE_LETTERS = 25
AGAIN_S = 5.0
"""How often the groups are asked of the database while somebody looks."""
_MOST_SCOPES = 32
_RAW_BYTES = 1  # a list shows none of it
_Groups = tuple[tuple[GroupView, ...], str]


def refused_page(platform: Platform) -> ConsolePage:
    """The page of groups, and of the letters of one."""
    own, actions = _RefusedPage(platform), RefusedActions(platform)
    forms = {"replay_alike": actions.replay_alike, "discard_alike": actions.discard_alike}
    return ConsolePage("refused", "refused/page.html", own.show, actions=forms, styles=("tables.css",), name="refused")


def letter_page(platform: Platform) -> ConsolePage:
    """The page of one letter."""
    own, actions = _LetterPage(platform), RefusedActions(platform)
    forms = {"replay": actions.replay, "discard": actions.discard}
    return ConsolePage(
        "refused/{id}", "refused/letter.html", own.show, actions=forms, styles=("tables.css",), name="refused"
    )


class _RefusedPage:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._held = BoundedCache[object, tuple[float, _Groups]](_MOST_SCOPES)

    async def show(self, visit: PageVisit) -> PageContent:
        """Show the groups; below them, where one is asked for, its letters."""
        _, gateway, reason = visit.words, visit.query.get("gateway", ""), visit.query.get("reason", "")
        groups, discarded = await self._groups(visit)
        shown = {"groups": groups, "discarded": discarded, "gateway": gateway, "reason": reason}
        fragments = [Fragment("groups", "refused/groups.html", shown, version=(groups, discarded))]
        if reason:
            letters = await self._letters(visit, gateway, reason)
            older = letters[-1].id if len(letters) == PAGE_LETTERS else None
            listed = {"letters": letters, "older": older}
            fragments.append(Fragment("letters", "refused/letters.html", listed, version=letters))
        still = {
            "gateway": gateway, "reason": reason, "why": reason_words(_, reason),
            "may_replay": visit.may(Role.TECHNICIAN), "may_discard": visit.may(Role.ENGINEER),
        }  # fmt: skip
        return PageContent(fragments, still=still, title=_("Refused readings"))

    async def _groups(self, visit: PageVisit) -> _Groups:
        key, now_s = (visit.words.language.code, visit.principal.sites), boot_s()
        held = self._held.get(key)
        if held is None or now_s - held[0] >= AGAIN_S:
            held = self._held[key] = now_s, await self._read_groups(visit)
        return held[1]

    async def _read_groups(self, visit: PageVisit) -> _Groups:
        letters, gateways = self._platform.dead_letters, self._platform.dead_letter_gateways(visit.principal)
        found = await letters.groups(gateways=gateways, most=MOST_GROUPS)
        discarded: Sequence[Discarded] = await letters.discarded(gateways=gateways)
        groups = tuple(group_view(visit.words, group, visit.zone) for group in found)
        return groups, discarded_words(visit.words, discarded)

    async def _letters(self, visit: PageVisit, gateway: str, reason: str) -> tuple[LetterView, ...]:
        found = await self._platform.dead_letters.page(
            limit=PAGE_LETTERS,
            before_id=visit.number("before"),
            gateways=self._platform.dead_letter_gateways(visit.principal),
            gateway=gateway,
            reason=reason,
            raw_bytes=_RAW_BYTES,
        )
        return tuple(letter_view(visit.words, letter, visit.zone) for letter in found)


class _LetterPage:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def show(self, visit: PageVisit) -> PageContent:
        """Show one letter; NotThere where the visitor may see none of that id."""
        _ = visit.words
        try:
            letter = await self._platform.dead_letter_for(visit.principal, visit.number("id") or 0)
        except LookupError:
            raise NotThere(_("There is no such refused reading; somebody may have cleared it.")) from None
        view, registry = letter_view(_, letter, visit.zone), self._platform.registry

        def content() -> dict[str, object]:
            missing = missing_records(registry, letter) if visit.may(Role.ENGINEER) else ()
            content = letter_content(_, letter, visit.zone)
            return {"letter": view, "content": content, "missing": missing, "reason": letter.reason}

        still = {"letter": view, "may_replay": visit.may(Role.TECHNICIAN), "may_discard": visit.may(Role.ENGINEER)}
        version = (view, registry.edition)
        return PageContent(
            [Fragment("letter", "refused/content.html", content, version=version)], still, f"#{letter.id}"
        )
