"""The cloud's process: one event loop with ingest, the API and the console.

settings ─► port ─► city file ─► registry database ─► services ─┬─ session: broker ─► router ─► pipeline
                                                                └─ uvicorn: API, console
SIGTERM and SIGINT end it: what is under way becomes safe if it can within `DRAIN_S`, the rest comes again.
"""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from cloud.access.oidc_settings import sites_of_groups_must_exist
from cloud.access.permissions import PERMISSIONS
from cloud.database.engine import Database, DatabaseOfNewerVersion, DatabaseUnavailable
from cloud.http.server import CLOSE_CONNECTIONS_S, Server, server_of
from cloud.notify.channel_registry.in_force import channels_must_exist
from cloud.notify.channel_registry.rows import read_channels
from cloud.notify.settings import sites_must_exist
from cloud.process.changes import Changes
from cloud.process.feed import follow, teller_of
from cloud.process.foundation import rolls
from cloud.process.listener import PortHeld, open_listener
from cloud.process.parts import Foundation, Ingest, Services
from cloud.process.reload import Reload
from cloud.process.roles import ProcessRole, load_settings_for
from cloud.process.services import build_services
from cloud.process.settings import CloudSettings
from cloud.process.starting import Start, Stopped
from cloud.process.takeover import Takeover, provide_seed_rules
from cloud.registry.city_file import read_city_file
from cloud.registry.rows import read_registry, save_registry
from cloud.registry.snapshot import Registry
from runtime.settings import FileAway
from runtime.tasks import Part, run_together, run_until

if TYPE_CHECKING:
    from fastapi import FastAPI

DRAIN_S = 1.5
REFRESH_S = 5.0
"""How often a process that does not ingest reads what others have stored."""

_log = logging.getLogger(__name__)


class CannotStart(Exception):
    """The cloud cannot start as it is set up; the text is one sentence."""


async def serve(config: Path, role: ProcessRole = ProcessRole.ALL) -> None:
    """Run a process of the cloud that `config` sets up until SIGTERM or SIGINT; what passes by itself is waited out.

    SettingsError (mistakes in the files of the cloud, the city and its rules), CannotStart (a registry of a newer
    version) and LeaseHeld (another process takes in these shards) come before anything has started.
    """
    _collect_garbage_seldom()
    start = Start(_stop_signal())
    report = asyncio.create_task(start.systemd.run(start.stop))
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, start.reload.set)
    with contextlib.suppress(Stopped):
        settings = await _settings(start, config, role)
        port = "feed.port" if role is ProcessRole.INGEST else "api.port"
        with await start.step(partial(open_listener, settings.api, name=port), passing=(PortHeld,)) as listener:
            start.listener = listener
            start.systemd.listener = listener
            async with contextlib.AsyncExitStack() as closing:
                await _run(start, config, role, settings, closing)
    report.cancel()


async def _run(
    start: Start, config: Path, role: ProcessRole, settings: CloudSettings, closing: contextlib.AsyncExitStack
) -> None:
    database = Database(settings.registry.url)
    closing.push_async_callback(database.close)
    registry = await start.step(partial(_registry, settings, database), passing=(FileAway, DatabaseUnavailable))
    reload = Reload(config, settings, registry, role=role)
    follows = role is ProcessRole.SCREENS
    services = build_services(settings, database, registry, files=reload.component, follows=follows, config=config)
    closing.push_async_callback(services.foundation.store.close)
    await _prepare(start, settings, services, closing)
    await _work(start, role, settings, services, reload)


async def _settings(start: Start, config: Path, role: ProcessRole) -> CloudSettings:
    async def read() -> CloudSettings:
        return load_settings_for(role, config)

    if not config.exists():
        return await read()  # a slip on the command line: who made it waits for an answer
    return await start.step(read, passing=(FileAway,))


