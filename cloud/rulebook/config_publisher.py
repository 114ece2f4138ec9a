"""Keeps what gateways were handed true: a rule, a height or a sensor that changes reaches those that it concerns.

registry or rules changed ─► parts of each gateway that was handed any ─► digest differs ─► next revision ─► …/config
somebody set something, here or in another process ─► the revision that waits in the registry ─────────────────┘
a gateway says that it uses the login that waits ─► the next revision, without the login ──────────────────────┘

A revision waits in the registry until the broker has had it for a while, so a kill at any moment loses none.
A gateway that was never handed one (no bundle, no `siaga-cloud gateway config`) goes by its edge.toml alone.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial

import msgspec
from sqlalchemy import Connection

from cloud.core.health import Component, Condition
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.gateways.desired_config import (
    CityParts,
    kept_config,
    kept_digests,
    next_config,
    put_together,
    waiting_configs,
    wanted_settings,
    was_handed_out,
)
from cloud.gateways.login_handovers import waiting_login, waiting_logins, was_taken
from cloud.registry.records import Sensor
from cloud.rulebook.city_parts import parts_of
from cloud.rulebook.rule_bindings import RuleBindings
from cloud.rulebook.rule_store import RuleStore
from i18n.message import LocalizedMessage, located, sentence_of
from runtime.clock import boot_s, wall_ms
from wire import Channel, Status, WireError, topic_of
from wire.gateway_config import GatewayConfig, encode_config

POLL_EVERY_S = 5.0
ALL_EVERY_S = 600.0
"""A fact that begins to hold later changes nothing that could be seen: all are looked at again so often."""
UNSURE_S = 60.0
"""What was handed to a connection that broke within this time is handed to the next one too."""
_log = logging.getLogger(__name__)


class _Handed(msgspec.Struct, frozen=True):
    """A revision that was handed to a connection at `at_s` (since boot), or to none yet: -1."""

    revision: int
    payload: bytes
    at_s: float = -1.0


class ConfigPublisher:
    """`publish(topic, payload)` sends a retained message, and is False without a connection, which stands since
    `connected_since_s` (since boot). `update_offer` is the part that says where updates are. `confirm` raises
    LeaseLost in a transaction that is not ours to write."""

    def __init__(
        self,
        database: Database,
        rule_store: RuleStore,
        *,
        is_own: Callable[[str], bool],
        publish: Callable[[str, bytes], bool],
        connected_since_s: Callable[[], float | None],
        update_offer: Callable[[], bytes] = lambda: b"",
        confirm: Callable[[Connection], None] = lambda _connection: None,
        clock: Callable[[], int] = wall_ms,
        boot_s: Callable[[], float] = boot_s,
    ) -> None:
        self._database = database
        self._rule_store = rule_store
        self._bindings = RuleBindings(rule_store)
        self._is_own = is_own
        self._publish = publish
        self._connected_since_s = connected_since_s
        self._update_offer = update_offer
        self._confirm = confirm
        self._clock = clock
        self._boot_s = boot_s
        self._seen: tuple[object, ...] = ()
        self._seen_s = float("-inf")
        self._handed: dict[str, _Handed] = {}
        self._too_large: dict[str, str] = {}
        self._logins: dict[str, str] = {}
        self._new_logins: dict[str, str] = {}
        self._wake = asyncio.Event()

    def nudge(self) -> None:
        """Somebody has set something: do not wait for the next poll."""
        self._wake.set()

    def on_status(self, gateway: str, status: Status) -> None:
        """A gateway says, now, by which login it is connected."""
        if status.login and self._logins.get(gateway) != status.login:
            self._logins[gateway] = self._new_logins[gateway] = status.login
            self.nudge()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._wake.clear()
            try:
                await self.poll()
            except DatabaseUnavailable as error:
                _log.warning("%s; the configurations of gateways wait for it", error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_EVERY_S):
                    await self._wake.wait()

    async def poll(self) -> None:
        """Hand out what has changed; DatabaseUnavailable: the rest of it at the next poll."""
        edition = (self._rule_store.edition, self._rule_store.registry.edition)
        if edition != self._seen or self._boot_s() - self._seen_s >= ALL_EVERY_S:
            await self._poll_all()
            self._seen, self._seen_s = edition, self._boot_s()
        await self._take_off_used_logins()
        await self._take_up_waiting()
        self._hand_out()
        await self._forget_handed_out()

    def component(self) -> Component:
        """Whether each gateway could be handed what holds for it."""
        if self._too_large:
            said = LocalizedMessage(
                "{count} gateways go by an older configuration: {first}",
                count=len(self._too_large), first=next(iter(self._too_large.values())),
            )  # fmt: skip
            return Component(Condition.DEGRADED, said)
        waiting = sum(each.at_s < 0 for each in self._handed.values())
        if waiting:
            said = LocalizedMessage("{count} configurations of gateways wait for the broker", count=waiting)
            return Component(Condition.OK, said)
        return Component(Condition.OK, LocalizedMessage("gateways were handed what holds for them"))

    async def _poll_all(self) -> None:
        registry = self._rule_store.registry
        digests = await self._database.run(kept_digests)
        own = [gateway for gateway in digests if self._is_own(gateway) and registry.gateway(gateway) is not None]
        at: defaultdict[str, list[Sensor]] = defaultdict(list)
        for sensor in registry.sensors() if own else ():
            at[sensor.gateway].append(sensor)
        for gateway in own:
            parts = self._parts(gateway, at[gateway])
            if parts.digest == digests[gateway]:
                self._too_large.pop(gateway, None)
            else:
                await self._renew(gateway, parts)
            await asyncio.sleep(0)  # readings come first

    def _parts(self, gateway: str, sensors: Sequence[Sensor] | None = None) -> CityParts:
        registry, update = self._rule_store.registry, self._update_offer()
        return parts_of(gateway, registry, self._bindings, now_ms=self._clock(), sensors=sensors, update=update)

    async def _take_off_used_logins(self) -> None:
        """What is sealed for a bundle's login leads nowhere once the login in it is used: the first use ends it."""
        if not self._new_logins:
            return
        said = self._new_logins.copy()
        waiting = await self._database.run(waiting_logins)
        for gateway, login in said.items():
            if waiting.get(gateway) == login and self._is_own(gateway):
                await self._renew(gateway, self._parts(gateway), used_login=login)
            if self._new_logins[gateway] == login:
                del self._new_logins[gateway]

    async def _take_up_waiting(self) -> None:
        """Take up the revisions that somebody else has kept, or that an earlier start could not send."""
        registry = self._rule_store.registry
        for gateway, revision in (await self._database.run(waiting_configs)).items():
            handed = self._handed.get(gateway)
            if (handed is not None and handed.revision >= revision) or not self._is_own(gateway):
                continue
            if registry.gateway(gateway) is not None:
                config = await self._fitting(gateway, partial(_kept, gateway, self._parts(gateway)))
                if config is not None:
                    self._handed[gateway] = _Handed(config.revision, encode_config(config))

    async def _renew(self, gateway: str, parts: CityParts, *, used_login: str = "") -> None:
        def save(connection: Connection) -> GatewayConfig:
            self._confirm(connection)
            if used_login:
                was_taken(connection, used_login)
            settings, login = wanted_settings(connection, gateway, to_change=True), waiting_login(connection, gateway)
            return next_config(connection, gateway, settings, now_ms=self._clock(), parts=parts, login=login)

        config = await self._fitting(gateway, save)
        if config is not None:
            self._handed[gateway] = _Handed(config.revision, encode_config(config))
            _log.info("gateway %s is handed revision %d of its configuration", gateway, config.revision)

    async def _fitting(self, gateway: str, work: Callable[[Connection], GatewayConfig]) -> GatewayConfig | None:
        """What `work` puts together; None where no gateway would take it, which health says."""
        try:
            config = await self._database.run(work)
        except WireError as error:
            if gateway not in self._too_large:
                _log.warning("gateway %s goes by an older configuration: %s", gateway, error)
            self._too_large[gateway] = located(gateway, sentence_of(error))
            return None
        self._too_large.pop(gateway, None)
        return config

    def _hand_out(self) -> None:
        since_s, now_s = self._connected_since_s(), self._boot_s()
        for gateway, handed in list(self._handed.items()):
            stands = handed.at_s >= 0 and since_s is not None and since_s <= handed.at_s
            if not stands and self._publish(topic_of(gateway, Channel.CONFIG), handed.payload):
                self._handed[gateway] = msgspec.structs.replace(handed, at_s=now_s)

    async def _forget_handed_out(self) -> None:
        """What was handed to a connection that stands for a while since has arrived."""
        since_s, now_s = self._connected_since_s(), self._boot_s()
        arrived = {
            gateway: handed.revision
            for gateway, handed in self._handed.items()
            if since_s is not None and 0 <= since_s <= handed.at_s and now_s - handed.at_s > UNSURE_S
        }
        if not arrived:
            return

        def save(connection: Connection) -> None:
            self._confirm(connection)
            for gateway, revision in arrived.items():
                was_handed_out(connection, gateway, revision)

        await self._database.run(save)
        for gateway, revision in arrived.items():
            if self._handed[gateway].revision == revision:
                del self._handed[gateway]


def _kept(gateway: str, parts: CityParts, connection: Connection) -> GatewayConfig:
    """The newest revision as it was kept, put together again."""
    kept = kept_config(connection, gateway)
    if kept is None:
        raise WireError("nothing is wanted of it any more")
    return put_together(kept.revision, kept.settings, parts=parts, login=waiting_login(connection, gateway))
