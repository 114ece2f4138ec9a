"""A login by one bundle: what is done at the broker, what the registry keeps, the text that is handed over.

one-time login gw-daruba.0 in the text ─► the lasting one, sealed for it, waits in the registry and on `…/config`
"""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec
from sqlalchemy import Connection

from cloud.broker.administrator import Administrator
from cloud.broker.dynamic_security import Command
from cloud.broker.grants import first_grant, gateway_grant
from cloud.broker.handover import kept_login, sealed_for_bundle
from cloud.broker.login_commands import client_command, delete_commands, ending, new_password, role_commands
from cloud.broker.logins import Login, description_of_one_time, next_name, one_time_name
from cloud.broker.one_text import text_for
from cloud.gateways.login_handovers import GatewayLogin, save_login
from wire.enrolment_bundle import SECRET_BYTES
from wire.gateway_config import ExpectedSensor

BUNDLE_DAYS = 14


class BundleLogin(msgspec.Struct, frozen=True):
    """A lasting login that is prepared: the commands that make it, the rows that are kept, the text of its bundle."""

    username: str
    password: str
    text: str
    ends_on: date
    commands: tuple[Command, ...]
    rows: tuple[GatewayLogin, ...]

    def __repr__(self) -> str:
        return f"BundleLogin({self.username!r}, ends_on={self.ends_on})"  # the rest of it is secret

    def record(self, connection: Connection) -> None:
        """Keep the rows."""
        for row in self.rows:
            save_login(connection, row)


def prepare_bundle(
    gateway: str, logins: Sequence[Login], administrator: Administrator, *, days: int,
    sensors: tuple[ExpectedSensor, ...], until: date | None = None, now: bool = False,
) -> BundleLogin:  # fmt: skip
    """Prepare a bundle for `gateway`, which has these `logins`; they end now, on a day, or once the new one was used.

    OSError where the authority cannot be read, WireError where the bundle would be too long. Takes a tenth of a second.
    """
    grant, first = gateway_grant(gateway), first_grant(gateway)
    lasting, one_time = next_name(gateway, logins), one_time_name(gateway)
    secret, password = secrets.token_bytes(SECRET_BYTES), new_password()
    one_time_password = base64.urlsafe_b64encode(secret).decode().rstrip("=")
    ends_on = datetime.now(UTC).date() + timedelta(days=days)
    text = text_for(
        gateway, administrator.enrol, secret=secret, lasting=lasting, ends_on=ends_on, sensors=sensors
    )  # fmt: skip
    sealed = sealed_for_bundle(gateway, lasting, password, one_time=one_time, secret=one_time_password)
    operator = administrator.password
    return BundleLogin(
        lasting, password, text, ends_on,
        commands=(
            *(role_commands(grant) if not logins else ending(logins, lasting, until=until, now=now)),
            *delete_commands([one_time]),  # of a bundle before this one
            *role_commands(first),
            client_command(
                first, one_time, one_time_password, description=description_of_one_time(lasting, ends_on)
            ),
            client_command(grant, lasting, password),
        ),
        rows=(
            kept_login(gateway, one_time, one_time_password, operator=operator, sealed=None),
            kept_login(gateway, lasting, password, operator=operator, sealed=sealed),
        ),
    )  # fmt: skip
