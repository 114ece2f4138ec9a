"""The page of the journal: who did what, of what, why, and what it changed; the newest first.

24 Nov 2026 12:10   ani (10.0.0.7)   acknowledged   alarm:17   "the pump runs"
"""

from zoneinfo import ZoneInfo

import msgspec

from cloud.alarms.alarm_service import AlarmService
from cloud.console.frame.page import ConsolePage, Fragment, PageContent
from cloud.console.frame.rejections import NotThere
from cloud.console.frame.visit import PageVisit
from cloud.database.audit_actions import action_words
from cloud.database.audit_log import AuditEntry
from i18n import figures
from i18n.catalog import Catalog

PAGE_LINES = 50
LONGEST_CHANGE = 2_000
"""Characters of what a line changed, before and after, that the page shows."""


class ListedEntry(msgspec.Struct, frozen=True):
    """One line; `before` and `after` are what it changed, as JSON, cut where they are long."""

    id: int
    time: str
    who: str
    origin: str
    action: str
    subject: str
    reason: str
    before: str
    after: str


def journal_page(alarm_service: AlarmService) -> ConsolePage:
    """The page of the whole journal, for who may see all sites."""

    async def show(visit: PageVisit) -> PageContent:
        _ = visit.words
        if visit.principal.sites is not None:
            raise NotThere(_("The whole journal is for who may see all sites; each alarm has its own."))
        subject = visit.query.get("subject", "").strip()
        entries = await alarm_service.journal(
            subject=subject or None, before_id=visit.number("before"), limit=PAGE_LINES
        )
        lines = tuple(_line(_, entry, visit.zone) for entry in entries)
        older = lines[-1].id if len(lines) == PAGE_LINES else None
        listed = {"lines": lines, "older": older}
        version = (subject, tuple(line.id for line in lines))
        return PageContent(
            [Fragment("lines", "journal/lines.html", listed, version=version)], {"subject": subject}, _("Journal")
        )

    return ConsolePage("journal", "journal/page.html", show, styles=("tables.css",), name="journal")


def _line(_: Catalog, entry: AuditEntry, zone: ZoneInfo) -> ListedEntry:
    return ListedEntry(
        entry.id, figures.day_and_time(_, entry.at_ms, zone), entry.actor, entry.origin, action_words(_, entry.action),
        entry.subject, entry.reason, _cut(entry.before), _cut(entry.after),
    )  # fmt: skip


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_CHANGE else f"{text[:LONGEST_CHANGE]}…"
