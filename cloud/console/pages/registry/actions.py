"""What people change of the registry from its pages; the checks are those of city.toml and of the API.

add  kind=sensors id=river name=…      change …      retire / restore      undo  change=7 reason="the survey was wrong"
"""

from collections.abc import Awaitable, Mapping
from typing import Any

from cloud.access.principal import Role
from cloud.console.frame.form import Form
from cloud.console.frame.page import Done
from cloud.console.frame.rejections import ActionRejected, NotThere
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.day_times import parse_moment
from cloud.console.view_models.missing_records import ASKING
from cloud.console.view_models.registry_forms import DATED, KEYS, changed_keys, read_keys
from cloud.console.view_models.typed_number import InvalidInput
from cloud.core.printable import LONGEST_WORDS
from cloud.platform import Platform
from cloud.registry.city_records import fields_of
from cloud.registry.editing import Editor, EditOutcome
from cloud.registry.editing_drafts import EditRefused, known_record
from i18n.catalog import Catalog, ended
from wire import is_printable

_LONGEST = 8_000


class RegistryActions:
    """Sites, gateways and sensors, as forms change them."""

    def __init__(self, platform: Platform) -> None:
        self._editing, self._registry = platform.editing, platform.registry

    async def add(self, visit: PageVisit, form: Form) -> Done:
        """Add a record; what it sends is accepted at once."""
        _, kind = visit.words, _kind(visit, form)
        by = _editor(visit, form)
        try:
            fields = {"id": form.text("id", most=100), **read_keys(_, kind, _texts(kind, form))}
        except InvalidInput as error:
            raise ActionRejected(str(error), field="form") from None
        await _done(_, self._editing.add(kind, fields, by=by))
        return _added(visit, kind, fields)

    async def change(self, visit: PageVisit, form: Form) -> Done:
        """Change what differs from the record as the form was made of it."""
        _, kind, name = visit.words, _kind(visit, form), visit.names["id"]
        by, since = _editor(visit, form), form.text("since")
        try:
            record = known_record(self._registry, kind, name, sites=visit.principal.sites)
            fields = fields_of(record, zone=self._registry.city.zone)
            changes = changed_keys(_, kind, fields, _texts(kind, form))
            valid_from_ms = parse_moment(_, since, visit.zone) if since and DATED & changes.keys() else None
        except InvalidInput as error:
            raise ActionRejected(str(error), field="form") from None
        except EditRefused as error:
            raise NotThere(ended(_.said(error.sentence))) from None
        revision = form.text("revision", most=40) or None
        outcome = await _done(
            _, self._editing.amend(kind, name, changes, by=by, revision=revision, valid_from_ms=valid_from_ms)
        )
        return Done(_("Nothing differs.") if outcome.change is None else _("{name} is changed.", name=name))

    async def retire(self, visit: PageVisit, form: Form) -> Done:
        """Retire a record, with what stands on it if that is ticked: its history stays."""
        _, kind, name = visit.words, _kind(visit, form), visit.names["id"]
        act = self._editing.retire(
            kind,
            name,
            by=_editor(visit, form),
            revision=form.text("revision", most=40) or None,
            along=form.ticked("along"),
        )
        await _done(_, act)
        return Done(_("{name} is retired: its history stays.", name=name))

    async def restore(self, visit: PageVisit, form: Form) -> Done:
        """Bring a retired record back, with the series that it had."""
        _, kind, name = visit.words, _kind(visit, form), visit.names["id"]
        await _done(_, self._editing.restore(kind, name, by=_editor(visit, form)))
        return Done(_("{name} is back.", name=name))

    async def undo(self, visit: PageVisit, form: Form) -> Done:
        """Take a change back: each record is as it was before."""
        _, number = visit.words, form.number("change") or 0
        by = Editor(visit.must(Role.ENGINEER).actor, visit.principal.sites, _reason(_, form))
        try:
            outcome = await _done(_, self._editing.undo(number, by=by))
        except LookupError:
            raise ActionRejected(_("There is no such change.")) from None
        if outcome.change is None:
            raise ActionRejected(_("Nothing of it holds any more."))
        return Done(_("Change {id} is taken back.", id=number))


def _added(visit: PageVisit, kind: str, fields: Mapping[str, Any]) -> Done:
    """Go to what was added; or back to the refused readings that asked for it, to try them again with a word."""
    _, name, reason = visit.words, fields["id"], visit.query.get("refused", "")
    if reason not in ASKING:
        return Done(_("{name} is added.", name=name), visit.href(f"registry/{kind}/{name}"))
    gateway, word = visit.query.get("gateway", name), _("{name} is in the registry now.", name=name)
    said = _("{name} is added. Now try again what was refused for want of it.", name=name)
    return Done(said, visit.href("refused", gateway=gateway, reason=reason, word=word))


def _kind(visit: PageVisit, form: Form) -> str:
    _, kind = visit.words, visit.names.get("kind") or form.text("kind", most=20)
    if kind not in KEYS:
        raise NotThere(_("There is no such kind of record."))
    return kind


def _editor(visit: PageVisit, form: Form) -> Editor:
    return Editor(visit.must(Role.ENGINEER).actor, visit.principal.sites, _reason(visit.words, form))


def _reason(_: Catalog, form: Form) -> str:
    reason = form.text("reason", most=LONGEST_WORDS + 1)
    if len(reason) > LONGEST_WORDS or not is_printable(reason):
        raise ActionRejected(_("Write on one line why: it stands in the journal."), field="reason")
    return reason


def _texts(kind: str, form: Form) -> dict[str, str]:
    return {key.name: form.text(key.name, most=_LONGEST) for key in KEYS[kind] if key.name in form}


async def _done(_: Catalog, act: Awaitable[EditOutcome]) -> EditOutcome:
    try:
        return await act
    except EditRefused as error:
        if error.kind == "unknown":
            raise NotThere(_("There is no such record.")) from None
        raise ActionRejected(" ".join(ended(_.said(problem)) for problem in error.problems), field="form") from None
