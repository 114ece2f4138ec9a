"""Access: users, sessions and tokens put together, and who it is that asks by a cookie or a token.

access = Authenticator(database, settings.access)
await access.authenticate(headers, address) -> AuthContext(principal, session, csrf) | None
"""

from collections.abc import Callable

from starlette.datastructures import Headers

from cloud.access.auth_context import AuthContext
from cloud.access.login_code import LoginCode
from cloud.access.login_throttle import LoginThrottle
from cloud.access.passwords import Passwords
from cloud.access.principal import Principal
from cloud.access.sessions import OpenedSession, Sessions
from cloud.access.settings import AccessSettings
from cloud.access.tokens import Tokens
from cloud.access.users import Users, UserUpdate
from cloud.database.engine import Database
from runtime.clock import wall_ms
from wire.durations import DAY_MS, HOUR_MS

COOKIE = "siaga_session"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""Over https: a browser takes a cookie of this name only from this host itself, and only with Secure."""
_LONGEST_SECRET = 200


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
        self.tokens = Tokens(database, clock_ms=clock_ms)
        self.sessions = Sessions(
            database,
            passwords,
            throttle=throttle or LoginThrottle(),
            idle_ms=round(self.settings.idle_h * HOUR_MS),
            longest_ms=round(self.settings.longest_days * DAY_MS),
            clock_ms=clock_ms,
        )
        file = self.settings.code_file
        self.login_code = None if file is None else LoginCode(file, clock_ms=clock_ms)
        self.users = Users(database, passwords, clock_ms=clock_ms, changed=self.sessions.clear_cache)

    async def authenticate(self, headers: Headers, address: str, scheme: str = "http") -> AuthContext | None:
        """Find who asks with these headers over `scheme`; None for nobody. A token counts alone, right or wrong."""
        secret = bearer_token(headers)
        if secret is not None:
            token = await self.tokens.find(secret)
            return None if token is None else AuthContext(token.principal(address))
        cookie = self.cookie_in(headers, scheme=scheme)
        session = await self.sessions.find(cookie) if cookie else None
        return None if session is None else AuthContext(session.principal(address), session.hash, session.csrf)

    async def is_still_valid(self, context: AuthContext, headers: Headers) -> bool:
        """Tell whether who asked when a connection was opened is still logged in."""
        if context.session:
            return await self.sessions.holds(context.session)
        return await self.authenticate(headers, context.principal.origin) is not None

    async def change_password(self, principal: Principal, old: str, new: str) -> OpenedSession:
        """Give `principal` another password: every session of theirs ends but the new one that this opens.

        AccessRejected where `old` is wrong, where the login throttle says wait, or where `new` may not be.
        """
        await self.sessions.log_in(principal.name, old, address=principal.origin)
        await self.users.change(principal.name, UserUpdate(password=new), actor=principal.actor)
        return await self.sessions.log_in(principal.name, new, address=principal.origin)

    async def log_in_by_code(self, code: str, *, address: str, replaces: str = "") -> OpenedSession:
        """Begin a session by the code of a demo's link; AccessRejected where it is wrong, used, too old or not set."""
        return await self.sessions.log_in_by_code(code, self.login_code, address=address, replaces=replaces)

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


def bearer_token(headers: Headers) -> str | None:
    """Read the token of an `Authorization: Bearer …`, whatever it is worth."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip()[:_LONGEST_SECRET] if scheme.lower() == "bearer" else None
