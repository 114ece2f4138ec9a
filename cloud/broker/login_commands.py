"""Commands that make and end logins of the broker's clients.

createRole gateway-gw-daruba     createClient gw-daruba.2     modifyClient gw-daruba "ends when gw-daruba.2 was used"
"""

import secrets
from collections.abc import Sequence
from datetime import date

from cloud.broker.dynamic_security import Command
from cloud.broker.grants import Grant
from cloud.broker.logins import Login, description_of_old, one_time_name, owner_of

_PASSWORD_BYTES = 24


def new_password() -> str:
    """A password of 192 random bits."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def role_commands(grant: Grant) -> list[Command]:
    """The commands that make the role `grant`, over what an enrolment left that broke off."""
    role = {"rolename": grant.role, "textname": grant.textname, "acls": list(grant.acls)}
    return [{"command": "deleteRole", "rolename": grant.role}, {"command": "createRole", **role}]


def client_command(grant: Grant, username: str, password: str, *, description: str = "") -> Command:
    """The command that makes the login `username` with the role `grant`, which must be there."""
    return {
        "command": "createClient", "username": username, "password": password, "textname": grant.textname,
        "roles": [{"rolename": grant.role, "priority": 0}],
        **({"clientid": grant.client_id} if grant.client_id else {}),
        **({"textdescription": description} if description else {}),
    }  # fmt: skip


def delete_commands(usernames: Sequence[str]) -> list[Command]:
    """The commands that end logins now."""
    return [{"command": "deleteClient", "username": username} for username in usernames]


def ending(logins: Sequence[Login], fresh: str, *, until: date | None, now: bool) -> list[Command]:
    """The commands that end `logins`: now, on a day, or once `fresh` was used; a one-time login has an end already."""
    if now:
        return delete_commands([login.username for login in logins])
    ends = description_of_old(fresh, until)
    lasting = [login.username for login in logins if login.username != one_time_name(owner_of(login.username))]
    return [{"command": "modifyClient", "username": username, "textdescription": ends} for username in lasting]
