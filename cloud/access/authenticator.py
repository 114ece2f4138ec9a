"""Access: users, sessions and tokens put together, and who it is that asks by a cookie or a token.

access = Authenticator(database, settings.access)
await access.authenticate(headers, address) -> AuthContext(principal, session, csrf) | None
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from starlette.datastructures import Headers

from cloud.access.auth_context import AuthContext
from cloud.access.login_code import LoginCode
from cloud.access.login_throttle import LoginThrottle
from cloud.access.oidc_settings import OidcSettings
from cloud.access.passwords import Passwords, check_password
from cloud.access.pending_logins import PendingLogins
from cloud.access.principal import Principal, Role
from cloud.access.provider_people import admit
from cloud.access.rejection import AccessRejected
from cloud.access.sessions import OpenedSession, PasswordProof, Proved, Sessions
from cloud.access.settings import AccessSettings
from cloud.access.tokens import Tokens
from cloud.access.totp_enrolment import SecondFactors
from cloud.access.users import PROVIDER_PREFIX, User, Users, UserUpdate
from cloud.database.engine import Database
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms
from wire.durations import DAY_MS, HOUR_MS

if TYPE_CHECKING:
    from cloud.access.sign_on import SingleSignOn

COOKIE = "siaga_session"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""Over https: a browser takes a cookie of this name only from this host itself, and only with Secure."""
_LONGEST_SECRET = 200
_FROM_PROVIDER = LocalizedMessage("you come from single sign-on; change your password and second factor there")


