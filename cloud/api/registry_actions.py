"""What every route that edits the registry does: who edits, which revision, a problem for each refusal, what is left.

If-Match: "9f3c21d07ab4e815"   ─► revision_in      EditRefused("conflict", …) ─► 409 record-changed
"""

from collections.abc import Awaitable, Sequence
from typing import Annotated

from fastapi import Header, Response

from cloud.access.principal import Principal
from cloud.alarms.records import AlarmFilter
from cloud.api.schemas.registry import ChangedAnswer, edit_answer, record_answer
from cloud.http.problems import HttpProblem
from cloud.platform import Platform
from cloud.registry.change_rows import RecordEdit
from cloud.registry.editing import Editor, EditOutcome
from cloud.registry.editing_drafts import EditRefused
from cloud.registry.ownership import ONE_OF, Kind

IfMatch = Annotated[
    str | None, Header(max_length=80, description="the revision that is changed: a newer one is refused (409)")
]
MOST_LEFT = 20
"""How much of what is left behind an answer names."""
_PROBLEMS = {
    "unknown": "unknown-record",
    "exists": "record-exists",
    "conflict": "record-changed",
    "owned": "owned-by-file",
    "denied": "not-allowed",
    "refused": "registry-refused",
}


def editor(principal: Principal, reason: str) -> Editor:
    """Who edits."""
    return Editor(principal.actor, principal.sites, reason.strip())


def revision_in(if_match: str | None) -> str | None:
    """The revision that a header names; None where any will do."""
    return None if if_match in (None, "*") else if_match.strip().removeprefix("W/").strip('"')


async def done(act: Awaitable[EditOutcome]) -> EditOutcome:
    """Do what was asked; an EditRefused is a problem."""
    try:
        return await act
    except EditRefused as error:
        raise refusal_of(error) from None


def refusal_of(error: EditRefused) -> HttpProblem:
    """The problem that a refused edit is."""
    return HttpProblem(_PROBLEMS[error.kind], str(error), problems=error.problems)


async def answer(
    platform: Platform, principal: Principal, response: Response, kind: Kind, name: str, act: Awaitable[EditOutcome]
) -> ChangedAnswer:
    """Do an act on one record, and answer with the record after it."""
    outcome = await done(act)
    record = record_answer(kind, platform.registry.registered(kind)[name], platform.registry)
    response.headers["ETag"] = f'"{record.revision}"'
    others = [edit for edit in outcome.edits if (edit.kind, edit.id) != (kind, name)]
    return ChangedAnswer(
        record=record,
        change=None if outcome.change is None else outcome.change.id,
        also=[edit_answer(edit, platform.registry) for edit in others[:MOST_LEFT]],
        left_behind=await left_behind(platform, principal, outcome.edits),
    )


async def left_behind(platform: Platform, principal: Principal, edits: Sequence[RecordEdit]) -> list[str]:
    """Say what still refers to the records that were retired: rules of their own, open alarms, logins."""
    gone = [edit for edit in edits if edit.after.retired and edit.before is not None and not edit.before.retired]
    found: list[str] = []
    for edit in gone[:MOST_LEFT]:
        if edit.kind == "gateways":
            found.append(f"gateway {edit.id}: its login at the broker stays; `siaga-cloud gateway revoke` ends it")
            continue
        found += _rules(platform, f"{ONE_OF[edit.kind]}:{edit.id}")
        found += await _alarms(platform, principal, edit)
    return found[:MOST_LEFT]


def _rules(platform: Platform, scope: str) -> list[str]:
    newest = {version.family: version for version in reversed(platform.rule_store.versions(scope=scope))}
    families = sorted(family for family, version in newest.items() if not version.removed)
    return [f"{scope}: rules of its own sleep until it is back: {', '.join(families)}"] if families else []


async def _alarms(platform: Platform, principal: Principal, edit: RecordEdit) -> list[str]:
    if edit.kind != "sensors":
        return []
    wanted = AlarmFilter(open=True, sensor=edit.id, sites=principal.sites, limit=MOST_LEFT)
    numbers = [str(alarm.id) for alarm in await platform.alarm_service.alarms(wanted)]
    return [f"sensor {edit.id}: alarms of it were open: {', '.join(numbers)}"] if numbers else []
