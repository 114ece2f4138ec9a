"""The pages that are made on the server, put on the API's application.

mount_pages(app, platform, settings)        /console/static/{stamp}/{name}    /console/{language}/duty  …
"""

from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from fastapi import FastAPI
from starlette.routing import Route

from cloud.console.components.coast import read_coast
from cloud.console.components.earlier_values import EarlierValues
from cloud.console.components.recent_manual_readings import RecentManualReadings
from cloud.console.frame.console_pages import ConsolePages
from cloud.console.frame.headline import above
from cloud.console.frame.live import LiveChannels
from cloud.console.frame.page import ConsolePage
from cloud.console.frame.page_routes import PageRoutes
from cloud.console.frame.static import WORKER, answer_static, answer_worker
from cloud.console.frame.visit import ROOT
from cloud.console.headlines import Headlines
from cloud.console.pages.alarms.lists import AlarmLists
from cloud.console.pages.alarms.one import one_alarm_page
from cloud.console.pages.alarms.page import alarms_page
from cloud.console.pages.backups.page import backups_page
from cloud.console.pages.channels.page import channel_pages
from cloud.console.pages.duty.page import duty_page
from cloud.console.pages.facts.page import facts_page
from cloud.console.pages.fleet.facts import FleetFactsByScope
from cloud.console.pages.fleet.gateway_page import gateway_page
from cloud.console.pages.fleet.page import fleet_page
from cloud.console.pages.health.page import health_page
from cloud.console.pages.journal.page import journal_page
from cloud.console.pages.maintenance.page import maintenance_page
from cloud.console.pages.manual_reading.page import manual_reading_page
from cloud.console.pages.people.page import people_page
from cloud.console.pages.refused.page import letter_page, refused_page
from cloud.console.pages.registry.pages import registry_pages
from cloud.console.pages.rollouts.page import rollouts_page
from cloud.console.pages.site.page import site_page
from cloud.console.pages.situation.page import situation_page
from cloud.console.pages.thresholds.new_rule import new_rule_page
from cloud.console.pages.thresholds.page import thresholds_page
from cloud.console.pages.thresholds.rule_files import rule_files_page
from cloud.console.pages.thresholds.rule_page import rule_page
from cloud.console.pages.wall.page import wall_page
from cloud.console.settings import ConsoleSettings
from cloud.console.stories.exchange import StoryExchange
from cloud.console.view_models.places import PlaceIndex
from cloud.console.view_models.threshold_places import ThresholdPlaces
from cloud.platform import Platform
from i18n.catalog import LANGUAGES


def pages_of(platform: Platform, settings: ConsoleSettings) -> list[ConsolePage]:
    """Every page, each in a room of its own."""
    coast, tiles = read_coast(settings.coastline), settings.tiles
    stories = StoryExchange(Path(settings.stories)) if settings.stories else None
    places, gateways = PlaceIndex(platform.registry), FleetFactsByScope(platform)
    lists = AlarmLists(platform.alarm_service, platform.maintenance, platform.checklists)
    recent = RecentManualReadings(platform.manual_readings, platform.store)
    threshold_places, earlier = ThresholdPlaces(platform.rule_store), EarlierValues(platform.store)
    return [
        situation_page(platform, earlier, coast=coast, tiles=tiles, stories=stories),
        wall_page(platform, earlier, coast=coast, tiles=tiles),
        site_page(platform, recent, earlier),
        manual_reading_page(platform, recent),
        alarms_page(platform, lists),
        one_alarm_page(platform, lists),
        maintenance_page(platform.maintenance, platform.registry, places),
        duty_page(platform),
        *channel_pages(platform),
        facts_page(platform.facts, platform.registry, places, heights=platform.heights),
        fleet_page(gateways),
        gateway_page(platform, gateways),
        rollouts_page(platform),
        refused_page(platform),
        letter_page(platform),
        thresholds_page(platform.rule_store, threshold_places),
        new_rule_page(platform.rule_store, threshold_places),
        rule_files_page(platform.rule_store),
        rule_page(platform.rule_store, threshold_places, platform.previewer, platform.notifier),
        *registry_pages(platform),
        people_page(platform),
        backups_page(platform.backups),
        journal_page(platform.alarm_service),
        health_page(platform),
    ]


def mount_pages(app: FastAPI, platform: Platform, settings: ConsoleSettings) -> None:
    """Put them on `app`, before what is mounted at the console's path."""
    headlines = Headlines(platform)
    pages = ConsolePages(
        city=platform.city.name,
        zone=ZoneInfo(platform.city.zone),
        channels=LiveChannels(platform.access.is_still_valid),
        changed=headlines.refresh,
        tiles=settings.tiles,
    )
    app.router.routes.append(Route(f"{ROOT}/static/{{stamp}}/{{name}}", answer_static, methods=["GET"]))
    app.router.routes.append(Route(f"{ROOT}/{WORKER}", answer_worker, methods=["GET"]))
    for page in pages_of(platform, settings):
        shown = msgspec.structs.replace(page, show=above(page.show, headlines.of))
        for code in LANGUAGES:
            app.router.routes += PageRoutes(pages, shown, code).routes()
