"""The page of rollouts, for engineers who may see all sites; administrators begin, stop and go on with one.

Rollout 7 of 1.2.0   ● is running   waiting 40 · asked 5 · confirmed 15                                      [ Stop ]
gw-daruba   ● asked   on trial since 24 Nov 10:44   runs 1.1.0
Versions    1.2.0  aarch64, armv7l   15 gateways, 14 of them online

Which versions there are is signed by keys that are not on this server: the page chooses among them and signs nothing.
"""

from typing import TYPE_CHECKING

from cloud.access.principal import Principal, Role
from cloud.console.frame.form import Form
from cloud.console.frame.page import ConsolePage, Done, Fragment, PageContent
from cloud.console.frame.rejections import ActionRejected, NotThere
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.rollouts.newest_rollouts import NewestRollouts
from cloud.console.pages.rollouts.wanted import MOST_WITHIN_MIN, USUAL_BATCH, WantedRollout, wanted_rollout
from cloud.console.view_models.rollouts import member_views, rollout_view, version_views
from cloud.platform import Platform
from cloud.updates.rollout import MOST_IN_A_BATCH, RolloutRefused
from i18n.catalog import ended

if TYPE_CHECKING:
    from cloud.updates.rollouts import Rollouts


def rollouts_page(platform: Platform) -> ConsolePage:
    """The page on a platform."""
    own = _RolloutsPage(platform)
    forms = {"start": own.start, "stop": own.stop, "go-on": own.go_on}
    return ConsolePage(
        "rollouts", "rollouts/page.html", own.show, actions=forms, styles=("tables.css",), name="rollouts"
    )


class _RolloutsPage:
    def __init__(self, platform: Platform) -> None:
        self._platform, self._newest = platform, NewestRollouts(platform)

    async def show(self, visit: PageVisit) -> PageContent:
        """Show the newest rollout with its gateways, those before it, and the versions."""
        _ = visit.words
        if visit.principal.sites is not None:
            raise NotThere(_("A rollout is for all sites, and the page for who may see all of them."))
        rollouts = self._platform.rollouts
        if rollouts is None:
            return PageContent([], {"is_set_up": False}, _("Versions and rollouts"))
        found = await self._newest.read(rollouts)
        views = tuple(rollout_view(_, each, visit.zone) for each in found.rollouts)
        members = member_views(_, found.members, self._platform.registry, self._platform.statuses, visit.zone)
        versions, may_act = version_views(_, found.versions, found.run), visit.may(Role.ADMINISTRATOR)
        newest = {"rollouts": views, "members": members, "may_act": may_act}
        return PageContent(
            [
                Fragment("rollout", "rollouts/rollout.html", newest, version=(views, members)),
                Fragment("versions", "rollouts/versions.html", {"versions": versions}, version=versions),
            ],
            still={
                "is_set_up": True,
                "may_act": may_act,
                "published": [(version, version) for version in found.versions],
                "batch": USUAL_BATCH,
                "most": MOST_IN_A_BATCH,
                "most_min": MOST_WITHIN_MIN,
            },
            title=_("Versions and rollouts"),
        )

    async def start(self, visit: PageVisit, form: Form) -> Done:
        """Begin a rollout, which the running cloud carries out."""
        _, actor = visit.words, self._administrator(visit).actor
        wanted: WantedRollout = wanted_rollout(_, form)
        try:
            progress = await self._rollouts(visit).start(
                wanted.version,
                batch=wanted.batch,
                actor=actor,
                gateways=wanted.gateways,
                skip_offline=wanted.skip_offline,
                again=wanted.again,
                limit_s=wanted.limit_s,
                reason=wanted.reason,
            )
        except RolloutRefused as error:
            raise ActionRejected(ended(_.said(error.sentence)), field="start") from None
        self._newest.forget()
        return Done(_("The rollout of {version} has begun.", version=progress.rollout.version))

    async def stop(self, visit: PageVisit, form: Form) -> Done:
        """Let the rollout that runs ask nobody else; who was asked goes on."""
        _, actor = visit.words, self._administrator(visit).actor
        try:
            rollout = await self._rollouts(visit).stop(actor=actor, reason=form.text("reason"))
        except RolloutRefused as error:
            raise ActionRejected(ended(_.said(error.sentence))) from None
        self._newest.forget()
        return Done(_("The rollout of {version} asks nobody else; who was asked goes on.", version=rollout.version))

    async def go_on(self, visit: PageVisit, form: Form) -> Done:
        """Bring those to its version that the rollout which was stopped left without."""
        _, actor = visit.words, self._administrator(visit).actor
        try:
            progress = await self._rollouts(visit).go_on(actor=actor, with_failed=form.ticked("failed"))
        except RolloutRefused as error:
            raise ActionRejected(ended(_.said(error.sentence))) from None
        self._newest.forget()
        return Done(_("The rollout of {version} goes on.", version=progress.rollout.version))

    def _rollouts(self, visit: PageVisit) -> "Rollouts":
        _, rollouts = visit.words, self._platform.rollouts
        if rollouts is None:
            raise ActionRejected(_("cloud.toml has no [updates], so no version is published."))
        return rollouts

    def _administrator(self, visit: PageVisit) -> Principal:
        _, principal = visit.words, visit.must(Role.ADMINISTRATOR)
        if principal.sites is not None:
            raise ActionRejected(_("A rollout is for all sites, and the page for who may see all of them."), status=403)
        return principal