async def _registry(settings: CloudSettings, database: Database) -> Registry:
    """Write the city file into the database, and read the registry back with all that is retired."""
    city = read_city_file(settings.registry.city)

    def take_over(connection: Connection) -> Registry:
        save_registry(connection, city)
        registry = read_registry(connection)
        sites = registry.nameable_sites()
        sites_must_exist(settings.notify, sites)
        channels_must_exist(settings.notify, read_channels(connection))
        sites_of_groups_must_exist(settings.access.oidc, sites)
        return registry

    try:
        await database.open()
        return await database.run(take_over)
    except DatabaseOfNewerVersion as error:
        raise CannotStart(str(error)) from None
    except DatabaseUnavailable as error:
        raise DatabaseUnavailable(f"{error}; look at registry.url and the folder's permissions") from None


async def _prepare(
    start: Start, settings: CloudSettings, services: Services, closing: contextlib.AsyncExitStack
) -> None:
    """Acquire the shards before anything is read that another process may change; then load what is stored."""
    base = services.foundation
    if base.lease is not None:
        closing.push_async_callback(base.lease.release)
        await start.step(base.lease.acquire, passing=(DatabaseUnavailable,))
    stored = (
        base.accounts.load, services.ingest.decoder.offsets.load, base.dead_letters.load, base.config_reports.load,
    )  # fmt: skip
    for load in stored:
        await start.step(partial(base.database.run, load), passing=(DatabaseUnavailable,))
    await start.step(services.alarms.notifier.follow_channels, passing=(DatabaseUnavailable,))
    await start.step(partial(provide_seed_rules, services, settings.rules), passing=(DatabaseUnavailable, FileAway))


async def _work(start: Start, role: ProcessRole, settings: CloudSettings, services: Services, reload: Reload) -> None:
    """Run the parts until the process is to stop; a part that ends by itself ends all, with its error."""
    web = _web(role, settings, services) if start.listener is not None else None
    begun = asyncio.Event()
    parts = [*_parts(settings, services, begun), _reload_for_ever(start, reload, Takeover(services, settings))]
    web_is_closed = asyncio.Event()
    if web is not None and start.listener is not None:
        parts.append(_serve_pages(web, start.listener, web_is_closed))
        if role is not ProcessRole.INGEST:  # nobody looks at the board there
            parts.append(services.platform.board.run())
    _keep_what_the_start_made()
    _log.info("the cloud of %s is up", services.platform.city.name)
    start.systemd.hanging = lambda: services.ingest.runner.hanging
    start.systemd.is_up = begun.is_set

    async def wind_down() -> None:
        if web is not None:
            web.should_exit = True
        await services.ingest.runner.drain(timeout_s=DRAIN_S)
        if services.alarms.reports is not None:
            await services.alarms.reports.finish()
        if web is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_CONNECTIONS_S + 0.5):
                    await web_is_closed.wait()

    await run_until(start.stop, parts, wind_down)


def _parts(settings: CloudSettings, services: Services, begun: asyncio.Event) -> list[Part]:
    """List the parts that run as long as the process does; `begun` is set once what is stored is known."""
    base, alarms, ingest = services.foundation, services.alarms, services.ingest
    for_screens: list[Part] = []
    if services.updates is not None:
        for_screens.append(services.updates.refreshing.run())
    if settings.api.enabled and services.platform.access.sign_on is not None:
        for_screens.append(services.platform.access.sign_on.run())
    if base.followed is not None:
        return [follow(settings, services, begun), base.facts.run(), *for_screens]
    changes = Changes(services)
    parts: list[Part] = [
        base.session.run(on_message=ingest.router.on_message, on_connect=ingest.runner.on_connect),
        _ingest_readings(services, begun) if settings.ingest.enabled else _follow_other_processes(services, begun),
        alarms.notifier.run(),
        services.monitoring.run_server_checks(),
        base.facts.run(),
        changes.run(),
        *for_screens,
    ]
    teller = teller_of(settings, services, changes)
    if teller is not None:
        parts.append(teller.run())
    if settings.monitoring.enabled and settings.ingest.enabled:
        parts.append(services.monitoring.run())
    if base.lease is not None:
        parts.append(base.lease.keep_alive())
    backups = services.platform.backups
    if backups is not None and settings.backup.every_h is not None and rolls(settings):
        parts.append(backups.run())
    return parts


