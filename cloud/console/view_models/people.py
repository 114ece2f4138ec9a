"""People and programs as the page shows them: who, with which role, where, and whether they may come in.

PersonView("ani", "Ani Malik", "operator", "Operator", sites="daruba, dodola", has_totp=True, …)
"""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

import msgspec

from cloud.access.tokens import Token
from cloud.access.users import User
from cloud.console.view_models.roles import ROLES
from i18n import figures
from i18n.catalog import Catalog


class PersonView(msgspec.Struct, frozen=True):
    """One person; `sites` are ids, empty for all of them."""

    name: str
    full_name: str
    role: str
    role_words: str
    sites: str
    disabled: bool
    has_totp: bool
    is_from_provider: bool


class TokenView(msgspec.Struct, frozen=True):
    """One token; `state` says whether and until when it opens anything."""

    id: int
    name: str
    role_words: str
    sites: str
    author: str
    state: str
    level: str
    seen: str


def person_view(_: Catalog, user: User) -> PersonView:
    """A person for the screen."""
    return PersonView(
        user.name, user.full_name, user.role.name.lower(), _(ROLES[user.role]), _sites(user.sites), user.disabled,
        user.has_totp, user.is_from_provider,
    )  # fmt: skip


def token_view(_: Catalog, token: Token, now_ms: int, zone: ZoneInfo) -> TokenView:
    """A token for the screen, as it is at `now_ms` (UTC)."""
    until = figures.date_of(_, token.expires_ms, zone)
    level, state = "ok", _("until {time}", time=until)
    if token.revoked_ms is not None:
        level, state = "never", _("revoked")
    elif token.expires_ms <= now_ms:
        level, state = "never", _("expired {time}", time=until)
    seen = _("never") if token.seen_ms is None else figures.day_and_time(_, token.seen_ms, zone)
    return TokenView(
        token.id, token.name, _(ROLES[token.role]), _sites(token.sites), token.author, state, level, seen
    )  # fmt: skip


def _sites(sites: Iterable[str] | None) -> str:
    return "" if sites is None else ", ".join(sorted(sites))
