"""The platform: all that the API and the console may ask of the cloud's core.

broker ─► ingest ─► store ─► newest        platform.health(now_ms) asks each part how it is doing
             └────► dead letters, accounts
"""

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec
from prometheus_client.core import Metric

from cloud.access.authenticator import Authenticator
from cloud.access.principal import Principal
from cloud.alarms.alarm_service import AlarmService
from cloud.alarms.checklists import Checklists
from cloud.alarms.maintenance import MaintenanceCalendar
from cloud.alarms.open_alarms import OpenAlarms
from cloud.alarms.preview import Previewer
from cloud.backup.backups import Backups
from cloud.board.board import CityBoard
from cloud.care.gateway_care import GatewayCare
from cloud.core.health import Component, Condition, Health
from cloud.database.audit_log import Actor
from cloud.derived.gauges import gauges_of
from cloud.derived.indices import Indices
from cloud.exports.exports import Exports
from cloud.gateways.accounting import Accounts
from cloud.gateways.statuses import Statuses
from cloud.handover.notes import HandoverNotes
from cloud.incidents.file import IncidentFiles
from cloud.incidents.incident import Incidents
from cloud.ingest.dead_letter_records import DeadLetter, DeadLetterFilter
from cloud.ingest.dead_letters import DeadLetters
from cloud.ingest.fleet_clock import WrongClock
from cloud.ingest.heights import Heights
from cloud.ingest.historical.importer import Importer
from cloud.ingest.manual.manual_readings import ManualReadings
from cloud.ingest.replay import Replay, Replays
from cloud.metrics.exposition import Collected, Metrics
from cloud.notify.channel_registry.editing import ChannelEditing
from cloud.notify.notifier import Notifier
from cloud.readings.contract import ReadingsStore
from cloud.readings.newest import Newest
from cloud.registry.editing import RegistryEditing
from cloud.registry.fact_service import FactService
from cloud.registry.records import City
from cloud.registry.snapshot import Registry
from cloud.rulebook.limited_series import LimitedSeries
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.visibility import whole_gateways
from cloud.site_notes.notes import SiteNotes
from cloud.site_notes.photos import SitePhotos
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms
from runtime.secret_urls import scrubbed
from wire import printable

if TYPE_CHECKING:
    from cloud.updates.rollouts import Rollouts


