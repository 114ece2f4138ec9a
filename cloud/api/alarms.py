"""Alarms, what people do about them, and the journal of all of it.

GET  /api/v1/alarms?open=true&severity=severe&site=daruba
POST /api/v1/alarms/17/acknowledge {"word":"the pump runs"}      /assign {"person":"budi"}      /shelve {"until":"…",…}
GET  /api/v1/alarms/17/journal      GET /api/v1/journal?subject=rule:river-level@all
"""

from collections.abc import Awaitable
from typing import Annotated

from fastapi import Path, Query, Response

from cloud.access.principal import Principal
from cloud.alarms.alarm_service import AlarmActionRejected, AlarmService, AlreadyAcknowledged
from cloud.alarms.records import Alarm, AlarmFilter
from cloud.api.parameters import LARGEST_ROW_ID, BeforeId, RowId, time_of
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.alarms import (
    Acknowledge,
    AlarmAnswer,
    AlarmDetail,
    AlarmPage,
    Assign,
    EntryAnswer,
    JournalPage,
    Shelve,
    State,
    TickStep,
    alarm_answer,
    alarm_detail,
)
from cloud.core.printable import GivenTime, Id, PrintableText
from cloud.database.audit_log import AuditEntry
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.platform import Platform
from i18n.catalog import LanguageCode, catalog_of
from rules.rule import Severity
from rules.steps import MOST_STEPS

MOST_ALARMS = 500
MOST_PAGE_BYTES = 1_000_000
"""Of what the lines of a page of the journal changed; the page after it goes on."""


ROUTES = new_routes("Alarms", below="/api/v1")


@ROUTES.get("/alarms")
async def alarms(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    open: Annotated[bool | None, Query(description="true: those that go on; false: those that ended")] = None,  # noqa: A002
    state: Annotated[State | None, Query(description="only those in this state")] = None,
    severity: Annotated[Severity | None, Query(description="at least so bad")] = None,
    site: Annotated[Id | None, Query(description="only this site")] = None,
    sensor: Annotated[Id | None, Query(description="only this sensor")] = None,
    family: Annotated[Id | None, Query(description="only this rule family")] = None,
    start: Annotated[GivenTime | None, Query(description="opened at or after this time")] = None,
    end: Annotated[GivenTime | None, Query(description="opened before this time")] = None,
    acknowledged: Annotated[bool | None, Query(description="whether somebody knows of it")] = None,
    shelved: Annotated[bool | None, Query(description="whether it is put away now")] = None,
    late: Annotated[bool | None, Query(description="whether it was found too late to page")] = None,
    text: Annotated[PrintableText, Query(max_length=100, description="words in its ids and texts")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_ALARMS, description="alarms on the page")] = 100,
    before_id: Annotated[int | None, Query(ge=1, le=LARGEST_ROW_ID, description="only older ones")] = None,
) -> AlarmPage:
    """The alarms, the newest first."""
    wanted = AlarmFilter(
        open=open, state=state, severity=severity, site=site, sites=principal.sites, sensor=sensor, family=family,
        from_ms=time_of("start", start), until_ms=time_of("end", end), acknowledged=acknowledged,
        shelved=shelved, late=late, text=text, limit=limit + 1, before_id=before_id,
    )  # fmt: skip
    found = await platform.alarm_service.page(wanted)
    shown = found.alarms[:limit]
    return AlarmPage(
        alarms=[alarm_answer(alarm, platform.registry.quantities) for alarm in shown],
        next_before_id=shown[-1].id if len(found.alarms) > limit else found.next_before_id,
    )


@ROUTES.get("/alarms/{alarm_id}")
async def alarm(platform: CurrentPlatform, principal: CurrentPrincipal, alarm_id: RowId) -> AlarmDetail:
    """One alarm, with the rule as it stood when it fired, and all its changes."""
    found = await _visible(platform.alarm_service, alarm_id, principal)
    changes = await platform.alarm_service.changes(alarm_id)
    done = (await platform.checklists.done_steps([alarm_id])).get(alarm_id, {})
    return alarm_detail(found, changes, platform.registry.quantities, done)


@ROUTES.post("/alarms/{alarm_id}/steps/{number}")
async def tick_step(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    alarm_id: RowId,
    number: Annotated[int, Path(ge=1, le=MOST_STEPS, description="the step, from 1")],
    body: TickStep,
) -> AlarmDetail:
    """Say that a step of its checklist is done, or that it is not after all."""
    await _visible(platform.alarm_service, alarm_id, principal)
    try:
        await platform.checklists.tick(alarm_id, number, done=body.done, actor=principal.actor)
    except AlarmActionRejected as error:
        raise HttpProblem("alarm-refused", str(error)) from None
    return await alarm(platform, principal, alarm_id)