async def _ingest_readings(services: Services, begun: asyncio.Event) -> None:
    """Ingest readings, once newest values and alarms are recovered."""
    alarms, ingest = services.alarms, services.ingest
    await ingest.writer.store.open()
    await ingest.writer.load_newest()
    await alarms.evaluator.start()
    begun.set()
    parts: list[Part] = [
        ingest.runner.run(),
        alarms.evaluator.run(),
        alarms.local_reports.run(),
        alarms.config_publisher.run(),
        services.foundation.config_reports.run(services.foundation.database, confirm=services.foundation.confirm),
        alarms.derivations.run(),
        ingest.review.run(),
        ingest.follow_up.run(),
        services.foundation.roller.run(),
        services.foundation.removal.run(),
    ]
    if services.updates is not None:
        parts.append(services.updates.runner.run())
    if alarms.reports is not None:
        parts.append(alarms.reports.run())
    await run_together(*parts)


async def _follow_other_processes(services: Services, begun: asyncio.Event) -> None:
    """Read now and then what other processes have stored."""
    base, ingest = services.foundation, services.ingest
    await ingest.writer.store.open()
    await run_together(base.roller.run(), base.removal.run(), _follow(base, ingest, begun))


async def _follow(base: Foundation, ingest: Ingest, begun: asyncio.Event) -> None:
    while True:
        await ingest.writer.load_newest()
        with contextlib.suppress(DatabaseUnavailable):  # health tells of it
            for load in (base.accounts.load, ingest.decoder.offsets.load, base.dead_letters.load):
                await base.database.run(load)
            await base.rule_store.refresh()
        begun.set()
        await asyncio.sleep(REFRESH_S)


async def _reload_for_ever(start: Start, reload: Reload, takeover: Takeover) -> None:
    while True:
        await start.reload.wait()
        start.reload.clear()
        await reload.reload(takeover.apply)


async def _serve_pages(web: Server, listener: socket.socket, closed: asyncio.Event) -> None:
    try:
        await web.serve(sockets=[listener])
    finally:
        closed.set()


def _web(role: ProcessRole, settings: CloudSettings, services: Services) -> Server:
    app = _own_health(services) if role is ProcessRole.INGEST else _screens(settings, services)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    return server_of(app, proxies=settings.api.proxies)


def _own_health(services: Services) -> "FastAPI":
    from cloud.api.own_health import make_own_health

    return make_own_health(services.platform)


def _screens(settings: CloudSettings, services: Services) -> "FastAPI":
    from cloud.api.app import make_api
    from cloud.api.update_files import permissions_with_updates, serve_updates
    from cloud.console.app import mount_console
    from cloud.console.stories.routes import permissions_with

    table = permissions_with(PERMISSIONS, settings.console.stories)
    if settings.updates is not None:
        table = permissions_with_updates(table)
    app = make_api(services.platform, tiles=settings.console.tiles, table=table)
    if settings.updates is not None:
        serve_updates(app, settings.updates.folder)
    try:
        mount_console(app, services.platform, settings.console)
    except ValueError as error:
        raise CannotStart(f"[console]: {error}") from None
    return app


def _collect_garbage_seldom() -> None:
    """Collect cyclic garbage a hundredth as often: batches, and a registry, are thousands of lists without cycles.

    At its defaults the collector doubles the cost of a reading, and of the start of a large city.
    """
    gc.set_threshold(70_000, 10, 10)


def _keep_what_the_start_made() -> None:
    """Never look for garbage among the objects of the start."""
    gc.collect()
    gc.freeze()


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