class Platform:
    """The running parts; `components` are the checks of health, `replay` replays a dead letter."""

    def __init__(
        self,
        *,
        registry: Registry,
        store: ReadingsStore,
        newest: Newest,
        accounts: Accounts,
        statuses: Statuses,
        dead_letters: DeadLetters,
        metrics: Metrics,
        components: Mapping[str, Callable[[], Component]],
        replay: Callable[[int, Actor], Awaitable[Replay]],
        importer: Importer,
        manual_readings: ManualReadings,
        access: Authenticator,
        rule_store: RuleStore,
        alarm_service: AlarmService,
        previewer: Previewer,
        maintenance: MaintenanceCalendar,
        notifier: Notifier,
        care: GatewayCare,
        rollouts: "Rollouts | None" = None,
        backups: Backups | None = None,
        refused: Callable[[], frozenset[tuple[str, str]]] = frozenset,
        wrong_clocks: Callable[[], dict[str, WrongClock]] = dict,
        facts: FactService,
        editing: RegistryEditing,
        heights: Heights,
        collect: Callable[[], Awaitable[Iterable[Metric]]] | None = None,
    ) -> None:
        self.city: City = registry.city
        self.registry = registry
        self.store = store
        self.newest = newest
        self.accounts = accounts
        self.statuses = statuses
        self.dead_letters = dead_letters
        self.metrics = metrics
        self.access = access
        self.rule_store = rule_store
        self.alarm_service = alarm_service
        self.previewer = previewer
        self.maintenance = maintenance
        self.checklists = Checklists(alarm_service.database)
        self.site_notes = SiteNotes(alarm_service.database)
        self.site_photos = SitePhotos(alarm_service.database)
        self.incidents = Incidents(alarm_service, self.checklists, notifier)
        self.incident_files = IncidentFiles(self.incidents, registry, store)
        self.exports = Exports(store)
        self.handover = HandoverNotes(alarm_service.database)
        self.notifier = notifier
        self.channels = ChannelEditing(
            alarm_service.database, lambda: notifier.channels, changed=notifier.follow_channels
        )
        self.care = care
        self.rollouts = rollouts
        """None where cloud.toml has no [updates]."""
        self.backups = backups
        """None where cloud.toml names no folder of backups."""
        self.refused = refused
        """The series (sensor, quantity) whose readings are refused, so that nothing is known of them."""
        self.wrong_clocks = wrong_clocks
        """The gateways whose time was wrong or not known lately, by their id."""
        self.facts = facts
        self.editing = editing
        self.heights = heights
        self.limited = LimitedSeries(rule_store)
        """Of which series of the city's own quantities somebody has set a limit."""
        self.board = CityBoard(
            registry=registry,
            newest=newest,
            statuses=statuses,
            alarms=OpenAlarms(alarm_service.database),
            limited=self.limited,
            overrulings=manual_readings.overrulings,
            refused=lambda: self.refused(),
        )
        """How every place is doing."""
        self.indices = Indices(registry, newest, gauges=gauges_of(rule_store))
        self._components = components
        self._collect = collect
        self._replay = replay
        self.importer = importer
        self.manual_readings = manual_readings

    async def collected(self) -> Collected:
        """The metrics of now, where what is counted is: here, or in the processes that ingest."""
        return Collected(self.metrics.registry.collect() if self._collect is None else await self._collect())

    async def replay(self, dead_letter_id: int, *, actor: Actor) -> Replay:
        """Run a dead letter through the checks again, and record who did; LookupError if there is none of that id."""
        return await self._replay(dead_letter_id, actor)

    async def replay_many(
        self, wanted: DeadLetterFilter, *, after_id: int, limit: int, actor: Actor, reason: str
    ) -> Replays:
        """Replay the oldest `limit` open letters after `after_id`, one after the other, and record why."""
        found = await self.dead_letters.open_ids(wanted, after_id=after_id, limit=limit + 1)
        ids, stored, refused = found[:limit], 0, 0
        for letter_id in ids:
            with contextlib.suppress(LookupError):  # somebody else has cleared it
                replay = await self._replay(letter_id, actor)
                stored, refused = stored + replay.stored, refused + replay.refused
        now_ms = wall_ms()
        await self.dead_letters.record_replays(wanted, letters=len(ids), actor=actor, reason=reason, now_ms=now_ms)
        return Replays(len(ids), stored, refused, ids[-1] if len(found) > limit else None)

    def dead_letter_gateways(self, principal: Principal) -> frozenset[str] | None:
        """Return the gateways whose dead letters are for `principal`; None for all, strangers' messages too."""
        registry = self.registry
        return (
            None
            if principal.sites is None
            else whole_gateways(principal.sites, registry.gateways(), registry.sensors())
        )

    async def dead_letter_for(self, principal: Principal, letter_id: int) -> DeadLetter:
        """Return one dead letter, if it is for `principal`; LookupError where there is none of that id for them."""
        letter = await self.dead_letters.get(letter_id)
        gateways = self.dead_letter_gateways(principal)
        if gateways is not None and letter.gateway not in gateways:
            raise LookupError(f"there is no dead letter {letter_id}")
        return letter

    def health(self, now_ms: int) -> Health:
        """Return how the cloud is doing at `now_ms` (UTC)."""
        components = {name: _sanitized(check()) for name, check in self._components.items()}
        worst = max((component.status for component in components.values()), key=list(Condition).index)
        ages = self.newest.age_s(now_ms)
        watched = {domain: ages[domain] for domain in self.registry.quantities.watched}
        return Health(worst, watched, components)


def _sanitized(component: Component) -> Component:
    """Strip secrets and unprintable characters from a sentence: some quote what other servers answered."""
    said = scrubbed(component.detail)
    shown = said.with_texts(printable) if isinstance(said, LocalizedMessage) else printable(said)
    return msgspec.structs.replace(component, detail=shown)
