"""What people do for a gateway from its page: want a setting of it, or ask it to do something.

set  key=uplink.batch_s  value=60  reason="a metered link"            ask  command=restart_source  source=river
"""

from collections.abc import Awaitable, Callable

from cloud.access.principal import Principal, Role
from cloud.care.commands import EXPIRES_S
from cloud.care.refused import CareRefused
from cloud.console.frame.form import Form
from cloud.console.frame.page import Done
from cloud.console.frame.rejections import ActionRejected, NotThere
from cloud.console.frame.visit import PageVisit
from cloud.core.printable import LONGEST_WORDS
from cloud.gateways.connection_state import ConnectionState
from cloud.gateways.wanted_settings import with_value
from cloud.platform import Platform
from cloud.registry.records import Gateway
from cloud.rulebook.visibility import whole_gateways
from i18n.catalog import Catalog
from wire import is_printable
from wire.city_settings import BY_HAND

LONGEST_VALUE = 400


class GatewayActions:
    """Settings and commands of gateways."""

    def __init__(self, platform: Platform) -> None:
        self._platform, self._care = platform, platform.care

    async def set(self, visit: PageVisit, form: Form) -> Done:
        """Want a setting, or where its value is empty want it no more."""
        _, reason = visit.words, form.text("reason", most=LONGEST_WORDS + 1)
        key, value = _key(_, form), form.text("value", most=LONGEST_VALUE + 1)
        if not reason or len(reason) > LONGEST_WORDS or not is_printable(reason):
            raise ActionRejected(_("Write on one line why: it stands in the journal."), field="reason")
        if len(key) + len(value) > LONGEST_VALUE or "=" in key:
            told = _('This is no setting: choose one, and write a number, a text, or a list such as ["22:00-05:00"].')
            raise ActionRejected(told, field="value")

        async def act(gateway: Gateway, principal: Principal) -> object:
            return await self._care.configs.change(
                gateway.id, lambda wanted: with_value(wanted, f"{key}={value}"), actor=principal.actor, reason=reason
            )

        await self._act(visit, Role.ENGINEER, act, field="value")
        return Done(_("The city wants it: the gateway says below what it made of it."))

    async def ask(self, visit: PageVisit, form: Form) -> Done:
        """Ask the gateway to do something, and wait until it has answered or will not."""
        _, command, source = visit.words, form.text("command", most=40), form.text("source", most=100)

        async def act(gateway: Gateway, principal: Principal) -> object:
            if self._platform.statuses.state(gateway.id) in (ConnectionState.OFFLINE, ConnectionState.NEVER_SEEN):
                raise ActionRejected(_("The gateway is not connected, so it was not asked."), field="command")
            commands = self._care.commands
            asked = await commands.ask(gateway.id, command, source=source, actor=principal.actor)
            return await commands.answered(asked.key, within_s=EXPIRES_S)

        await self._act(visit, Role.TECHNICIAN, act, field="command")
        return Done()

    async def _act(
        self, visit: PageVisit, role: Role, act: Callable[[Gateway, Principal], Awaitable[object]], *, field: str
    ) -> None:
        _, gateway = visit.words, self._platform.registry.gateway(visit.names["id"])
        if gateway is None or gateway.retired or not visit.principal.may_see(gateway.site):
            raise NotThere(_("There is no such gateway."))
        principal = visit.must(role, site=gateway.site)
        if not self._is_whole(principal, gateway):
            raise ActionRejected(_("It has sensors at sites that you may not see; ask somebody who may."), status=403)
        try:
            await act(gateway, principal)
        except CareRefused as refusal:
            raise ActionRejected(_.said(refusal.sentence), field=field) from None

    def _is_whole(self, principal: Principal, gateway: Gateway) -> bool:
        sensors = self._platform.registry.sensors()
        return principal.sites is None or bool(whole_gateways(principal.sites, [gateway], sensors))


def _key(_: Catalog, form: Form) -> str:
    """The name of a setting, with that of its source or output in it."""
    key, name = form.text("key", most=LONGEST_VALUE), form.text("name", most=100)
    part, _dot, last = key.partition(".")
    if BY_HAND.get(part) != 2 or "." in last:
        return key
    if not name:
        raise ActionRejected(_("Write the name of the source or the output."), field="name")
    return f"{part}.{name}.{last}"
