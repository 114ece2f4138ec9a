"""The feed in a process: what it tells where it ingests, and how it follows where it serves the screens.

ingest ─► teller_of(services) ─► socket ─► follow(services) ─► newest, accounts, statuses, health … of the screens
  ▲                                                                                  │
  └── Changes, commands, replays ◄────────────────────────── journal of the screens ◄┘
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from cloud.core.health import Component, worse_of
from cloud.database.engine import DatabaseUnavailable
from cloud.feed.followed_city import INGESTER
from cloud.feed.follower import Follower
from cloud.feed.memory import Memory, View, followed_parts, keyed_parts
from cloud.feed.questions import COMMAND, METRICS, REPLAY, CommandWanted, Family, MetricSample, ReplayWanted, answered
from cloud.feed.teller import FeedTeller
from cloud.metrics.exposition import Metrics
from cloud.process.changes import Changes
from cloud.process.parts import Services
from cloud.process.settings import CloudSettings
from runtime.tasks import Part, run_together

FIRST_S = 3.0
"""How long the screens wait for the feed at their start, before they show what the store has."""
LOOK_S = 1.0
POLL_S = 5.0
"""How often the screens look for rules and channels that others than the ingester changed."""
OWN = ("settings", "registry", "single_sign_on")
"""Parts of health that the screens have of their own, beside those of the ingester."""
_log = logging.getLogger(__name__)


def teller_of(settings: CloudSettings, services: Services, changes: Changes) -> FeedTeller | None:
    """Build what tells on feed.socket; None where that is not set, or this process ingests nothing."""
    if settings.feed.socket is None or not settings.ingest.enabled:
        return None
    base, shards = services.foundation, settings.ingest.shard_range
    teller = FeedTeller(
        settings.feed.socket,
        keyed_parts(_memory(services), shards),
        shards=shards,
        view=partial(_view, services),
        components=services.components,
        on_changed=changes.add,
        answer=partial(answered, doers=_doers(services)),
        now_ms=base.clock.wall_ms,
    )
    base.database.on_journal = teller.mark_changed
    return teller


async def follow(settings: CloudSettings, services: Services, begun: asyncio.Event) -> None:
    """Serve the screens by what ingesters tell; `begun` is set once that is known, or nobody tells it."""
    base, followed = services.foundation, services.foundation.followed
    assert followed is not None  # noqa: S101 - for the type checker: only screens follow
    changes, parts = Changes(services), followed_parts(_memory(services))
    own = {name: services.components[name] for name in OWN if name in services.components}
    refresh = partial(_refresh, services, own)
    followed.followers = [
        Follower(path, parts, on_view=refresh, on_changed=changes.add, zone=lambda: base.registry.city.zone)
        for path in settings.feed.followed
    ]
    base.database.on_journal = followed.tell_changed
    services.components.clear()
    services.components.update({INGESTER: followed.ingester, **own})
    work: list[Part] = [*(each.run() for each in followed.followers), changes.run(), _poll_database(services)]
    work += [_look_for_silence(refresh), _use_store(services, followed.followers, begun)]
    await run_together(*work, _begin(followed.followers, begun))


async def _begin(followers: Sequence[Follower], begun: asyncio.Event) -> None:
    """Wait for the feed a little: where nobody tells, pages are answered all the same."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FIRST_S):
            await asyncio.gather(*(each.whole.wait() for each in followers))
    begun.set()


async def _use_store(services: Services, followers: Sequence[Follower], begun: asyncio.Event) -> None:
    """Open the store, heed what is rolled there, and show what it has where nobody tells."""
    writer = services.ingest.writer
    await writer.store.open()
    await begun.wait()
    if any(not each.whole.is_set() for each in followers):
        await writer.load_newest()
    await run_together(services.foundation.roller.run(), services.foundation.removal.run())


async def _look_for_silence(refresh: Callable[[], None]) -> None:
    """What an ingester said of itself is known no more once it is silent, and nothing tells of that."""
    while True:
        await asyncio.sleep(LOOK_S)
        refresh()


async def _poll_database(services: Services) -> None:
    while True:
        await asyncio.sleep(POLL_S)
        with contextlib.suppress(DatabaseUnavailable):  # health tells of it
            await services.foundation.rule_store.refresh()
            await services.alarms.notifier.follow_channels()


def _refresh(services: Services, own: Mapping[str, Callable[[], Component]]) -> None:
    """Take over what is told whole: counts, and health under the names that the ingesters have for its parts."""
    base, components, followed = services.foundation, services.components, services.foundation.followed
    assert followed is not None  # noqa: S101 - for the type checker: only screens follow
    base.metrics.put_stored(followed.stored())
    base.accounts.put_uncounted(followed.uncounted())
    names = followed.component_names()
    for name in components.keys() - names - {INGESTER, *own}:
        del components[name]
    for name in names:
        told = partial(followed.component, name)
        components[name] = _both(own[name], told) if name in own else told


def _both(own: Callable[[], Component], told: Callable[[], Component]) -> Callable[[], Component]:
    return lambda: worse_of(told(), own())


def _memory(services: Services) -> Memory:
    base = services.foundation
    return Memory(
        registry=base.registry,
        newest=base.newest,
        accounts=base.accounts,
        statuses=base.statuses,
        reports=base.config_reports,
        heights=services.ingest.decoder.heights,
        commands=services.alarms.care.commands,
    )


def _view(services: Services) -> View:
    base, ingest = services.foundation, services.ingest
    return View(
        stored=base.metrics.stored_by_domain(),
        uncounted=base.accounts.uncounted(),
        refused=base.rejections.series(),
        wrong_clocks=ingest.clocks.wrong(),
        clock_error_ms=ingest.decoder.clock_error_ms(),
        listening_since_s=base.session.connected_since_s,
    )


def _doers(services: Services) -> Mapping[str, Any]:
    base, commands = services.foundation, services.alarms.care.commands

    async def replay(wanted: ReplayWanted) -> object:
        return await services.platform.replay(wanted.dead_letter_id, actor=wanted.actor)

    async def command(wanted: CommandWanted) -> object:
        return await commands.ask(wanted.gateway, wanted.command, actor=wanted.actor, source=wanted.source)

    async def metrics(_nothing: None) -> object:
        return families_of(base.metrics)

    return {REPLAY: replay, COMMAND: command, METRICS: metrics}


def families_of(metrics: Metrics) -> list[Family]:
    """The metrics of this process, for another that gives them to whoever scrapes it."""
    return [
        Family(
            family.name,
            family.documentation,
            family.type,
            family.unit,
            [MetricSample(sample.name, dict(sample.labels), float(sample.value)) for sample in family.samples],
        )
        for family in metrics.registry.collect()
    ]
