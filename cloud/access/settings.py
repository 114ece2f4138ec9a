"""[access]: logins."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from cloud.access.oidc_settings import OidcSettings
from runtime.settings import Settings


class AccessSettings(Settings):
    """Logins: cookies over https only, always or where the request came so; after how long a login ends.

    `totp` says of whom one-time codes are demanded; they are offered to everybody.
    `oidc` is the provider of single sign-on.
    `code_file` is where a demo leaves the code of its link, which logs in once without a password.
    """

    secure_cookies: Literal["auto", "always"] = "auto"
    idle_h: Annotated[float, Field(gt=0, le=24 * 366)] = 12.0
    longest_days: Annotated[float, Field(gt=0, le=366)] = 30.0
    totp: Literal["offered", "administrators"] = "offered"
    code_file: Path | None = None
    oidc: OidcSettings | None = None
