"""What is sent and answered about people and programs: sessions, users, tokens. No answer has a password or a hash.

{"name":"ani","full_name":"Ani Tjan","role":"operator","sites":null,"made":"2026-11-24T03:10:00.000Z","disabled":false}
"""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cloud.access.principal import ROLE_OF_NAME, Role
from cloud.access.tokens import MOST_DAYS, Token
from cloud.access.users import User
from cloud.api.schemas.state import AnswerModel, Time
from cloud.core.printable import Id, PrintableText, encodable
from cloud.core.times import rfc_3339

MOST_SITES = 1_000
RoleName = Literal["viewer", "technician", "operator", "engineer", "administrator"]
Sites = Annotated[list[Id] | None, Field(max_length=MOST_SITES, description="the sites they may see; null for all")]
Text = Annotated[PrintableText, Field(max_length=400)]
Password = Annotated[str, Field(max_length=400), AfterValidator(encodable)]
"""What somebody types and nobody shows: any characters that there are."""


_NAME_OF_ROLE: dict[Role, RoleName] = {ROLE_OF_NAME[name]: name for name in get_args(RoleName)}


class Question(BaseModel):
    """The base of every body that is sent: an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid")


class LogIn(Question):
    """Who wants to log in."""

    name: Text
    password: Password


class NewPassword(Question):
    """A new password for whoever is logged in, who proves it with the old one."""

    old: Password
    new: Password


class NewUser(Question):
    """A user to add."""

    name: Text
    password: Password
    role: RoleName
    sites: Sites = None
    full_name: Text = ""


class UserChange(Question):
    """What to change of a user; what is left out stays."""

    role: RoleName | None = None
    sites: Sites = None
    full_name: Text | None = None
    disabled: bool | None = None
    password: Password | None = None


class NewToken(Question):
    """A token to make."""

    name: Text
    role: RoleName
    sites: Sites = None
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 90


class SessionAnswer(AnswerModel):
    """Who asks; `csrf` is what every change by cookie must carry as X-CSRF-Token, null where a token asks."""

    name: str
    role: RoleName
    sites: Sites
    csrf: str | None


class UserAnswer(AnswerModel):
    """A user."""

    name: str
    full_name: str
    role: RoleName
    sites: Sites
    made: Time
    disabled: bool


class TokenAnswer(AnswerModel):
    """A token without its secret; `seen` is its last use, to the minute."""

    id: int
    name: str
    role: RoleName
    sites: Sites
    author: str
    made: Time
    expires: Time
    seen: Time | None
    revoked: Time | None


class MadeToken(AnswerModel):
    """A new token with its secret, which is shown this once and kept nowhere."""

    secret: str
    token: TokenAnswer


def role_name(role: Role) -> RoleName:
    """The role as the API writes it."""
    return _NAME_OF_ROLE[role]


def sites_list(sites: frozenset[str] | None) -> list[str] | None:
    """The sites as the API writes them."""
    return None if sites is None else sorted(sites)


def user_answer(user: User) -> UserAnswer:
    """A user as the API writes one."""
    return UserAnswer(
        name=user.name,
        full_name=user.full_name,
        role=role_name(user.role),
        sites=sites_list(user.sites),
        made=rfc_3339(user.made_ms),
        disabled=user.disabled,
    )


def token_answer(token: Token) -> TokenAnswer:
    """A token as the API writes one."""
    return TokenAnswer(
        id=token.id,
        name=token.name,
        role=role_name(token.role),
        sites=sites_list(token.sites),
        author=token.author,
        made=rfc_3339(token.made_ms),
        expires=rfc_3339(token.expires_ms),
        seen=None if token.seen_ms is None else rfc_3339(token.seen_ms),
        revoked=None if token.revoked_ms is None else rfc_3339(token.revoked_ms),
    )
