"""What the city wants of a gateway's settings, set by somebody who is logged in.

change ─► checked ─► the next revision in the registry, with the journal ─► the process of its shard hands it out
"""

from collections.abc import Callable

from sqlalchemy import Connection

from cloud.care.allowance import Allowance
from cloud.care.refused import CareRefused
from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from cloud.gateways.desired_config import CityParts, WantedConfig, kept_config, next_config, wanted_settings
from cloud.gateways.login_handovers import waiting_login
from cloud.gateways.wanted_settings import WantedSettings
from cloud.rulebook.city_parts import parts_of
from cloud.rulebook.rule_bindings import RuleBindings
from cloud.rulebook.rule_store import RuleStore
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms
from wire import WireError

_AT_ONCE, _EVERY_S = 20, 6.0


class GatewayConfigs:
    """Reads and changes what is wanted; `changed` is called when there is something to hand out.

    `update_offer` is the part that says where updates are.
    """

    def __init__(
        self, database: Database, rule_store: RuleStore, *, changed: Callable[[], None] = lambda: None,
        update_offer: Callable[[], bytes] = lambda: b"", clock: Callable[[], int] = wall_ms,
    ) -> None:  # fmt: skip
        self._database = database
        self._rule_store = rule_store
        self._bindings = RuleBindings(rule_store)
        self._changed = changed
        self._update_offer = update_offer
        self._clock = clock
        self._allowance = Allowance(_AT_ONCE, every_s=_EVERY_S)

    async def wanted(self, gateway: str) -> WantedConfig | None:
        """What is wanted of a gateway; None where nobody has said anything."""
        return await self._database.run(lambda connection: kept_config(connection, gateway))

    async def change(
        self, gateway: str, change: Callable[[WantedSettings], WantedSettings], *, actor: Actor, reason: str = ""
    ) -> WantedConfig:
        """Let `change` make the settings of those that are wanted now, and keep them as the next revision.

        CareRefused where something in them is no setting of the city's, or too much is changed at once.
        """
        if (wait_s := self._allowance.wait_s(actor.name)) > 0:
            said = LocalizedMessage("wait {seconds} s before the next change", seconds=wait_s)
            raise CareRefused("too-many-changes", said, retry_after_s=wait_s)
        parts = self.parts(gateway)

        def save(connection: Connection) -> WantedConfig:
            before = wanted_settings(connection, gateway, to_change=True)
            after = change(before)
            now_ms, login = self._clock(), waiting_login(connection, gateway)
            config = next_config(connection, gateway, after, now_ms=now_ms, parts=parts, login=login)
            write_entry(
                connection, actor, "configure", f"gateway:{gateway}", now_ms=now_ms, reason=reason, before=before,
                after=after,
            )  # fmt: skip
            return WantedConfig(config.revision, after, parts.digest)

        try:
            kept = await self._database.run(save)
        except WireError as error:
            raise CareRefused("config-refused", str(error)) from None
        self._changed()
        return kept

    def parts(self, gateway: str) -> CityParts:
        """What registry, rules and settings say of a gateway now."""
        registry, update = self._rule_store.registry, self._update_offer()
        return parts_of(gateway, registry, self._bindings, now_ms=self._clock(), update=update)
