"""The page of health: each part of the cloud in words, and each channel of notifications with a button to test it.

● Connection to the broker   broker    connected to 10.0.0.7:8883
● telegram                             the newest attempt failed: 401; messages that wait: 3          [ Test ]
"""

from cloud.access.principal import Role
from cloud.console.frame.form import Form
from cloud.console.frame.page import ConsolePage, Done, Fragment, PageContent
from cloud.console.frame.rejections import ActionRejected
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.health import LEVELS, part_views
from cloud.notify.channel_state import component_of
from cloud.platform import Platform
from i18n import figures
from i18n.catalog import ended
from runtime.clock import boot_s, wall_ms

AGAIN_S = 5.0
"""How often the channels are asked of the database while somebody looks."""


def health_page(platform: Platform) -> ConsolePage:
    """The page of health."""
    own = _HealthPage(platform)
    forms = {"test": own.test, "test_alarm": own.test_alarm}
    return ConsolePage("health", "health/page.html", own.show, actions=forms, styles=("tables.css",), name="health")


class _HealthPage:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._refreshed_s = float("-inf")

    async def show(self, visit: PageVisit) -> PageContent:
        """Show the parts, with their sentences for who may see all sites."""
        _, health = visit.words, self._platform.health(wall_ms())
        told = health if visit.principal.sites is None else health.in_words
        parts = part_views(_, told, visit.zone)
        channels = await self._channels(visit)
        shown = {"channels": channels, "may_test": visit.may(Role.OPERATOR)}
        return PageContent(
            [
                Fragment("parts", "health/parts.html", {"components": parts}, version=parts),
                Fragment("channels", "health/channels.html", shown, version=channels),
            ],
            still={"may_test": visit.may(Role.OPERATOR) and bool(self._platform.notifier.settings.steps)},
            title=_("Health"),
        )

    async def test(self, visit: PageVisit, form: Form) -> Done:
        """Send one test message over one channel, and wait for what comes of it."""
        _, principal, name = visit.words, visit.must(Role.OPERATOR), form.text("channel", most=100)
        try:
            result = await self._platform.notifier.test_channel(name, principal.actor, sites=principal.sites)
        except LookupError:
            raise ActionRejected(_("There is no such channel any more.")) from None
        if not result.sent:
            raise ActionRejected(ended(f"{name}: {result.sentence}"))
        return Done(_("The test message went out over {name}.", name=name))

    async def test_alarm(self, visit: PageVisit, form: Form) -> Done:
        """Send a test alarm through the whole chain to the first step."""
        del form
        _, principal = visit.words, visit.must(Role.OPERATOR)
        if not self._platform.notifier.settings.steps:
            raise ActionRejected(_("Nobody is set up to be told: add [[notify.steps]] to cloud.toml."))
        alarm = await self._platform.notifier.test_alarm(principal.actor, sites=principal.sites)
        return Done(_("Test alarm {id} is on its way.", id=alarm))

    async def _channels(self, visit: PageVisit) -> tuple[tuple[str, str, str, str, str], ...]:
        """Each channel: its level, name, kind, sentence, and when it last took a test alarm."""
        _, notifier = visit.words, self._platform.notifier
        if boot_s() - self._refreshed_s >= AGAIN_S:
            self._refreshed_s = boot_s()
            await notifier.refresh()
        rows = []
        for channel, state in zip(notifier.settings.channels, notifier.states(), strict=True):
            component, tested_ms = component_of(state), state.self_tested_ms
            tested = _("never") if not tested_ms else figures.day_and_time(_, tested_ms, visit.zone)
            said = figures.said_at(_, component.detail, visit.zone)
            rows.append((LEVELS[component.status], channel.name, channel.kind, said, tested))
        return tuple(rows)
