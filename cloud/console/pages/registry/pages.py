"""The pages of the registry: records by kind, found and turned page by page; one record; what people changed.

sites (1,003) · gateways (1,000) · sensors (10,000)      [ look for … ]     river   River gauge   daruba   gw-daruba
Changes: 24 Nov 12:10   ani   edit   sensor river: mounting_height_cm 450 → 420     "hung lower"            [ Undo ]
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from cloud.access.principal import Role
from cloud.console.frame.page import ConsolePage, Fragment, PageContent
from cloud.console.frame.rejections import NotThere
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.registry.actions import RegistryActions
from cloud.console.pages.registry.device_actions import DeviceActions
from cloud.console.pages.registry.files import registry_files_page
from cloud.console.view_models.registry_edits import edit_lines
from cloud.console.view_models.registry_forms import DATED, KEYS, form_texts
from cloud.database.audit_actions import action_words
from cloud.platform import Platform
from cloud.registry.change_rows import RecordEdit, RegistryChange, site_of_record
from cloud.registry.devices import device_text
from cloud.registry.editing_drafts import revision_of, shown_fields
from cloud.registry.records import Record, Sensor
from i18n import figures
from i18n.catalog import N_, Catalog
from runtime.clock import wall_ms
from wire import is_printable

KIND_WORDS = {"sites": N_("Sites"), "gateways": N_("Gateways"), "sensors": N_("Sensors")}
PAGE_RECORDS, PAGE_CHANGES = 50, 20
_MOST_DIFFERENCES = 8


class RecordRow(msgspec.Struct, frozen=True):
    """One record in the list."""

    id: str
    name: str
    site: str
    gateway: str
    retired: bool


class ListedChange(msgspec.Struct, frozen=True):
    """One change in words: `what` has a line for each key that differs, as far as there is room."""

    id: int
    time: str
    author: str
    action: str
    reason: str
    what: tuple[str, ...]
    can_undo: bool


def registry_pages(platform: Platform) -> list[ConsolePage]:
    """The page of all records and changes, the one of a new record, and the one of one record."""
    own, actions, devices = _RegistryPages(platform), RegistryActions(platform), DeviceActions(platform)
    of_one = {"change": actions.change, "retire": actions.retire, "restore": actions.restore,
              "replace": devices.replace, "move": devices.move}  # fmt: skip
    more: dict[str, Any] = {"styles": ("tables.css",), "name": "registry"}
    return [
        ConsolePage("registry", "registry/page.html", own.show, actions={"undo": actions.undo}, **more),
        registry_files_page(platform),
        ConsolePage("registry/new/{kind}", "registry/new.html", own.show_new, actions={"add": actions.add}, **more),
        ConsolePage("registry/{kind}/{id}", "registry/record.html", own.show_one, actions=of_one, **more),
    ]


class _RegistryPages:
    def __init__(self, platform: Platform) -> None:
        self._registry, self._editing = platform.registry, platform.editing

    async def show(self, visit: PageVisit) -> PageContent:
        """Show the records of a kind that are looked for, and the newest changes."""
        _, kind = visit.words, visit.query.get("kind", "sensors")
        kind = kind if kind in KIND_WORDS else "sensors"
        retired, wanted, after = (visit.query.get(name, "") for name in ("retired", "q", "after"))
        rows = self._rows(visit, kind, retired=bool(retired), wanted=wanted, after=after)
        shown = {"rows": rows[:PAGE_RECORDS], "kind": kind, "more": len(rows) > PAGE_RECORDS}
        changes = await self._changes(visit)
        last = changes[-1].id if len(changes) == PAGE_CHANGES else None
        told = {"changes": changes, "older": last, "may_write": visit.may(Role.ENGINEER)}
        version = (self._registry.edition, kind, retired, wanted, after)
        return PageContent(
            [
                Fragment("records", "registry/records.html", shown, version=version),
                Fragment("changes", "registry/changes.html", told, version=changes),
            ],
            still={"kind": kind, "kinds": [(name, _(words)) for name, words in KIND_WORDS.items()],
                   "may_write": visit.may(Role.ENGINEER), "owned": self._owned(_, kind)},
            title=_("Registry"),
        )  # fmt: skip

    async def show_new(self, visit: PageVisit) -> PageContent:
        """Show the form of a new record; what the address names stands in it already."""
        _, kind = visit.words, self._kind(visit)
        texts = {name: _given(visit, name) for name in ("id", *(key.name for key in KEYS[kind]))}
        return PageContent(still=self._form(visit, kind, texts), title=_("New record"))

    async def show_one(self, visit: PageVisit) -> PageContent:
        """Show one record, its form, and what was changed of it."""
        _, kind = visit.words, self._kind(visit)
        record = self._registry.registered(kind).get(visit.names["id"])
        if record is None or not visit.principal.may_see(site_of_record(record)):
            raise NotThere(_("There is no such record."))
        fields = shown_fields(record, zone=self._registry.city.zone)
        changes = await self._changes(visit, kind=kind, record=record.id)
        told = {"changes": changes, "older": None, "may_write": False}
        still = self._form(visit, kind, form_texts(_, kind, fields))
        still |= {"record": record, "revision": revision_of(record), "may_write": visit.may(Role.ENGINEER)}
        if isinstance(record, Sensor):
            still["device"] = device_text(self._registry.history.device(record).at(wall_ms())) or _("unknown")
        return PageContent(
            [Fragment("changes", "registry/changes.html", told, version=changes)],
            still,
            getattr(record, "name", record.id),
        )

    def _kind(self, visit: PageVisit) -> str:
        _, kind = visit.words, visit.names["kind"]
        if kind not in KIND_WORDS:
            raise NotThere(_("There is no such kind of record."))
        return kind

    def _form(self, visit: PageVisit, kind: str, texts: dict[str, str]) -> dict[str, Any]:
        _ = visit.words
        keys = [(key, _(key.label), _(key.hint) if key.hint else "") for key in KEYS[kind]]
        dated = any(key.name in DATED for key in KEYS[kind])
        return {"kind": kind, "kind_words": _(KIND_WORDS[kind]), "keys": keys, "texts": texts, "dated": dated,
                "owned": self._owned(_, kind)}  # fmt: skip

    def _owned(self, _: Catalog, kind: str) -> str:
        """Why records of a kind are not changed here; empty where they are."""
        if kind not in self._registry.file_owns:
            return ""
        return _("city.toml owns these: change them there, or take “{kind}” out of its owns.", kind=kind)

    def _rows(self, visit: PageVisit, kind: str, *, retired: bool, wanted: str, after: str) -> list[RecordRow]:
        """One more than a page has, by id."""
        known, words, found = self._registry.registered(kind), wanted.casefold().split(), list[RecordRow]()
        for name in sorted(name for name in known if name > after):
            record = known[name]
            row = _row(record)
            text = f"{row.id} {row.name} {row.site}".casefold()
            if record.retired == retired and visit.principal.may_see(site_of_record(record)) and all(
                word in text for word in words
            ):  # fmt: skip
                found.append(row)
                if len(found) > PAGE_RECORDS:
                    break
        return found

    async def _changes(
        self, visit: PageVisit, *, kind: str | None = None, record: str | None = None
    ) -> tuple[ListedChange, ...]:
        found = await self._editing.changes(
            sites=visit.principal.sites, kind=kind, record=record, limit=PAGE_CHANGES,
            before_id=visit.number("before"),
        )  # fmt: skip
        return tuple(self._change(visit, change, edits) for change, edits in found)

    def _change(self, visit: PageVisit, change: RegistryChange, edits: Sequence[RecordEdit]) -> ListedChange:
        lines = [line for edit in edits for line in edit_lines(edit, zone=self._registry.city.zone)]
        left = len(lines) - _MOST_DIFFERENCES
        what = [*lines[:_MOST_DIFFERENCES], *([visit.words("+ {n} more", n=left)] if left > 0 else [])]
        return ListedChange(
            change.id, figures.day_and_time(visit.words, change.at_ms, visit.zone), change.author,
            action_words(visit.words, f"registry-{change.action}"), change.reason, tuple(what),
            change.undone_by is None and change.action != "file",
        )  # fmt: skip


def _given(visit: PageVisit, name: str) -> str:
    """What the address has for a field of a new record; nothing where no field could hold it."""
    text = visit.query.get(name, "")
    return text if is_printable(text) else ""


def _row(record: Record) -> RecordRow:
    site, gateway = getattr(record, "site", ""), getattr(record, "gateway", "")
    return RecordRow(record.id, record.name, site, gateway, record.retired)
