"""The page of backups, for administrators of all of the city: what lies there, when the next is due, one made now.

● The newest backup is 5.2 h old.    The cloud makes one every 24 h …                          [ Make a backup now ]
25 Nov 2026 10:00   4.7 MB   registry: 8,212 rows · readings: 1,204,000   verified 25 Nov 2026 10:01      [ Verify ]
"""

from cloud.access.principal import Principal, Role
from cloud.backup.backups import Backups, BackupsRejected
from cloud.console.frame.form import Form
from cloud.console.frame.page import ConsolePage, Done, Fragment, PageContent
from cloud.console.frame.rejections import ActionRejected, NotThere
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.backups import BackupFacts, backup_views, backups_summary
from i18n.catalog import ended
from runtime.clock import wall_ms

PLACEHOLDER = "BACKUP"
"""What the command of a restore says where there is no backup yet."""


def backups_page(backups: Backups | None) -> ConsolePage:
    """The page of these backups; None where no folder is named for them."""
    own = _BackupsPage(backups)
    forms = {"make": own.make, "verify": own.verify}
    return ConsolePage("backups", "backups/page.html", own.show, actions=forms, styles=("tables.css",), name="backups")


class _BackupsPage:
    def __init__(self, backups: Backups | None) -> None:
        self._backups = backups

    async def show(self, visit: PageVisit) -> PageContent:
        """Show how the backups are, and each of them."""
        _, backups, now_ms = visit.words, self._backups, wall_ms()
        if visit.principal.sites is not None:
            raise NotThere(_("A backup is of all sites, and the page for who may see all of them."))
        if backups is None:
            return PageContent([], {"is_set_up": False}, _("Backups"))
        contents = await backups.contents()
        facts = BackupFacts(
            contents=contents,
            work=backups.work,
            result=backups.result,
            due_ms=backups.due_ms(contents),
            every_h=backups.settings.every_h,
            keep=backups.settings.keep,
            oldest_h=backups.oldest_h,
            is_growing=backups.is_growing(contents),
        )
        summary, kept = backups_summary(_, facts, now_ms, visit.zone), backup_views(_, contents, now_ms, visit.zone)
        listed = {"kept": kept, "count": contents.count, "busy": summary.busy}
        newest = contents.newest(now_ms)
        return PageContent(
            [
                Fragment("backup-state", "backups/state.html", {"summary": summary}, version=summary),
                Fragment("kept", "backups/kept.html", listed, version=(kept, contents.count, summary.busy)),
            ],
            still={
                "is_set_up": True,
                "config": backups.config,
                "backup": backups.folder / (PLACEHOLDER if newest is None else newest.name),
            },
            title=_("Backups"),
        )

    async def make(self, visit: PageVisit, form: Form) -> Done:
        """Begin to make a backup."""
        del form
        _, backups = visit.words, self._wanted(visit)
        try:
            await backups.make(self._who(visit).actor)
        except BackupsRejected as rejection:
            raise ActionRejected(ended(_.said(rejection.sentence))) from None
        return Done(_("A backup is being made; this page says what comes of it."))

    async def verify(self, visit: PageVisit, form: Form) -> Done:
        """Begin to read a backup back."""
        _, backups, name = visit.words, self._wanted(visit), form.text("name", most=40)
        try:
            await backups.verify(name, self._who(visit).actor)
        except BackupsRejected as rejection:
            raise ActionRejected(ended(_.said(rejection.sentence))) from None
        return Done(_("The backup {name} is being verified; this page says what comes of it.", name=name))

    def _wanted(self, visit: PageVisit) -> Backups:
        _ = visit.words
        self._who(visit)
        if self._backups is None:
            raise ActionRejected(_("No folder is named for backups."))
        return self._backups

    def _who(self, visit: PageVisit) -> Principal:
        _, principal = visit.words, visit.must(Role.ADMINISTRATOR)
        if principal.sites is not None:
            raise ActionRejected(_("A backup is of all sites, and the page for who may see all of them."), status=403)
        return principal
