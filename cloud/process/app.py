"""The cloud's process: one event loop with ingest, the API and the console.

settings ─► city file ─► registry database ─► Parts ─┬─ session: broker ─► reception ─► pipeline
                                                     └─ uvicorn: API, console
SIGTERM and SIGINT end it: what is under way becomes safe if it can within `DRAIN_S`, the rest comes again.
"""

import asyncio
import contextlib
import gc
import logging
import os
import secrets
import signal
import socket
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from cloud.access.authenticator import Authenticator
from cloud.alarms.alarm_service import AlarmService
from cloud.alarms.evaluator import RuleEvaluator
from cloud.alarms.hearing import Hearing
from cloud.alarms.maintenance import MaintenanceCalendar
from cloud.alarms.preview import Previewer
from cloud.core.health import Component, Condition
from cloud.database.engine import Database, DatabaseOfNewerVersion, DatabaseUnavailable
from cloud.database.lease import Lease
from cloud.derived.gauges import gauges_of
from cloud.derived.service import Derivations
from cloud.gateways.accounting import Accounts
from cloud.gateways.statuses import Statuses
from cloud.http.server import CLOSE_CONNECTIONS_S, Server, server_of
from cloud.ingest.batch_decoder import BatchDecoder
from cloud.ingest.batch_writer import BatchWriter
from cloud.ingest.dead_letters import DeadLetters
from cloud.ingest.fleet_clock import FleetClock
from cloud.ingest.message_router import MessageRouter, topics
from cloud.ingest.offsets import Offsets
from cloud.ingest.pipeline import Pipeline
from cloud.ingest.recent_rejections import RecentRejections
from cloud.ingest.replay import Replayer
from cloud.ingest.review import Review
from cloud.ingest.settings import DeadLetterSettings
from cloud.metrics.exposition import Metrics
from cloud.metrics.platform_gauges import PlatformGauges
from cloud.monitoring.service import Monitoring
from cloud.notify.answers import reply_topics
from cloud.notify.notifier import Notifier
from cloud.notify.settings import sites_must_exist
from cloud.platform import Platform
from cloud.process.reload import Reload, papers_of
from cloud.process.settings import CloudSettings, load_cloud_settings
from cloud.process.starting import Start, Stopped
from cloud.process.watched_paths import grown_in, named_in
from cloud.readings.blocks import Block
from cloud.readings.contract import Verdict
from cloud.readings.engines import store_of
from cloud.readings.influx import InfluxStore
from cloud.readings.newest import Newest
from cloud.registry.city_file import read_city_file
from cloud.registry.dated import DatedFacts
from cloud.registry.rows import keep_registry, read_registry
from cloud.registry.snapshot import Registry
from cloud.reports.service import Reports
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.seed_rules import seeds
from runtime.clock import boot_ms
from runtime.mqtt import MqttSession
from runtime.settings import FileAway, SettingsError
from runtime.systemd import show_status
from wire import Channel, shard_of, subscription

DRAIN_S = 1.5
QUEUES_EMPTY_S = 10.0
"""How long after a connection the broker may still deliver what waited for it."""
REFRESH_S = 5.0
"""How often a process that takes nothing in looks at what others took in."""

_log = logging.getLogger(__name__)


class CannotStart(Exception):
    """The cloud cannot start as it is set up; the text is one sentence."""


async def serve(config: Path) -> None:
    """Run the cloud that `config` sets up until SIGTERM or SIGINT; what passes by itself is waited out.

    SettingsError (mistakes in the files of the cloud, the city and its rules), CannotStart (a registry of a newer
    version) and LeaseHeld (another process takes in these shards) come before anything has started.
    """
    start = Start(_stop_signal())
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, start.reload.set)
    with contextlib.suppress(Stopped):
        settings = await _settings(start, config)
        with await start.step(lambda: _listener(settings), passing=(PortHeld,)) as listener:
            cloud = await _put_together(start, config, settings, listener)
            try:
                await cloud.run(start, listener)
            finally:
                await cloud.close()


async def _settings(start: Start, config: Path) -> CloudSettings:
    async def read() -> CloudSettings:
        return load_cloud_settings(config)

    if not config.exists():
        return await read()  # a slip on the command line: who made it waits for an answer
    return await start.step(read, passing=(FileAway,))


