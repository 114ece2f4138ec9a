"""[access.oidc]: the provider of single sign-on, and what its groups may do here.

issuer = "https://login.morotai.go.id/realms/kota"   client_id = "siaga"   url = "https://siaga.morotai.go.id"
[[access.oidc.groups]]  group = "bpbd-piket"  role = "operator"  sites = ["daruba"]       the first that fits counts
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field

from cloud.access.principal import ROLE_OF_NAME, Role
from i18n.message import LocalizedMessage
from runtime.loopback import is_loopback
from runtime.settings import Settings, SettingsError

PATH = "/login/sso"
"""Where logins by the provider begin, and below which its answers come back."""
MOST_GROUPS = 200
_NOT_SAFE = LocalizedMessage("write an address with https://, or with http:// on this machine itself")
_TOO_MUCH = LocalizedMessage("write an address without a login, a query and a fragment")


def is_safe_url(text: str) -> bool:
    """Tell whether nobody between can read or change what goes there: https, or the loopback."""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and text.isprintable() and (parts.scheme == "https" or _is_own(parts.scheme, host))


def is_as_safe(text: str, issuer: str) -> bool:
    """Tell whether a provider may name this address: one elsewhere may not lead to this machine's own services."""
    return is_safe_url(text) and (text.startswith("https://") or issuer.startswith("http://"))


def _is_own(scheme: str, host: str) -> bool:
    return scheme == "http" and is_loopback(host)


def _safe_url(text: str) -> str:
    if not is_safe_url(text):
        raise ValueError(_NOT_SAFE)
    parts = urlsplit(text)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(_TOO_MUCH)
    return text


SafeUrl = Annotated[str, Field(max_length=500), AfterValidator(_safe_url)]
Word = Annotated[str, Field(min_length=1, max_length=200)]


class GroupRights(Settings):
    """What who is in a group of the provider may do: a role, and the sites that they may see, all without `sites`."""

    group: Word
    role: Literal["viewer", "technician", "operator", "engineer", "administrator"]
    sites: tuple[Word, ...] | None = None

    @property
    def rights(self) -> tuple[Role, frozenset[str] | None]:
        """Return the role and the sites."""
        return ROLE_OF_NAME[self.role], None if self.sites is None else frozenset(self.sites)


class OidcSettings(Settings):
    """Single sign-on by OpenID Connect; `url` is where people's browsers find Siaga.

    A session by it ends after `session_h` at the latest: so long somebody may still be in who was removed at the
    provider. `title` is what the provider is called on the login page, without one its host.
    """

    issuer: SafeUrl
    client_id: Word
    client_secret_file: Path | None = None
    url: SafeUrl
    title: Annotated[str, Field(max_length=60)] = ""
    scopes: tuple[Word, ...] = ("openid", "profile")
    name_claim: Word = "preferred_username"
    groups_claim: Word = "groups"
    session_h: Annotated[float, Field(gt=0, le=24 * 7)] = 12.0
    timeout_s: Annotated[float, Field(gt=0, le=30)] = 5.0
    ca: Path | None = None
    groups: Annotated[tuple[GroupRights, ...], Field(min_length=1, max_length=MOST_GROUPS)]

    @property
    def shown_title(self) -> str:
        """Return what to call the provider."""
        return self.title or urlsplit(self.issuer).hostname or self.issuer

    @property
    def redirect_uri(self) -> str:
        """Return where the provider sends people back: to be registered there."""
        return f"{self.url.rstrip('/')}{PATH}/callback"

    def begin_url(self, wanted: str) -> str:
        """Return where a login begins that is to lead to `wanted`: under the name to which its answer comes back."""
        return f"{self.url.rstrip('/')}{PATH}?next={quote(wanted, safe='')}"

    def rights_of(self, groups: Iterable[str]) -> tuple[Role, frozenset[str] | None] | None:
        """Return what somebody in `groups` may do: the first entry that fits counts alone; None where none does."""
        held = set(groups)
        return next((entry.rights for entry in self.groups if entry.group in held), None)


def sites_of_groups_must_exist(settings: OidcSettings | None, sites: set[str]) -> None:
    """Raise SettingsError with a sentence for each site of a group that the city does not have."""
    known = ", ".join(sorted(sites))
    problems = [
        f"cloud.toml: access.oidc.groups[{number}].sites: there is no site {site!r}; write some of {known}"
        for number, entry in enumerate(settings.groups if settings else ())
        for site in entry.sites or ()
        if site not in sites
    ]
    if problems:
        raise SettingsError(problems)
