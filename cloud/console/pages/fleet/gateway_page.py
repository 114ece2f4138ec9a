"""One gateway: how it does, what the city wants of it, what it is asked, and how it is let in.

Daruba gateway  ● online      Room in its spool 3.1 days   Clock exact   Lost 0   Battery 62 %   Version 1.2.0
  ⚠ the clock is not confirmed: …
Sources · Configuration · Commands · Enrolment
"""

from zoneinfo import ZoneInfo

import msgspec

from cloud.access.principal import Role
from cloud.console.frame.page import ConsolePage, Fragment, PageContent
from cloud.console.frame.rejections import NotThere
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.fleet.actions import GatewayActions
from cloud.console.pages.fleet.facts import FleetFactsByScope
from cloud.console.view_models.fleet import GatewayFacts, LevelWords, config_figure, fleet_row
from cloud.console.view_models.gateway_care import (
    COMMANDS,
    DOES,
    MOST_COMMANDS,
    command_view,
    reported_words,
    wanted_settings_of,
)
from cloud.console.view_models.gateway_sources import COUNTS, notes_of, source_views
from cloud.platform import Platform
from i18n.catalog import N_, Catalog
from runtime.clock import wall_ms
from wire.gateway_command import RESTART_SOURCE

PAIRS = {
    "room": N_("Room in its spool"),
    "waiting": N_("Waiting to send"),
    "clock": N_("Clock"),
    "lost": N_("Lost"),
    "battery": N_("Battery"),
    "config": N_("Configuration"),
    "version": N_("Version"),
}
MOST_NAMED = 250
"""Sources of a gateway that can be chosen to be restarted."""


def gateway_page(platform: Platform, facts: FleetFactsByScope) -> ConsolePage:
    """The page of one gateway."""
    own, actions = _GatewayPage(platform, facts), GatewayActions(platform)
    return ConsolePage(
        "fleet/{id}",
        "fleet/gateway.html",
        own.show,
        actions={"set": actions.set, "ask": actions.ask},
        scripts=("enrolment.js",),
        name="fleet",
    )


class _GatewayPage:
    def __init__(self, platform: Platform, facts: FleetFactsByScope) -> None:
        self._platform, self._facts = platform, facts

    async def show(self, visit: PageVisit) -> PageContent:
        """Show all of a gateway; NotThere where the visitor may see none of that id."""
        _, facts = visit.words, self._facts.of(visit.principal.sites).of(visit.names["id"])
        if facts is None:
            raise NotThere(_("There is no such gateway."))
        fragments = [self._summary(visit, facts), self._sources(visit, facts)]
        if facts.is_whole:
            fragments.append(await self._config(visit, facts))
        if facts.is_whole and visit.may(Role.TECHNICIAN):
            fragments.append(self._commands(visit, facts))
        return PageContent(fragments, still=self._still(visit, facts), title=facts.gateway.name)

    def _summary(self, visit: PageVisit, facts: GatewayFacts) -> Fragment:
        _, site = visit.words, self._platform.registry.site(facts.gateway.site)
        row = fleet_row(_, facts, wall_ms())
        zone = visit.zone if site is None or not site.zone else ZoneInfo(site.zone)
        notes = notes_of(_, facts.status, shares_id=facts.shares_id, zone=zone)
        pairs = tuple((_(label), getattr(row, name)) for name, label in PAIRS.items())
        shown = {"row": row, "pairs": pairs, "notes": notes}
        return Fragment(
            "summary", "fleet/summary.html", shown, version=(row.name, row.state, row.heard_ms, pairs, notes)
        )

    def _sources(self, visit: PageVisit, facts: GatewayFacts) -> Fragment:
        sources, more = source_views(visit.words, facts.status, wall_ms())
        told = tuple(msgspec.structs.replace(source, last="") for source in sources)
        shown = {"sources": sources, "more": more, "counts": COUNTS}
        return Fragment("sources", "fleet/sources.html", shown, version=(told, more))

    async def _config(self, visit: PageVisit, facts: GatewayFacts) -> Fragment:
        _, report = visit.words, facts.report
        wanted = await self._platform.care.configs.wanted(facts.gateway.id)
        settings, said = wanted_settings_of(_, wanted), reported_words(_, wanted, report)
        passed_over = () if report is None else report.passed_over
        figure: LevelWords = config_figure(_, report)
        shown = {
            "settings": settings, "said": said, "level": figure.level, "passed_over": passed_over,
            "may_set": visit.may(Role.ENGINEER),
        }  # fmt: skip
        return Fragment("config", "fleet/config.html", shown, version=(settings, said, figure.level, passed_over))

    def _commands(self, visit: PageVisit, facts: GatewayFacts) -> Fragment:
        asked = self._platform.care.commands.of_gateway(facts.gateway.id)[:MOST_COMMANDS]
        views = tuple(command_view(visit.words, one, visit.zone) for one in asked)
        return Fragment("asked", "fleet/asked.html", {"views": views}, version=views)

    def _still(self, visit: PageVisit, facts: GatewayFacts) -> dict[str, object]:
        _, status = visit.words, facts.status
        named = () if status is None else tuple(source.name for source in status.sources[:MOST_NAMED])
        return {
            "gateway": facts.gateway,
            "is_whole": facts.is_whole,
            "may_set": facts.is_whole and visit.may(Role.ENGINEER),
            "may_ask": facts.is_whole and visit.may(Role.TECHNICIAN),
            "may_enrol": facts.is_whole and visit.may(Role.ADMINISTRATOR),
            "keys": [(f"{part}.{key}", f"{part}.{key}: {_(does)}") for (part, key), does in DOES.items()],
            "commands": [(command, _(words)) for command, words in COMMANDS.items() if command != RESTART_SOURCE],
            "restart": RESTART_SOURCE,
            "restart_words": _(COMMANDS[RESTART_SOURCE]),
            "named": [(name, name) for name in named],
            "refusals": msgspec.json.encode(_enrolment_refusals(_)).decode(),
        }


def _enrolment_refusals(_: Catalog) -> dict[str, str]:
    """What to say to a refusal of the API, which the browser asks by itself: the password never comes to a page."""
    return {
        "enrolment-off": _("cloud.toml has no [enrol] with host and password_file."),
        "already-enrolled": _("The broker knows it already: tick the box above, or see gateway list at the server."),
        "not-enrolled": _("The broker does not know it yet: take the tick out of the box above."),
        "wrong-administrator": _("The broker does not let its administrator in: is the password right?"),
        "too-many-changes": _("Wait a moment before the next try."),
    }