async def _put_together(
    start: Start, config: Path, settings: CloudSettings, listener: socket.socket | None
) -> "_Cloud":
    database = Database(settings.registry.url)
    start.listener = listener
    async with contextlib.AsyncExitStack() as undone:
        undone.push_async_callback(database.close)
        registry = await start.step(lambda: _registry(settings, database), passing=(FileAway, DatabaseUnavailable))
        undone.pop_all()
        cloud = _Cloud(config, settings, database, registry)
        undone.push_async_callback(cloud.close)
        await cloud.prepare(start)
        undone.pop_all()
    return cloud


class _Cloud:
    """The parts, put together."""

    def __init__(self, config: Path, settings: CloudSettings, database: Database, registry: Registry) -> None:
        self._reload = Reload(config, settings, self._take_over)
        self._papers = papers_of(settings.broker)
        self._settings = settings
        self._reply_topics = reply_topics(settings.notify)
        self._database = database
        self._registry = registry
        self._facts = DatedFacts(database, registry)
        self._store = store_of(settings.store)
        self._accounts, self._newest = Accounts(), Newest()
        self._statuses = Statuses(lambda: self._session.connected_since_s)
        self._metrics = Metrics(self._accounts)
        self._lately = RecentRejections(interval_s=self._interval_s)
        self._dead_letters = self._dead_letters_of(settings.dead_letters)
        self._session = self._broker_session()
        self._lease = Lease(database, settings.ingest.shard_range) if settings.ingest.enabled else None
        self._book = RuleStore(database, registry)
        self._notifier = Notifier(
            database, registry, settings.notify, lambda topic, payload: self._session.publish(topic, payload)
        )
        self._reports = self._reports_for_dashboards()
        self._watch = self._rules_watch()
        self._derivations = Derivations(
            registry,
            self._store,
            self._newest,
            gauges=gauges_of(self._book),
            tell=self._watch.see,
            facts=self._facts,
            is_own=lambda gateway: shard_of(gateway) in settings.ingest.shard_range,
            judge_anew=self._watch.judge_anew,
        )
        self._fleet = FleetClock()
        self._review = Review(
            registry,
            self._store,
            tell=self._tell_verdicts,
            database=database,
            is_own=lambda gateway: shard_of(gateway) in settings.ingest.shard_range,
        )
        self._opener = BatchDecoder(
            registry=registry,
            store=self._store,
            ahead_s=settings.ingest.ahead_s,
            newest=self._newest,
            cargo=self._watch.cargo,
            fleet=self._fleet,
            prompt=self._is_prompt,
            offsets=Offsets(database),
            saw=self._saw,
            lately=self._lately,
        )
        self._keeper = self._safe_keeper()
        self._pipeline = Pipeline(
            opener=self._opener,
            keeper=self._keeper,
            metrics=self._metrics,
            publish=self._session.publish,
            acknowledge=self._session.acknowledge,
            queue_bytes=settings.ingest.queue_mb * 2**20,
        )
        self._reception = MessageRouter(
            statuses=self._statuses,
            metrics=self._metrics,
            offer=self._pipeline.offer,
            acknowledge=self._session.acknowledge,
            replied=self._notifier.hear,
            replies=reply_topics(settings.notify),
        )
        self._monitoring = self._own_monitoring()
        self._looks = self._components()
        self._metrics.watch(self._gauges())
        self._platform = self._whole()

    def _dead_letters_of(self, settings: DeadLetterSettings) -> DeadLetters:
        return DeadLetters(
            self._database,
            max_bytes=settings.max_mb * 2**20,
            gateway_bytes=min(settings.gateway_mb, settings.max_mb) * 2**20,
            known=self._registry.gateway_ids,
        )

    def _broker_session(self) -> MqttSession:
        ingest = self._settings.ingest
        # a broker knows one client of a name: of those that take nothing in there may be several
        of_screens = f"siaga-cloud-api-{secrets.token_hex(4)}"
        return MqttSession(
            self._settings.broker,
            identifier=f"siaga-cloud-{ingest.shards}" if ingest.enabled else of_screens,
            on_message=lambda message: self._reception.hear(message),
            on_connect=lambda: self._pipeline.say_unsaid(),
            subscriptions=topics(ingest.shard_range, ingest=ingest.enabled),
            wishes=[*subscription(Channel.CMD_REPLY, ingest.shard_range), *reply_topics(self._settings.notify)]
            if ingest.enabled
            else (),
            keep_session=ingest.keep_session and ingest.enabled,
        )

    def _rules_watch(self) -> RuleEvaluator:
        return RuleEvaluator(
            database=self._database,
            book=self._book,
            newest=self._newest,
            store=self._store,
            shards=self._settings.ingest.shard_range,
            listening=self._is_listening,
            word=lambda: self._session.last_packet_s,
            refused=self._lately.series,
            hearing=Hearing(grace_ms=int(self._settings.rules.silence_grace_s * 1_000)),
            nudge=self._nudge,
            confirm=self._confirm,
        )

    def _interval_s(self, sensor: str) -> float | None:
        known = self._registry.sensor(sensor)
        return None if known is None else known.interval_s

    def _saw(self, blocks: Iterable[Block]) -> None:
        if self._derivations.corrections is not None:
            self._derivations.corrections.saw(blocks)

    def _nudge(self) -> None:
        """Something has happened to an alarm: whoever tells of it is not to wait."""
        self._notifier.nudge()
        if self._reports is not None:
            self._reports.nudge()

    def _reports_for_dashboards(self) -> Reports | None:
        """What writes for dashboards: they read InfluxDB, and each ingester tells of its own gateways."""
        if not isinstance(self._store, InfluxStore) or not self._settings.ingest.enabled:
            return None
        return Reports(
            store=self._store,
            registry=self._registry,
            newest=self._newest,
            accounts=self._accounts,
            statuses=self._statuses,
            database=self._database,
            book=self._book,
            dead_letters=self._dead_letters,
            metrics=self._metrics,
            refused=self._lately.series,
            shards=self._settings.ingest.shard_range,
        )

    async def _tell_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Whoever has judged by readings judges anew by what later ones have shown of them."""
        self._newest.judge_anew(verdicts)
        for verdict in verdicts:
            self._derivations.note(verdict.sensor, verdict.quantity, verdict.time_ms, verdict.time_ms)
        await self._watch.judge_anew(verdicts)

    def _safe_keeper(self) -> BatchWriter:
        return BatchWriter(
            opener=self._opener,
            store=self._store,
            database=self._database,
            dead_letters=self._dead_letters,
            accounts=self._accounts,
            newest=self._newest,
            metrics=self._metrics,
            watch=self._watch,
            note=self._derivations.hear,
            review=self._review,
            lately=self._lately,
            confirm=self._confirm,
        )

    def _replayer(self) -> Replayer:
        return Replayer(
            opener=self._opener,
            store=self._store,
            dead_letters=self._dead_letters,
            newest=self._newest,
            metrics=self._metrics,
            watch=self._watch if self._settings.ingest.enabled else None,
            note=self._derivations.hear,
            review=self._review,
        )

    def _whole(self) -> Platform:
        return Platform(
            registry=self._registry,
            store=self._store,
            newest=self._newest,
            accounts=self._accounts,
            statuses=self._statuses,
            dead_letters=self._dead_letters,
            metrics=self._metrics,
            components=self._looks,
            replay=self._replayer().replay,
            access=Authenticator(self._database, self._settings.access),
            book=self._book,
            desk=AlarmService(self._database),
            previewer=Previewer(self._book, self._store),
            maintenance=MaintenanceCalendar(self._database, self._registry),
            notifier=self._notifier,
            wrong_clocks=self._fleet.wrong,
            facts=self._facts,
            heights=self._opener.heights,
            refused=self._lately.series,
        )

    def _components(self) -> dict[str, Callable[[], Component]]:
        takes_in = self._settings.ingest.enabled
        return {
            "settings": self._reload.component,
            "broker": self._broker_component,
            "store": self._keeper.store_component,
            "registry": lambda: _registry_component(self._database, self._registry),
            "alarms": self._watch.component if takes_in else _no_ingest,
            "ingest": self._pipeline.component if takes_in else _no_ingest,
            "refused": self._lately.component if takes_in else _no_ingest,
            "clocks": self._fleet.component if takes_in else _no_ingest,
            "geometry": self._opener.heights.component if takes_in else _no_ingest,
            "derived": self._derivations.component if takes_in else _no_ingest,
            "review": self._review.component if takes_in else _no_ingest,
            "dead_letters": self._dead_letters.component,
            **({} if self._reports is None else {"dashboards": self._reports.component}),
            **self._monitoring.looks(),
            **self._notifier.looks(),
        }

    def _own_monitoring(self) -> Monitoring:
        settings = self._settings
        return Monitoring(
            settings.monitoring,
            database=self._database,
            registry=lambda: self._registry,
            statuses=self._statuses,
            shards=settings.ingest.shard_range,
            looks=lambda: self._looks,
            folders=grown_in(settings),
            certificates=named_in(settings),
            nudge=self._nudge,
            confirm=self._confirm,
        )

    def _gauges(self) -> PlatformGauges:
        statuses = self._statuses
        return PlatformGauges(
            components=lambda: {name: look() for name, look in self._looks.items()},
            online=lambda: {
                gateway.id: (status := statuses.status(gateway.id)) is not None and status.online
                for gateway in self._registry.gateways()
            },
            figure=self._monitoring.figure,
        )

    async def prepare(self, start: Start) -> None:
        """Have the shards before anything is read that another process may still change, and what was known before."""
        if self._lease is not None:
            await start.step(self._lease.take, passing=(DatabaseUnavailable,))
        for load in (self._accounts.load, self._opener.offsets.load, self._dead_letters.load):
            await start.step(partial(self._database.run, load), passing=(DatabaseUnavailable,))
        await start.step(self._sow, passing=(DatabaseUnavailable, FileAway))

    async def run(self, start: Start, listener: socket.socket | None) -> None:
        """Work until the process is to stop; whatever part ends by itself ends all, with its error."""
        web = self._web() if listener is not None else None
        works = [self._session.run(), self._work(), self._notifier.run(), self._monitoring.look_at_files_for_ever()]
        if self._settings.monitoring.enabled and self._settings.ingest.enabled:
            works.append(self._monitoring.run())
        works += [self._facts.run(), self._reload_for_ever(start)]
        if self._lease is not None:
            works.append(self._lease.keep())
        parts = set(map(asyncio.create_task, works))
        pages = (
            {asyncio.create_task(web.serve(sockets=[listener]))} if web is not None and listener is not None else set()
        )
        stopped = asyncio.create_task(start.stop.wait())
        _spare_the_collector()
        _log.info("the cloud of %s is up", self._platform.city.name)
        show_status("up")
        done, _ = await asyncio.wait({*parts, *pages, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if web is not None:
            web.should_exit = True
        await self._pipeline.drain(patience_s=DRAIN_S)
        if self._reports is not None:
            await self._reports.finish()
        await _end(pages, patience_s=CLOSE_CONNECTIONS_S + 0.5)
        await _end(parts, patience_s=0)
        for part in done - {stopped}:
            part.result()

    async def close(self) -> None:
        """Let go of the shards, the store and the database."""
        if self._lease is not None:
            await self._lease.give_back()
        await self._store.close()
        await self._database.close()

    async def _reload_for_ever(self, start: Start) -> None:
        while True:
            await start.reload.wait()
            start.reload.clear()
            await self._reload.reload()

    async def _take_over(self, settings: CloudSettings, city: Registry | None) -> None:
        """Work by what the files say now, as far as it can change."""
        self._settings = settings
        self._watch.hearing.grace_ms = int(settings.rules.silence_grace_s * 1_000)
        self._opener.ahead_ms = int(settings.ingest.ahead_s * 1_000)
        self._notifier.take(settings.notify)
        for name in [name for name in self._looks if name.startswith("channel_")]:
            del self._looks[name]
        self._looks.update(self._notifier.looks_by(settings.notify))
        if (papers := papers_of(settings.broker)) != self._papers:
            self._papers = papers
            self._session.renew()
        if city is not None:
            await self._database.run(lambda connection: keep_registry(connection, city))
            await self._facts.load()
            self._platform.city = self._registry.city
        await self._sow()
        if reply_topics(settings.notify) != self._reply_topics:
            raise SettingsError(["notify: where devices answer has changed; hearing them takes a restart"])

    async def _sow(self) -> None:
        """Take over the rules that the city begins with; SettingsError where it is new and they are wrong."""
        given = seeds(self._settings.rules.initial, self._registry, await self._book.held())
        for note in given.notes:
            _log.warning("%s", note)
        await self._book.provide(given.versions)

    def _confirm(self, connection: Connection) -> None:
        if self._lease is not None:
            self._lease.confirm(connection)

    async def _work(self) -> None:
        await self._keeper.open_store()
        if self._settings.ingest.enabled:
            await self._keeper.learn_newest()
            await self._watch.start()
            works = [self._pipeline.run(), self._watch.run(), self._derivations.run(), self._review.run()]
            await asyncio.gather(*works, *([] if self._reports is None else [self._reports.run()]))
        while True:
            await self._keeper.learn_newest()
            with contextlib.suppress(DatabaseUnavailable):  # health tells of it
                await self._database.run(self._accounts.load)
                await self._database.run(self._opener.offsets.load)
                await self._database.run(self._dead_letters.load)
                await self._book.refresh()
            await asyncio.sleep(REFRESH_S)

    def _web(self) -> Server:
        from cloud.api.app import make_api
        from cloud.console.page import mount_console

        app = make_api(self._platform, tiles=self._settings.console.tiles)
        try:
            mount_console(app, self._platform, self._settings.console)
        except ValueError as error:
            raise CannotStart(f"[console]: {error}") from None
        logging.getLogger("uvicorn").setLevel(logging.WARNING)
        return server_of(app, proxies=self._settings.api.proxies)

    def _is_prompt(self) -> bool:
        """Whether what arrives now was held up nowhere."""
        since_s = self._session.connected_since_s
        is_connected = since_s is not None and boot_ms() / 1_000 - since_s >= QUEUES_EMPTY_S
        return is_connected and self._watch.hearing.was_awake(within_ms=int(QUEUES_EMPTY_S * 1_000))

    def _is_listening(self) -> bool:
        """Whether a reading that is sent now would be heard, stored and judged."""
        takes = not (self._keeper.store_problem or self._database.problem or self._pipeline.is_held_up)
        return takes and self._session.connected

    def _broker_component(self) -> Component:
        if self._session.connected:
            return Component(Condition.OK, f"connected to {self._session.node}")
        return Component(Condition.DOWN, self._session.problem)


def _spare_the_collector() -> None:
    """Look for garbage in cycles a hundredth as often, and never among what was there at the start.

    Batches are thousands of lists and no cycles: left as it is, Python's collector doubles the cost of a reading.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(70_000, 10, 10)