class Authenticator:
    """Who may come in."""

    def __init__(
        self,
        database: Database,
        settings: AccessSettings | None = None,
        *,
        clock_ms: Callable[[], int] = wall_ms,
        throttle: LoginThrottle | None = None,
        passwords: Passwords | None = None,
    ) -> None:
        self.settings = settings or AccessSettings()
        passwords = passwords or Passwords()
        self._clock_ms = clock_ms
        self.tokens = Tokens(database, clock_ms=clock_ms)
        self.sessions = Sessions(
            database,
            passwords,
            throttle=throttle or LoginThrottle(),
            idle_ms=round(self.settings.idle_h * HOUR_MS),
            longest_ms=round(self.settings.longest_days * DAY_MS),
            clock_ms=clock_ms,
        )
        self.sign_on = None if self.settings.oidc is None else _sign_on(self.settings.oidc)
        file = self.settings.code_file
        self.login_code = None if file is None else LoginCode(file, clock_ms=clock_ms)
        self.pending = PendingLogins(database, clock_ms=clock_ms)
        self.second_factors = SecondFactors(database, clock_ms=clock_ms, changed=self.sessions.clear_cache)
        self.users = Users(database, passwords, clock_ms=clock_ms, changed=self.sessions.clear_cache)

    async def authenticate(self, headers: Headers, address: str, scheme: str = "http") -> AuthContext | None:
        """Find who asks with these headers over `scheme`; None for nobody. A token counts alone, right or wrong."""
        secret = bearer_token(headers)
        if secret is not None:
            token = await self.tokens.find(secret)
            return None if token is None else AuthContext(token.principal(address))
        cookie = self.cookie_in(headers, scheme=scheme)
        session = await self.sessions.find(cookie) if cookie else None
        if session is None:
            return None
        user = session.user
        return AuthContext(
            session.principal(address), session.hash, session.csrf,
            has_totp=user.has_totp, must_enrol=self.must_enrol(user),
        )  # fmt: skip

    async def is_still_valid(self, context: AuthContext, headers: Headers) -> bool:
        """Tell whether who asked when a connection was opened is still logged in."""
        if context.session:
            return await self.sessions.holds(context.session)
        return await self.authenticate(headers, context.principal.origin) is not None

    async def prove(self, principal: Principal, password: str, code: str = "") -> PasswordProof:
        """Ask again who it is, before what proves it changes.

        AccessRejected as at a login, and for whom a provider vouches.
        """
        if principal.name.startswith(PROVIDER_PREFIX):
            raise AccessRejected("from-provider", _FROM_PROVIDER)
        proof = await self.sessions.check_password(principal.name, password, address=principal.origin)
        await self.sessions.check_code(proof, code, address=principal.origin)
        return proof

    async def change_password(self, principal: Principal, old: str, new: str, *, code: str = "") -> OpenedSession:
        """Give `principal` another password: every session of theirs ends but the new one that this opens.

        AccessRejected where `old` or `code` is wrong, where the login throttle says wait, or where `new` may not be.
        """
        check_password(new, name=principal.name)
        await self.prove(principal, old, code)
        await self.users.change(principal.name, UserUpdate(password=new), actor=principal.actor)
        return await self.sessions.open_again(principal.name, address=principal.origin, reason="after a new password")

    def must_enrol(self, user: User) -> bool:
        """Tell whether somebody may do nothing before they have set up one-time codes."""
        demanded = self.settings.totp == "administrators" and user.role is Role.ADMINISTRATOR
        return demanded and not user.has_totp and not user.is_from_provider

    async def log_in_by_code(self, code: str, *, address: str, replaces: str = "") -> OpenedSession:
        """Begin a session by the code of a demo's link; AccessRejected where it is wrong, used, too old or not set."""
        return await self.sessions.log_in_by_code(code, self.login_code, address=address, replaces=replaces)

    async def log_in_by_provider(
        self, answer: Mapping[str, str], sign_on: "SingleSignOn", *, cookie: str, address: str, replaces: str = ""
    ) -> tuple[OpenedSession, str]:
        """Begin a session by what the provider answers, and return where it was to lead; AccessRejected as `finish`."""
        person, wanted = await sign_on.finish(answer, cookie, address=address)

        def proved(connection: Connection) -> Proved:
            return admit(connection, person, address=address, now_ms=self._clock_ms()), "by single sign-on"

        longest_ms = round(sign_on.settings.session_h * HOUR_MS)
        opened = await self.sessions.open_for(proved, address=address, replaces=replaces, longest_ms=longest_ms)
        return opened, wanted

    def is_secure(self, scheme: str) -> bool:
        """Tell whether cookies go over https only: always if so set, else where the request (or the socket) came so."""
        return self.settings.secure_cookies == "always" or scheme in ("https", "wss")

    def cookie_in(self, headers: Headers, *, scheme: str) -> str:
        """Read the session's cookie, or an empty string: over https that of the guarded name alone.

        The other one anybody can set there who has a host below the same domain, or the network for one request.
        """
        wanted = SECURE_COOKIE if self.is_secure(scheme) else COOKIE
        for line in headers.getlist("cookie"):
            for part in line.split(";"):
                name, _, content = part.strip().partition("=")
                if name == wanted and content:
                    return content[:_LONGEST_SECRET]
        return ""

    def cookie_for(self, opened: OpenedSession, *, scheme: str) -> str:
        """Write the Set-Cookie of a new session; it ends with the browser or with the session."""
        max_age_s = round(self.settings.longest_days * DAY_MS / 1_000)
        return self._cookie(opened.cookie, max_age_s, scheme)

    def no_cookie(self, *, scheme: str) -> str:
        """Write the Set-Cookie that removes it."""
        return self._cookie("", 0, scheme)

    def _cookie(self, content: str, max_age_s: int, scheme: str) -> str:
        secure = self.is_secure(scheme)
        name = SECURE_COOKIE if secure else COOKIE
        ending = "; Secure" if secure else ""
        # Lax, not Strict: a link in an alarm message leads to the alarm, not to the login
        return f"{name}={content}; Max-Age={max_age_s}; Path=/; HttpOnly; SameSite=Lax{ending}"


def _sign_on(settings: OidcSettings) -> "SingleSignOn":
    from cloud.access.sign_on import SingleSignOn  # with its library, which a city without a provider needs not

    return SingleSignOn(settings)


def bearer_token(headers: Headers) -> str | None:
    """Read the token of an `Authorization: Bearer …`, whatever it is worth."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip()[:_LONGEST_SECRET] if scheme.lower() == "bearer" else None
