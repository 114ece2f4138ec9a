"""What is sent and answered about people and programs: sessions, users, tokens. No answer has a password or a hash.

{"name":"ani","full_name":"Ani Tjan","role":"operator","sites":null,"made":"2026-11-24T03:10:00.000Z","disabled":false}
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from cloud.access.principal import Role
from cloud.access.tokens import MOST_DAYS
from cloud.api.schemas.base import AnswerModel, RequestBody, Time
from cloud.core.printable import Id, PrintableText, encodable

MOST_SITES = 1_000
RoleName = Literal["viewer", "technician", "operator", "engineer", "administrator"]
Sites = Annotated[list[Id] | None, Field(max_length=MOST_SITES, description="the sites they may see; null for all")]
Text = Annotated[PrintableText, Field(max_length=400)]
Password = Annotated[str, Field(max_length=400), AfterValidator(encodable)]
"""What somebody types and nobody shows: any characters that there are."""

Code = Annotated[PrintableText, Field(max_length=40)]


def _role_name(role: Any) -> Any:
    return role.name.lower() if isinstance(role, Role) else role


def _in_order(sites: Iterable[str] | None) -> list[str] | None:
    return None if sites is None else sorted(sites)


ShownRole = Annotated[RoleName, BeforeValidator(_role_name)]
ShownSites = Annotated[Sites, BeforeValidator(_in_order)]


class LogIn(RequestBody):
    """Who wants to log in; `code` is of the authenticator app, or a recovery code, where one is asked for."""

    name: Text
    password: Password
    code: Code = ""


class NewPassword(RequestBody):
    """A new password for whoever is logged in, who proves it with the old one."""

    old: Password
    new: Password
    code: Code = ""


class NewUser(RequestBody):
    """A user to add."""

    name: Text
    password: Password
    role: RoleName
    sites: Sites = None
    full_name: Text = ""


class UserChange(RequestBody):
    """What to change of a user; what is left out stays."""

    role: RoleName | None = None
    sites: Sites = None
    full_name: Text | None = None
    disabled: bool | None = None
    password: Password | None = None


class NewToken(RequestBody):
    """A token to make."""

    name: Text
    role: RoleName
    sites: Sites = None
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 90


class SessionAnswer(AnswerModel):
    """Who asks; `csrf` is what every change by cookie must carry as X-CSRF-Token, null where a token asks."""

    name: str
    role: ShownRole
    sites: ShownSites
    csrf: str | None


class UserAnswer(AnswerModel):
    """A user; `totp`: one-time codes are set up, `from_provider`: single sign-on vouches for them."""

    name: str
    full_name: str
    role: ShownRole
    sites: ShownSites
    made: Time = Field(validation_alias="made_ms")
    disabled: bool
    totp: bool = Field(validation_alias="has_totp")
    from_provider: bool = Field(validation_alias="is_from_provider")


class TokenAnswer(AnswerModel):
    """A token without its secret; `seen` is its last use, to the minute."""

    id: int
    name: str
    role: ShownRole
    sites: ShownSites
    author: str
    made: Time = Field(validation_alias="made_ms")
    expires: Time = Field(validation_alias="expires_ms")
    seen: Time | None = Field(validation_alias="seen_ms")
    revoked: Time | None = Field(validation_alias="revoked_ms")


class MadeToken(AnswerModel):
    """A new token with its secret, which is shown this once and kept nowhere."""

    secret: str
    token: TokenAnswer