async def _end(parts: set[asyncio.Task[None]], *, patience_s: float) -> None:
    """Give tasks `patience_s` to end by themselves, then cancel them."""
    if parts and patience_s:
        await asyncio.wait(parts, timeout=patience_s)
    for part in parts:
        part.cancel()
    await asyncio.gather(*parts, return_exceptions=True)


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


class PortHeld(Exception):
    """Something else has the port; the text is one sentence."""


async def _listener(settings: CloudSettings) -> contextlib.AbstractContextManager[socket.socket | None]:
    if not settings.api.enabled:
        return contextlib.nullcontext()
    host, port = settings.api.host, settings.api.port
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise PortHeld(
            f"api.port {port} on {host} cannot be used: {reason}; stop what uses it or set another"
        ) from None


async def _registry(settings: CloudSettings, database: Database) -> Registry:
    """Bring the database to what the city file says, and read it back with all that is retired."""
    city = read_city_file(settings.registry.city)
    sites_must_exist(settings.notify, {site.id for site in city.sites()})
    try:
        await database.open()
        await database.run(lambda connection: keep_registry(connection, city))
        return await database.run(read_registry)
    except DatabaseOfNewerVersion as error:
        raise CannotStart(str(error)) from None
    except DatabaseUnavailable as error:
        raise DatabaseUnavailable(f"{error}; look at registry.url and the folder's permissions") from None


def _registry_component(database: Database, registry: Registry) -> Component:
    if database.problem:
        return Component(Condition.DOWN, database.problem)
    sites, gateways = registry.sites(), registry.gateways()
    sensors = len(registry.sensors()) - len(gateways)  # each gateway is a sensor too
    older = (
        f"; the city file is older than what holds: {'; '.join(registry.older_words[:3])}"
        if registry.older_words
        else ""
    )
    return Component(Condition.OK, f"sites: {len(sites)}, gateways: {len(gateways)}, sensors: {sensors}{older}")


def _no_ingest() -> Component:
    return Component(Condition.OK, "off in this process, by ingest.enabled = false")