@ROUTES.get(
    "/alarms/{alarm_id}/incident.pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def incident_file(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    alarm_id: RowId,
    language: Annotated[LanguageCode, Query(description="of its texts")] = LanguageCode.ENGLISH,
) -> Response:
    """All that is known of an alarm as a file to hand on; its times are in the zone of its site."""
    found = await _visible(platform.alarm_service, alarm_id, principal)
    content = await platform.incident_files.pdf(catalog_of(language), found)
    headers = {"Content-Disposition": f'attachment; filename="incident-{alarm_id}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


@ROUTES.post("/alarms/{alarm_id}/acknowledge")
async def acknowledge(
    platform: CurrentPlatform, principal: CurrentPrincipal, alarm_id: RowId, body: Acknowledge
) -> AlarmAnswer:
    """Say that it is known, with a word; whoever is second hears who was first (409)."""
    await _visible(platform.alarm_service, alarm_id, principal)
    return await _done(platform, platform.alarm_service.acknowledge(alarm_id, body.word, actor=principal.actor))


@ROUTES.post("/alarms/{alarm_id}/assign")
async def assign(platform: CurrentPlatform, principal: CurrentPrincipal, alarm_id: RowId, body: Assign) -> AlarmAnswer:
    """Give it to somebody."""
    await _visible(platform.alarm_service, alarm_id, principal)
    return await _done(
        platform, platform.alarm_service.assign(alarm_id, body.person, actor=principal.actor, reason=body.word)
    )


@ROUTES.post("/alarms/{alarm_id}/shelve")
async def shelve(platform: CurrentPlatform, principal: CurrentPrincipal, alarm_id: RowId, body: Shelve) -> AlarmAnswer:
    """Put it away until a time ahead, by 7 days at most, or take it back with `until` null."""
    await _visible(platform.alarm_service, alarm_id, principal)
    until_ms = time_of("until", body.until)
    if until_ms is None:
        return await _done(platform, platform.alarm_service.unshelve(alarm_id, body.word, actor=principal.actor))
    return await _done(platform, platform.alarm_service.shelve(alarm_id, until_ms, body.word, actor=principal.actor))


@ROUTES.get("/alarms/{alarm_id}/journal")
async def alarm_journal(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    alarm_id: RowId,
    limit: Annotated[int, Query(ge=1, le=MOST_ALARMS)] = 100,
    before_id: BeforeId = None,
) -> JournalPage:
    """What people did about an alarm, the newest first."""
    await _visible(platform.alarm_service, alarm_id, principal)
    return _page(
        await platform.alarm_service.journal(subject=f"alarm:{alarm_id}", before_id=before_id, limit=limit + 1), limit
    )


@ROUTES.get("/journal")
async def journal(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    subject: Annotated[
        PrintableText | None, Query(max_length=200, examples=["alarm:17", "rule:river-level@all"])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ALARMS)] = 100,
    before_id: BeforeId = None,
) -> JournalPage:
    """Who did what, the newest first; whoever may see some sites only reads an alarm's own journal instead."""
    if principal.sites is not None:
        raise HttpProblem(
            "not-allowed",
            f"{principal.name} may see some sites only; ask for the journal of one alarm, or as another user",
        )
    return _page(await platform.alarm_service.journal(subject=subject, before_id=before_id, limit=limit + 1), limit)


def _page(found: list[AuditEntry], limit: int) -> JournalPage:
    """Show at most `limit` lines, and at most `MOST_PAGE_BYTES` of what they changed; one line always."""
    shown = _light(found[:limit])
    limit = len(shown)
    return JournalPage(
        entries=[EntryAnswer.of(entry) for entry in shown], next_before_id=shown[-1].id if len(found) > limit else None
    )


def _light(entries: list[AuditEntry]) -> list[AuditEntry]:
    total, shown = 0, list[AuditEntry]()
    for entry in entries:
        total += len(entry.before or "") + len(entry.after or "") + len(entry.reason or "")
        if shown and total > MOST_PAGE_BYTES:
            break
        shown.append(entry)
    return shown


async def _visible(alarm_service: AlarmService, alarm_id: int, principal: Principal) -> Alarm:
    """Load an alarm, which must be at a site that `principal` may see."""
    try:
        alarm = await alarm_service.alarm(alarm_id)
    except LookupError:
        alarm = None
    if alarm is None or not principal.may_see(alarm.site):
        raise HttpProblem("unknown-alarm", f"alarm_id: there is no alarm {alarm_id}; /api/v1/alarms lists them")
    return alarm


async def _done(platform: Platform, action: Awaitable[Alarm]) -> AlarmAnswer:
    try:
        return alarm_answer(await action, platform.registry.quantities)
    except AlreadyAcknowledged as error:
        raise HttpProblem("already-acknowledged", str(error)) from None
    except AlarmActionRejected as error:
        raise HttpProblem("alarm-refused", str(error)) from None
