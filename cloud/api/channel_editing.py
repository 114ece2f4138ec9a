"""Channels are added, changed, taken into use, retired, brought back and undone, while the cloud runs.

POST   /api/v1/channels          {"name":"phone","kind":"telegram","settings":{"token":"8023:AAF…","chat":"-100…"}}
PATCH  /api/v1/channels/phone    {"use":"in use","settings":{"chat":"-100…"},"reason":"…"}       If-Match: "9f3c21d0…"
DELETE /api/v1/channels/phone    retired      POST …/phone/restore      GET /api/v1/channels/changes      POST …/7/undo
A secret is written and never answered: what of it there is says "kept".
"""

from collections.abc import Awaitable
from typing import Annotated

from fastapi import Query, Response

from cloud.access.principal import Principal
from cloud.api.parameters import BeforeId, RowId
from cloud.api.registry_actions import IfMatch, revision_in
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.channels import (
    ChangedChannelAnswer,
    ChannelEditAnswer,
    ChannelEditPage,
    ChannelRecordAnswer,
    ChannelUpdate,
    NewChannel,
    channel_edit_answer,
    channel_record_answer,
    file_channel_answer,
)
from cloud.api.schemas.registry import Word
from cloud.core.printable import Id, Sentence, Wanted
from cloud.database.audit_log import Actor
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.notify.channel_registry.editing import ChannelEdited
from cloud.platform import Platform
from cloud.registry.editing_drafts import EditRefused

MOST_CHANGES = 100
"""Changes in one answer."""
ROUTES = new_routes("Notifications", below="/api/v1/channels")
Reason = Annotated[Sentence, Query(description="why, for the journal")]
Along = Annotated[bool, Query(description="although steps name it: what waits goes over their other channels")]
_PROBLEMS = {
    "unknown": "unknown-channel",
    "exists": "record-exists",
    "conflict": "record-changed",
    "owned": "owned-by-file",
    "refused": "registry-refused",
}


@ROUTES.post("", status_code=201)
async def add_channel(
    platform: CurrentPlatform, principal: CurrentPrincipal, response: Response, new: NewChannel
) -> ChangedChannelAnswer:
    """Add a channel; it is on trial, so that only tests go over it."""
    actor = _must_see_all(principal)
    act = platform.channels.add(new.name, new.kind, new.settings, actor=actor, reason=new.reason.strip())
    return await _answer(platform, response, act)


@ROUTES.get("/changes")
async def channel_changes(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    channel: Annotated[Id | None, Query(description="only those of this channel")] = None,
    before_id: BeforeId = None,
    limit: Annotated[int, Query(ge=1, le=MOST_CHANGES)] = 50,
) -> ChannelEditPage:
    """What people changed of channels, the newest first; a page that is empty is the last."""
    _must_see_all(principal)
    found = await platform.channels.changes(channel=channel, before_id=before_id, limit=limit)
    return ChannelEditPage(
        changes=[channel_edit_answer(change) for change in found], next_before_id=found[-1].id if found else None
    )


@ROUTES.post("/changes/{change_id}/undo")
async def undo_channel_change(
    platform: CurrentPlatform, principal: CurrentPrincipal, change_id: RowId, word: Word
) -> ChannelEditAnswer:
    """Take a change back: the channel is as it was before; one that was new is retired."""
    actor = _must_see_all(principal)
    try:
        edited = await _done(platform.channels.undo(change_id, actor=actor, reason=word.reason.strip()))
    except LookupError:
        sentence = f"change_id: there is no change {change_id}; /api/v1/channels/changes lists them"
        raise HttpProblem("unknown-change", sentence) from None
    if edited.change is None:
        raise HttpProblem("record-changed", f"change {change_id}: nothing of it holds any more")
    return channel_edit_answer(edited.change)


@ROUTES.get("/{name}")
async def one_channel(
    platform: CurrentPlatform, principal: CurrentPrincipal, response: Response, name: Wanted
) -> ChannelRecordAnswer:
    """One channel as it is kept, retired or not, with its revision; of one of cloud.toml its name, kind and steps."""
    _must_see_all(principal)
    await platform.notifier.follow_channels()
    known = platform.notifier.channels
    own = known.file.channel(name)
    if own is not None:
        return file_channel_answer(own, steps=known.steps_of(name))
    record = next((each for each in known.records if each.name == name), None)
    if record is None:
        raise HttpProblem("unknown-channel", f"channel {name[:80]!r}: there is none; /api/v1/channels lists them")
    found = channel_record_answer(record, steps=known.steps_of(name))
    response.headers["ETag"] = f'"{found.revision}"'
    return found


@ROUTES.patch("/{name}")
async def change_channel(
    platform: CurrentPlatform, principal: CurrentPrincipal, response: Response, name: Id, new: ChannelUpdate,
    if_match: IfMatch = None,
) -> ChangedChannelAnswer:  # fmt: skip
    """Change keys, null takes one out, a secret that is not sent is kept; or take it on trial, or into use."""
    act = platform.channels.amend(
        name, new.settings, use=new.use, actor=_must_see_all(principal), reason=new.reason.strip(),
        revision=revision_in(if_match),
    )  # fmt: skip
    return await _answer(platform, response, act)


@ROUTES.delete("/{name}")
async def retire_channel(
    platform: CurrentPlatform, principal: CurrentPrincipal, response: Response, name: Id, reason: Reason = "",
    along: Along = False, if_match: IfMatch = None,
) -> ChangedChannelAnswer:  # fmt: skip
    """Retire a channel: it sends nothing, what waits goes over others, and it can be brought back."""
    actor, revision = _must_see_all(principal), revision_in(if_match)
    act = platform.channels.retire(name, along=along, actor=actor, reason=reason.strip(), revision=revision)
    return await _answer(platform, response, act)


@ROUTES.post("/{name}/restore")
async def restore_channel(
    platform: CurrentPlatform, principal: CurrentPrincipal, response: Response, name: Id, word: Word,
    if_match: IfMatch = None,
) -> ChangedChannelAnswer:  # fmt: skip
    """Bring a retired channel back, on trial."""
    actor, revision = _must_see_all(principal), revision_in(if_match)
    act = platform.channels.restore(name, actor=actor, reason=word.reason.strip(), revision=revision)
    return await _answer(platform, response, act)


def _must_see_all(principal: Principal) -> Actor:
    """Say who acts: channels carry the alarms of the whole city, so who sees a part of it does not change them."""
    if principal.sites is not None:
        raise HttpProblem("not-allowed", "channels are the whole city's; they take an administrator of all sites")
    return principal.actor


async def _done(act: Awaitable[ChannelEdited]) -> ChannelEdited:
    try:
        return await act
    except EditRefused as error:
        raise HttpProblem(_PROBLEMS[error.kind], str(error), problems=error.problems) from None


async def _answer(platform: Platform, response: Response, act: Awaitable[ChannelEdited]) -> ChangedChannelAnswer:
    edited = await _done(act)
    steps = platform.notifier.channels.steps_of(edited.record.name)
    record = channel_record_answer(edited.record, steps=steps)
    response.headers["ETag"] = f'"{record.revision}"'
    return ChangedChannelAnswer(record=record, change=None if edited.change is None else edited.change.id)
