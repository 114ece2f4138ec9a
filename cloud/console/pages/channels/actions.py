"""What administrators do about channels, and the test that operators may send; the checks are those of the API.

add  name=phone kind=telegram token=… chat=…     change …     use, put_on_trial, retire, restore     undo  change=7
"""

from collections.abc import Awaitable
from typing import Any

from cloud.access.principal import Role
from cloud.console.frame.form import Form
from cloud.console.frame.page import Done
from cloud.console.frame.rejections import ActionRejected, NotThere
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.channel_views import CHANNEL_KEYS, SECRETS
from cloud.console.view_models.registry_forms import keys_changed, keys_read
from cloud.console.view_models.typed_number import InvalidInput
from cloud.core.printable import LONGEST_WORDS
from cloud.database.audit_log import Actor
from cloud.notify.channel_registry.drafts import LONGEST_TEXT, known_channel
from cloud.notify.channel_registry.editing import ChannelEdited
from cloud.notify.channel_registry.records import ChannelRecord
from cloud.platform import Platform
from cloud.registry.editing_drafts import EditRefused
from i18n.catalog import Catalog, ended
from wire import is_printable


def may_change(visit: PageVisit) -> bool:
    """Whether the visitor changes channels: they are the whole city's."""
    return visit.may(Role.ADMINISTRATOR) and visit.principal.sites is None


def must_change(visit: PageVisit) -> Actor:
    """Return who acts; NotThere for an administrator of some sites, ActionRejected for another role."""
    actor = visit.must(Role.ADMINISTRATOR).actor
    if visit.principal.sites is not None:
        raise NotThere(visit.words("There is no such channel."))
    return actor


class ChannelActions:
    """Channels, as forms change them."""

    def __init__(self, platform: Platform) -> None:
        self._platform, self._channels = platform, platform.channels

    async def add(self, visit: PageVisit, form: Form) -> Done:
        """Add a channel, on trial."""
        _, actor, kind = visit.words, must_change(visit), form.text("kind", most=20)
        if kind not in CHANNEL_KEYS:
            raise NotThere(_("There is no such kind of channel."))
        name = form.text("name", most=100)
        try:
            given = keys_read(_, CHANNEL_KEYS[kind], _texts(kind, form)) | _secrets(kind, form)
        except InvalidInput as error:
            raise ActionRejected(str(error), field="form") from None
        await _done(_, self._channels.add(name, kind, given, actor=actor, reason=_reason(_, form)))
        said = _("{name} is added, on trial: send a test, then take it into use.", name=name)
        return Done(said, visit.href(f"channels/{name}"))

    async def change(self, visit: PageVisit, form: Form) -> Done:
        """Change what differs; a secret whose field is empty is kept."""
        _, actor, name = visit.words, must_change(visit), visit.names["name"]
        record = self._record(visit)
        try:
            changed = keys_changed(_, CHANNEL_KEYS[record.kind], record.keys, _texts(record.kind, form))
        except InvalidInput as error:
            raise ActionRejected(str(error), field="form") from None
        given = changed | _secrets(record.kind, form)
        if not given:
            return Done(_("Nothing differs."))
        act = self._channels.amend(
            name, given, actor=actor, reason=_reason(_, form), revision=form.text("revision", most=40) or None
        )
        await _done(_, act)
        return Done(_("{name} is changed.", name=name))

    async def use(self, visit: PageVisit, form: Form) -> Done:
        """Take a channel into use: alarms go over it, by the steps that name it."""
        _, actor, name = visit.words, must_change(visit), visit.names["name"]
        await _done(_, self._channels.amend(name, {}, use="in use", actor=actor, reason=_reason(_, form)))
        return Done(_("{name} is in use: alarms go over it, by the steps that name it.", name=name))

    async def put_on_trial(self, visit: PageVisit, form: Form) -> Done:
        """Put a channel on trial again: only tests go over it."""
        _, actor, name = visit.words, must_change(visit), visit.names["name"]
        await _done(_, self._channels.amend(name, {}, use="on trial", actor=actor, reason=_reason(_, form)))
        return Done(_("{name} is on trial: only tests go over it.", name=name))

    async def retire(self, visit: PageVisit, form: Form) -> Done:
        """Retire a channel; where steps name it, only if that is ticked."""
        _, actor, name = visit.words, must_change(visit), visit.names["name"]
        act = self._channels.retire(name, along=form.ticked("along"), actor=actor, reason=_reason(_, form))
        await _done(_, act)
        return Done(_("{name} is retired: what waits goes over the other channels.", name=name))

    async def restore(self, visit: PageVisit, form: Form) -> Done:
        """Bring a retired channel back, on trial."""
        _, actor, name = visit.words, must_change(visit), visit.names["name"]
        await _done(_, self._channels.restore(name, actor=actor, reason=_reason(_, form)))
        return Done(_("{name} is back, on trial.", name=name))

    async def undo(self, visit: PageVisit, form: Form) -> Done:
        """Take a change back."""
        _, actor, number = visit.words, must_change(visit), form.number("change") or 0
        try:
            edited = await _done(_, self._channels.undo(number, actor=actor, reason=_reason(_, form)))
        except LookupError:
            raise ActionRejected(_("There is no such change.")) from None
        if edited.change is None:
            raise ActionRejected(_("Nothing of it holds any more."))
        return Done(_("Change {id} is taken back.", id=number))

    async def test(self, visit: PageVisit, form: Form) -> Done:
        """Send one test message over one channel, and wait for what comes of it."""
        _, principal = visit.words, visit.must(Role.OPERATOR)
        name = visit.names.get("name") or form.text("channel", most=100)
        try:
            result = await self._platform.notifier.test_channel(name, principal.actor, sites=principal.sites)
        except LookupError:
            raise ActionRejected(_("There is no such channel any more.")) from None
        if not result.sent:
            raise ActionRejected(ended(f"{name}: {result.sentence}"))
        return Done(_("The test message went out over {name}.", name=name))

    def _record(self, visit: PageVisit) -> ChannelRecord:
        try:
            return known_channel(self._platform.notifier.channels, visit.names["name"])
        except EditRefused as error:
            raise NotThere(ended(visit.words.said(error.sentence))) from None


def _texts(kind: str, form: Form) -> dict[str, str]:
    return {key.name: form.text(key.name, most=LONGEST_TEXT) for key in CHANNEL_KEYS[kind] if key.name in form}


def _secrets(kind: str, form: Form) -> dict[str, Any]:
    written = {key: form.text(key, most=LONGEST_TEXT + 1) for key in SECRETS[kind]}
    return {key: text for key, text in written.items() if text}


def _reason(_: Catalog, form: Form) -> str:
    reason = form.text("reason", most=LONGEST_WORDS + 1)
    if len(reason) > LONGEST_WORDS or not is_printable(reason):
        raise ActionRejected(_("Write on one line why: it stands in the journal."), field="reason")
    return reason


async def _done(_: Catalog, act: Awaitable[ChannelEdited]) -> ChannelEdited:
    try:
        return await act
    except EditRefused as error:
        if error.kind == "unknown":
            raise NotThere(_("There is no such channel.")) from None
        raise ActionRejected(" ".join(ended(_.said(problem)) for problem in error.problems), field="form") from None
