"""The logins of gateways in the registry, and which of them waits to be handed over on `…/config`.

gw-daruba.0   key                                        one-time, of a bundle
gw-daruba     key   sealed for gw-daruba.0               waits, until the gateway says that it uses it
"""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from cloud.gateways.tables import GatewayLoginRow


class GatewayLogin(msgspec.Struct, frozen=True):
    """A login: `key` sealed for the operator, `handed_over` sealed for the gateway's login before it, JSON or empty."""

    username: str
    gateway: str
    key: bytes
    handed_over: bytes = b""


def save_login(connection: Connection, login: GatewayLogin) -> None:
    """Remember a login; of its gateway no other waits any more."""
    gateway = GatewayLoginRow.gateway == login.gateway
    connection.execute(update(GatewayLoginRow).where(gateway).values(handed_over=""))
    row = {
        "username": login.username,
        "gateway": login.gateway,
        "key": login.key.decode(),
        "handed_over": login.handed_over.decode(),
    }
    forget_logins(connection, [login.username])
    connection.execute(insert(GatewayLoginRow).values(row))


def login_of(connection: Connection, username: str) -> GatewayLogin | None:
    """The login `username`, if it was made by a version that remembers."""
    query = select(GatewayLoginRow.gateway, GatewayLoginRow.key, GatewayLoginRow.handed_over)
    row = connection.execute(query.where(GatewayLoginRow.username == username)).one_or_none()
    return None if row is None else GatewayLogin(username, row.gateway, row.key.encode(), row.handed_over.encode())


def waiting_login(connection: Connection, gateway: str) -> bytes | None:
    """The part `login` of what the city wants of `gateway`; None where none waits."""
    query = select(GatewayLoginRow.handed_over).where(
        GatewayLoginRow.gateway == gateway, GatewayLoginRow.handed_over != ""
    )
    found = connection.execute(query).scalars().first()
    return None if found is None else found.encode()


def waiting_logins(connection: Connection) -> dict[str, str]:
    """By gateway, the login that waits to be handed over."""
    query = select(GatewayLoginRow.gateway, GatewayLoginRow.username).where(GatewayLoginRow.handed_over != "")
    return {row.gateway: row.username for row in connection.execute(query)}


def forget_logins(connection: Connection, usernames: Iterable[str]) -> None:
    """These have ended."""
    connection.execute(delete(GatewayLoginRow).where(GatewayLoginRow.username.in_(list(usernames))))


def was_taken(connection: Connection, username: str) -> None:
    """The gateway uses this login: nothing of it waits any more."""
    connection.execute(update(GatewayLoginRow).where(GatewayLoginRow.username == username).values(handed_over=""))
