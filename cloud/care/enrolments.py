"""A gateway let in by one bundle, by an administrator who types the broker administrator's password for this once.

password ─► the broker's administrator, for these commands ─► logins at the broker ─► registry, journal, `…/config`
               └─► forgotten                                                           └─► the bundle, told once

The running cloud has no login of the administrator and keeps none: whoever takes its process later finds nothing.
"""

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy import Connection

from cloud.access.login_throttle import LoginThrottle
from cloud.broker.administrator import Administrator, administrator_by_password
from cloud.broker.bundle_login import BundleLogin, prepare_bundle
from cloud.broker.dynamic_security import BrokerRejected, execute
from cloud.broker.gateway_clients import logins_with_role
from cloud.broker.grants import gateway_grant
from cloud.broker.logins import Login
from cloud.broker.settings import EnrolSettings
from cloud.care.configs import GatewayConfigs
from cloud.care.refused import CareRefused
from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from cloud.gateways.desired_config import next_config, wanted_settings
from cloud.gateways.login_handovers import waiting_login
from runtime.broker_settings import BrokerSettings
from runtime.clock import wall_ms
from runtime.reasons import reason_of
from wire import WireError

_log = logging.getLogger(__name__)


class Enrolments:
    """Lets gateways in at `broker` as [enrol] says; where that is None it says so. One at a time."""

    def __init__(
        self, database: Database, configs: GatewayConfigs, *, broker: BrokerSettings, enrol: EnrolSettings | None,
        changed: Callable[[], None] = lambda: None, clock: Callable[[], int] = wall_ms,
    ) -> None:  # fmt: skip
        self._database = database
        self._configs = configs
        self._broker, self._enrol = broker, enrol
        self._changed = changed
        self._clock = clock
        self._throttle = LoginThrottle()
        self._one_at_a_time = asyncio.Lock()

    async def enrol(self, gateway: str, password: str, *, days: int, again: bool, actor: Actor) -> BundleLogin:
        """Make a login for a gateway, and the bundle that leads to it; CareRefused where nothing was done.

        `again`: the broker knows it already, and it begins anew on a new card; its logins live until the new one was
        used. DatabaseUnavailable: the login is made and nobody has it, so do it again.
        """
        if self._enrol is None:
            raise CareRefused("enrolment-off", "cloud.toml has no [enrol]: write host and password_file below it")
        if (wait_s := self._throttle.begin_attempt(actor.name, actor.origin)) > 0:
            raise CareRefused("too-many-changes", f"wait {wait_s} s before the next try", retry_after_s=wait_s)
        administrator = administrator_by_password(self._broker, self._enrol, password)
        async with self._one_at_a_time:
            logins = await self._logins(administrator, gateway)
            self._throttle.record_success(actor.name, actor.origin)
            made = await self._prepared(gateway, logins, administrator, days=days, again=again)
            try:
                await execute(administrator.broker, made.commands)
            except BrokerRejected as error:
                raise CareRefused("enrolment-refused", str(error)) from None
            await self._record(gateway, made, actor, action="rotate" if logins else "enrol")
        self._changed()
        return made

    async def _logins(self, administrator: Administrator, gateway: str) -> list[Login]:
        """The logins of a gateway; who cannot list them is no administrator of the broker."""
        try:
            return await logins_with_role(administrator.broker, gateway_grant(gateway).role)
        except BrokerRejected as error:
            _log.warning("an enrolment of %s was tried in vain: %s", gateway, error)
            raise CareRefused("wrong-administrator", str(error)) from None

    async def _prepared(
        self, gateway: str, logins: list[Login], administrator: Administrator, *, days: int, again: bool
    ) -> BundleLogin:
        if logins and not again:
            raise CareRefused("already-enrolled", f"the broker knows {gateway} already; ask for a bundle again")
        if again and not logins:
            raise CareRefused("not-enrolled", f"the broker does not know {gateway} yet; enrol it for the first time")
        sensors = self._configs.parts(gateway).sensors
        try:
            return await asyncio.to_thread(prepare_bundle, gateway, logins, administrator, days=days, sensors=sensors)
        except WireError as error:
            raise CareRefused("enrolment-refused", str(error)) from None
        except OSError as error:
            ca = administrator.enrol.ca
            raise CareRefused("enrolment-refused", f"[enrol] ca: {ca} cannot be read: {reason_of(error)}") from None

    async def _record(self, gateway: str, made: BundleLogin, actor: Actor, *, action: str) -> None:
        parts, now_ms = self._configs.parts(gateway), self._clock()

        def save(connection: Connection) -> None:
            made.record(connection)
            login, wanted = waiting_login(connection, gateway), wanted_settings(connection, gateway, to_change=True)
            next_config(connection, gateway, wanted, now_ms=now_ms, parts=parts, login=login)
            write_entry(connection, actor, action, f"broker-client:{gateway}", now_ms=now_ms)

        await self._database.run(save)
