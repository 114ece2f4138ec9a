"""The page of the registry as files: downloaded, and a file looked at, then taken over; readings of the past, too.

[city.toml ↓]     choose a file ─► what would change, field by field, and what is wrong in which line ─► take it over
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from copy import copy
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

from cloud.access.principal import Principal, Role
from cloud.console.frame.form import Form
from cloud.console.frame.page import ConsolePage, Done, PageContent
from cloud.console.frame.rejections import ActionRejected
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.registry.dry_runs import DryRun, DryRuns, FileProblem
from cloud.console.view_models.registry_edits import edit_view
from cloud.core.printable import LONGEST_WORDS
from cloud.ingest.historical.csv_rows import FormRefused, RefusedRow
from cloud.ingest.historical.import_run import ImportOrder, ImportProgress, run_import
from cloud.platform import Platform
from cloud.registry.city_export import exported
from cloud.registry.editing import Editor
from cloud.registry.editing_drafts import EditRefused
from cloud.registry.importing import Imported, import_city, import_rows
from cloud.registry.ownership import OWNABLE
from i18n.catalog import N_, Catalog, ended
from wire import is_printable, printable

CITY, READINGS = "city", "readings"
KIND_WORDS = {
    CITY: N_("The whole registry (city.toml)"),
    "sites": N_("A table of sites (CSV)"),
    "gateways": N_("A table of gateways (CSV)"),
    "sensors": N_("A table of sensors (CSV)"),
    READINGS: N_("Readings of the past (CSV)"),
}
EDITS_SHOWN = PROBLEMS_SHOWN = 100
_CHUNK = 65_536
_LONGEST_NAME = 80


def registry_files_page(platform: Platform) -> ConsolePage:
    """The page of files."""
    own = _RegistryFilesPage(platform)
    return ConsolePage(
        "registry/files", "registry/files.html", own.show,
        actions={"compare": own.compare, "take_over": own.take_over, "forget": own.forget},
        files={"city.toml": own.export}, styles=("tables.css",), name="registry",
    )  # fmt: skip


class _RegistryFilesPage:
    def __init__(self, platform: Platform) -> None:
        self._platform, self._dry_runs = platform, DryRuns()

    async def show(self, visit: PageVisit) -> PageContent:
        """Show where to get the registry, where to put a file, and what the newest one would do."""
        return PageContent(still=lambda: self._still(visit), title=visit.words("Registry as files"))

    async def export(self, visit: PageVisit) -> Response:
        """Answer with all that is not retired."""
        _, principal = visit.words, visit.must(Role.ENGINEER)
        _must_see_all(_, principal)
        text = await asyncio.to_thread(exported, copy(self._platform.registry))
        headers = {"Content-Disposition": 'attachment; filename="city.toml"'}
        return Response(text, media_type="application/toml", headers=headers)

    async def compare(self, visit: PageVisit, form: Form) -> Done:
        """Say what a file would do, and hold it for as long as somebody may think about it."""
        _, principal, kind = visit.words, visit.must(Role.ADMINISTRATOR), form.text("kind", most=20)
        content, name = form.file("file"), printable(form.file_name("file"))[:_LONGEST_NAME]
        if kind not in KIND_WORDS or not content:
            raise ActionRejected(_("Choose a file, and say what is in it."), field="file")
        if kind != READINGS:
            _must_see_all(_, principal)
        asked = DryRun(
            token=secrets.token_urlsafe(9), kind=kind, name=name, text=_text(_, content),
            zone=_zone(_, form.text("zone", most=64)), edition=self._platform.registry.edition,
        )  # fmt: skip
        self._dry_runs.put(principal.name, await self._run(visit, asked, principal, reason="", dry_run=True))
        return Done(go_to=visit.href("registry/files") + "#would-change")

    async def take_over(self, visit: PageVisit, form: Form) -> Done:
        """Take over the file that was looked at, if it still does what was seen."""
        _, principal = visit.words, visit.must(Role.ADMINISTRATOR)
        held, reason = self._dry_runs.of(principal.name), form.text("reason", most=LONGEST_WORDS + 1)
        if held is None or held.token != form.text("token", most=40):
            raise ActionRejected(_("This file is not held any more: choose it once more."), field="file")
        if not reason or len(reason) > LONGEST_WORDS or not is_printable(reason):
            raise ActionRejected(_("Write on one line why: it stands in the journal."), field="reason")
        done = await self._run(visit, held, principal, reason=reason, dry_run=False)
        self._dry_runs.forget(principal.name)
        if held.kind == READINGS:
            return Done(_.plural("{n} reading is stored.", "{n} readings are stored.", done.stored))
        return Done(_.plural("{n} record is changed.", "{n} records are changed.", done.count), visit.href("registry"))

    async def forget(self, visit: PageVisit, _form: Form) -> Done:
        """Let go of the file."""
        self._dry_runs.forget(visit.must(Role.ADMINISTRATOR).name)
        return Done(go_to=visit.href("registry/files"))

    async def _run(
        self, visit: PageVisit, asked: DryRun, principal: Principal, *, reason: str, dry_run: bool
    ) -> DryRun:
        _ = visit.words
        try:
            if asked.kind == READINGS:
                return await self._import_readings(_, asked, principal, reason=reason, dry_run=dry_run)
            by = Editor(principal.actor, principal.sites, reason)
            return _outcome(_, asked, await self._import_records(asked, by=by, dry_run=dry_run))
        except EditRefused as error:
            problems = [ended(_.said(problem)) for problem in error.problems]
            if not dry_run:
                raise ActionRejected(" ".join(problems[:PROBLEMS_SHOWN]), field="reason") from None
            return _refused(asked, problems)
        except FormRefused as error:
            return _refused(asked, [ended(_.said(error.sentence))])

    async def _import_records(self, asked: DryRun, *, by: Editor, dry_run: bool) -> Imported:
        editing, seen = self._platform.editing, None if dry_run else asked.edition
        for kind in OWNABLE:
            if asked.kind == kind:
                return await import_rows(editing, kind, asked.text, by=by, dry_run=dry_run, seen=seen)
        return await import_city(editing, asked.text, asked.name, by=by, dry_run=dry_run, seen=seen)

    async def _import_readings(
        self, _: Catalog, asked: DryRun, principal: Principal, *, reason: str, dry_run: bool
    ) -> DryRun:
        importer, rows = self._platform.importer, list[RefusedRow]()
        order = ImportOrder(
            zone=ZoneInfo(asked.zone) if asked.zone else None, dry_run=dry_run, may_see=principal.may_see
        )
        if importer.one_at_a_time.locked():
            raise ActionRejected(_("An import runs already: send this one when it has ended."), field="file")
        async with importer.one_at_a_time:
            if not dry_run:
                await importer.begin(principal.actor, reason=reason, name=asked.name)
            done = await run_import(
                importer, _chunks(asked.text), order,
                on_refused=lambda refused: rows.extend(refused[: PROBLEMS_SHOWN - len(rows)]),
            )  # fmt: skip
            if not dry_run:
                counts = {"stored": done.stored, "refused": done.refused}
                await importer.end(principal.actor, reason=reason, name=asked.name, **counts)
        return _with_readings(_, asked, done, rows)

    def _still(self, visit: PageVisit) -> dict[str, Any]:
        _, principal = visit.words, visit.principal
        may_import, sees_all = visit.may(Role.ADMINISTRATOR), principal.sites is None
        kinds = [(kind, _(words)) for kind, words in KIND_WORDS.items() if sees_all or kind == READINGS]
        dry_run = self._dry_runs.of(principal.name) if may_import else None
        return {
            "may_import": may_import, "may_export": visit.may(Role.ENGINEER) and sees_all, "kinds": kinds,
            "zone": visit.zone.key, "dry_run": dry_run, **({} if dry_run is None else self._comparison(_, dry_run)),
        }  # fmt: skip

    def _comparison(self, _: Catalog, dry_run: DryRun) -> dict[str, Any]:
        zone = self._platform.registry.city.zone
        return {
            "what": _(KIND_WORDS[dry_run.kind]),
            "is_readings": dry_run.kind == READINGS,
            "edits": [edit_view(_, edit, zone=zone) for edit in dry_run.edits],
            "more_edits": dry_run.count - len(dry_run.edits),
            "more_problems": dry_run.left_out - len(dry_run.problems),
        }


def _outcome(_: Catalog, asked: DryRun, found: Imported) -> DryRun:
    problems = [FileProblem(each.line, _.said(each.sentence)) for each in found.problems[:PROBLEMS_SHOWN]]
    return _again(asked, edits=list(found.edits[:EDITS_SHOWN]), count=len(found.edits), problems=problems,
                  left_out=len(found.problems))  # fmt: skip


def _with_readings(_: Catalog, asked: DryRun, done: ImportProgress, rows: Sequence[RefusedRow]) -> DryRun:
    problems = [FileProblem(row.line, _.said(row.why)) for row in rows]
    return _again(asked, stored=done.stored, known=done.known, problems=problems, left_out=done.refused)


def _refused(asked: DryRun, problems: Sequence[str]) -> DryRun:
    shown = [FileProblem(None, problem) for problem in problems[:PROBLEMS_SHOWN]]
    return _again(asked, problems=shown, left_out=len(problems))


def _again(asked: DryRun, **found: Any) -> DryRun:
    return DryRun(
        token=asked.token, kind=asked.kind, name=asked.name, text=asked.text, zone=asked.zone, edition=asked.edition,
        **found,
    )  # fmt: skip


async def _chunks(text: str) -> AsyncIterator[bytes]:
    for start in range(0, len(text), _CHUNK):
        yield text[start : start + _CHUNK].encode()


def _text(_: Catalog, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ActionRejected(
            _("The file is not UTF-8 at byte {n}; save it as UTF-8.", n=error.start), field="file"
        ) from None


def _zone(_: Catalog, name: str) -> str:
    try:
        return ZoneInfo(name).key if name else ""
    except (KeyError, ValueError, OSError):
        raise ActionRejected(_("There is no such time zone; write one such as Asia/Jayapura."), field="zone") from None


def _must_see_all(_: Catalog, principal: Principal) -> None:
    if principal.sites is not None:
        raise ActionRejected(_("Such a file has all sites, and you may see some of them."), status=403)
