"""The page of health: each part of the cloud in words, and a test of the whole chain that tells people.

● Connection to the broker   broker    connected to 10.0.0.7:8883
"""

from cloud.access.principal import Role
from cloud.console.frame.form import Form
from cloud.console.frame.page import ConsolePage, Done, Fragment, PageContent
from cloud.console.frame.rejections import ActionRejected
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.health import part_views
from cloud.platform import Platform
from runtime.clock import wall_ms


def health_page(platform: Platform) -> ConsolePage:
    """The page of health."""
    own = _HealthPage(platform)
    forms = {"test_alarm": own.test_alarm}
    return ConsolePage("health", "health/page.html", own.show, actions=forms, styles=("tables.css",), name="health")


class _HealthPage:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def show(self, visit: PageVisit) -> PageContent:
        """Show the parts, with their sentences for who may see all sites."""
        _, health = visit.words, self._platform.health(wall_ms())
        told = health if visit.principal.sites is None else health.in_words
        parts = part_views(_, told, visit.zone)
        may_test = visit.may(Role.OPERATOR)
        return PageContent(
            [Fragment("parts", "health/parts.html", {"components": parts}, version=parts)],
            still={"may_test": may_test, "has_steps": may_test and bool(self._platform.notifier.settings.steps)},
            title=_("Health"),
        )

    async def test_alarm(self, visit: PageVisit, form: Form) -> Done:
        """Send a test alarm through the whole chain to the first step."""
        del form
        _, principal = visit.words, visit.must(Role.OPERATOR)
        if not self._platform.notifier.settings.steps:
            raise ActionRejected(_("Nobody is set up to be told: add [[notify.steps]] to cloud.toml."))
        alarm = await self._platform.notifier.test_alarm(principal.actor, sites=principal.sites)
        return Done(_("Test alarm {id} is on its way.", id=alarm))
