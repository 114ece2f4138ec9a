"""Logins of gateways that are handed over by themselves: in a bundle, or over the link that a gateway has.

enrol, rotate --bundle   one-time login in the bundle ─► the lasting one, sealed for it, waits in the registry
rotate                   the login in use             ─► the next one, sealed for it, waits in the registry

The running cloud passes on what waits (`…/config`), and the gateway says in its status which login it uses.
"""

import asyncio
from datetime import date

from cloud.broker.bundle_login import BundleLogin, prepare_bundle
from cloud.broker.dynamic_security import BrokerRejected
from cloud.broker.grants import gateway_grant
from cloud.broker.handover import kept_login, sealed_for
from cloud.broker.in_use import logins_in_use
from cloud.broker.login_commands import client_command, ending, new_password
from cloud.broker.logins import Login, next_name, owner_of
from cloud.cli.broker_logins import administrator_of, execute_and_log, logins_of
from cloud.cli.gateway_care import expected_sensors, publish
from cloud.database.engine import Database
from cloud.gateways.login_handovers import GatewayLogin, login_of, save_login
from cloud.process.settings import CloudSettings
from runtime.settings import SettingsError
from wire import WireError


def enrol_by_bundle(gateway: str, settings: CloudSettings, *, days: int) -> BundleLogin:
    """Let a gateway in that the broker does not know yet."""
    return _by_bundle("enrol", gateway, [], settings, days=days)


def rotate_by_bundle(gateway: str, settings: CloudSettings, *, until: date | None, now: bool, days: int) -> BundleLogin:
    """Give a gateway that has to begin again, such as on a new card, a new login by a new bundle."""
    return _by_bundle("rotate", gateway, _known(gateway, settings), settings, days=days, until=until, now=now)


def rotate_by_link(gateway: str, settings: CloudSettings, *, until: date | None) -> str:
    """Let the new login be handed over to the gateway itself; what is said of it."""
    operator = administrator_of(settings).password
    logins = _known(gateway, settings)
    used = asyncio.run(logins_in_use(settings.broker)).get(gateway, "")
    before = used if owner_of(used) == gateway else logins[-1].username
    kept = asyncio.run(_kept(settings, before))
    by_hand = "--into FOLDER makes files to bring by hand, --bundle a bundle"
    if kept is None:
        raise BrokerRejected(f"nothing is kept of {before} that a new login could be sealed with; {by_hand}")
    fresh, password = next_name(gateway, logins), new_password()
    try:
        sealed = sealed_for(kept, fresh, password, operator=operator)
    except WireError as error:
        raise BrokerRejected(f"{error}; {by_hand}") from None
    commands = [client_command(gateway_grant(gateway), fresh, password), *ending(logins, fresh, until=until, now=False)]
    row = kept_login(gateway, fresh, password, operator=operator, sealed=sealed)
    execute_and_log(settings, gateway, "rotate", commands, record=lambda connection: save_login(connection, row))
    publish(settings, gateway)
    when = "now" if used else f"when {gateway} is online again"
    return (
        f"{gateway} is handed {fresh} {when}, and changes to it by itself; {before} lives until then, and "
        "`gateway settle` ends it"
    )


def _by_bundle(
    action: str, gateway: str, logins: list[Login], settings: CloudSettings, *, days: int, until: date | None = None,
    now: bool = False,
) -> BundleLogin:  # fmt: skip
    try:
        made = prepare_bundle(
            gateway, logins, administrator_of(settings), days=days, sensors=expected_sensors(gateway, settings),
            until=until, now=now,
        )  # fmt: skip
    except WireError as error:
        raise SettingsError([str(error)]) from None
    execute_and_log(settings, gateway, action, made.commands, record=made.record)
    publish(settings, gateway)
    return made


def _known(gateway: str, settings: CloudSettings) -> list[Login]:
    logins = logins_of(settings, gateway_grant(gateway).role)
    if not logins:
        raise BrokerRejected(f"{gateway} is no gateway of this broker; enrol it, or see gateway list")
    return logins


async def _kept(settings: CloudSettings, username: str) -> GatewayLogin | None:
    database = Database(settings.registry.url)
    try:
        await database.open()
        return await database.run(lambda connection: login_of(connection, username))
    finally:
        await database.close()
