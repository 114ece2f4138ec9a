"""The logins of one client of the broker, while a password is changed:  two live until the new one was used, or a date.

gw-daruba.0    "ends when gw-daruba was used, or on 2026-12-13"                    the one-time login of a bundle
gw-daruba      "ends when gw-daruba.2 was used"   or   "ends on 2026-12-05"        in the broker's own words
gw-daruba.2    the newest: what `rotate` has handed out

A dot is in no gateway's name, so a login never looks like another's.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

_NUMBERED = re.compile(r"(?P<name>.+?)(?:\.(?P<number>0|[1-9]\d{0,5}))?")
_ON = re.compile(r"(?:ends|or) on (\d{4}-\d\d-\d\d)")
_BY_USE = "was used"


class Login(msgspec.Struct, frozen=True):
    """A login by its user name, and what its description says of its end."""

    username: str
    description: str = ""

    @property
    def ends_on(self) -> date | None:
        """Return the day on which it ends, if it ends by date."""
        found = _ON.search(self.description)
        return None if found is None else date.fromisoformat(found[1])


def owner_of(username: str) -> str:
    """Return whose login it is: gw-daruba.2 is gw-daruba's."""
    found = _NUMBERED.fullmatch(username)
    return username if found is None else found["name"]


def in_order(logins: Iterable[Login]) -> list[Login]:
    """Sort the logins of one owner, the newest last."""
    return sorted(logins, key=lambda login: _number(login.username))


def next_name(owner: str, logins: Sequence[Login]) -> str:
    """Return the user name of the login after these."""
    newest = in_order(logins)[-1] if logins else None
    return owner if newest is None else f"{owner}.{_number(newest.username) + 1}"


def description_of_old(newest: str, ends_on: date | None) -> str:
    """Write the description of an old login, which says when it ends."""
    return f"ends on {ends_on:%Y-%m-%d}" if ends_on is not None else f"ends when {newest} was used"


def one_time_name(owner: str) -> str:
    """Return the user name of the login in a bundle."""
    return f"{owner}.0"


def description_of_one_time(lasting: str, ends_on: date) -> str:
    """Write the description of the login in a bundle, which says when it ends."""
    return f"ends when {lasting} was used, or on {ends_on:%Y-%m-%d}"


def ended(logins: Sequence[Login], *, used: str, today: date) -> list[Login]:
    """Return the old logins that end now: their day has come, or `used`, the one in use, is a newer one."""
    *old, _newest = in_order(logins)
    return [login for login in old if _is_over(login, used, today)]


def _is_over(login: Login, used: str, today: date) -> bool:
    ends_on = login.ends_on
    by_use = ends_on is None or _BY_USE in login.description
    return (by_use and used != "" and _number(used) > _number(login.username)) or (
        ends_on is not None and today >= ends_on
    )


def _number(username: str) -> int:
    found = _NUMBERED.fullmatch(username)
    return int(found["number"]) if found is not None and found["number"] is not None else 1
