"""Single sign-on by OpenID Connect: the authorization code flow with PKCE, state and nonce.

begin("/console/en") ─► where to send the browser, and a cookie       finish(answer, cookie) ─► who it is, "/console/en"
The cookie holds one secret; state, nonce and verifier are made of it one way, so none of them tells another, and a
login that another browser began, or that is answered twice, fits no cookie.
"""

import asyncio
import base64
import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec

from cloud.access.bounded_http import ProviderAway
from cloud.access.id_token import Expected, IdTokenRefused, UnknownKey, claims_of
from cloud.access.login_throttle import LoginThrottle
from cloud.access.oidc_settings import OidcSettings
from cloud.access.provider import CodeRefused, Metadata, Provider, ProviderTokens
from cloud.access.provider_people import ProviderPerson, claim, person_of
from cloud.access.rejection import AccessRejected
from cloud.core.health import Component, Condition
from i18n.message import LocalizedMessage
from wire import printable

LIFETIME_S = 600
"""How long somebody may take at the provider."""
LOOK_EVERY_S = 300.0
MOST_AT_ONCE = 8
"""Exchanges under way: whoever brings invented answers waits here, and not at the provider."""
_LONGEST_CODE = 4_096
_LONGEST_COOKIE = 4_000
_BEGIN_AGAIN = LocalizedMessage("this login was begun elsewhere, is too old or was answered already; begin again")
_NOT_BY_PROVIDER = LocalizedMessage("the answer did not come from the provider of this city; begin again")
_PROVES_NOTHING = LocalizedMessage("what the provider says proves nothing; the server's log says why")
_log = logging.getLogger(__name__)


class Begun(msgspec.Struct, frozen=True):
    """Where a login goes on, and the cookie that its answer must come back to."""

    url: str
    cookie: str


class SingleSignOn:
    """Logins by the provider of `settings`."""

    def __init__(
        self,
        settings: OidcSettings,
        *,
        now_s: Callable[[], float] = time.time,
        transport: httpx.AsyncBaseTransport | None = None,
        throttle: LoginThrottle | None = None,
    ) -> None:
        self.settings = settings
        self._now_s = now_s
        self._provider = Provider(settings, transport=transport)
        self._throttle = throttle or LoginThrottle()
        self._exchanges = asyncio.Semaphore(MOST_AT_ONCE)

    async def run(self) -> None:
        """Ask the provider now and then, so that health knows how it is, until cancelled."""
        while True:
            try:
                await self._provider.metadata(older_than_ms=round(LOOK_EVERY_S * 1_000))
                await self._provider.keys()
            except ProviderAway:
                pass  # `component` tells of it
            await asyncio.sleep(LOOK_EVERY_S if self._provider.trouble is None else LOOK_EVERY_S / 10)

    def component(self) -> Component:
        """Say whether people can log in by the provider."""
        trouble, title = self._provider.trouble, self.settings.shown_title
        if trouble is None:
            return Component(Condition.OK, LocalizedMessage("people log in by {title}", title=title))
        detail = LocalizedMessage(
            "nobody can log in by {title}: {reason}; people with a password here log in as always",
            title=title, reason=trouble.sentence,
        )  # fmt: skip
        return Component(Condition.DEGRADED, detail)

    @property
    def is_away(self) -> bool:
        """Tell whether the provider did not answer when it was asked last."""
        return self._provider.trouble is not None

    async def begin(self, wanted: str, *, language: str) -> Begun:
        """Begin a login that is to lead to `wanted`; AccessRejected where the provider does not answer."""
        secret, metadata = secrets.token_urlsafe(32), await self._said(self._provider.present())
        settings = self.settings
        asked = {
            "response_type": "code",
            "client_id": settings.client_id,
            "redirect_uri": settings.redirect_uri,
            "scope": " ".join(dict.fromkeys(("openid", *settings.scopes))),
            "state": _made_of(secret, "state"),
            "nonce": _made_of(secret, "nonce"),
            "code_challenge": _challenge(_made_of(secret, "verifier")),
            "code_challenge_method": "S256",
            "ui_locales": language,
        }
        return Begun(_with(metadata.authorization_endpoint, asked), f"{secret}.{_encoded(wanted.encode())}")

    async def finish(self, answer: Mapping[str, str], cookie: str, *, address: str) -> tuple[ProviderPerson, str]:
        """Return who has logged in, and where they wanted to go; AccessRejected where that is not proved."""
        secret, _, wanted = cookie[:_LONGEST_COOKIE].partition(".")
        state = answer.get("state", "")
        if not secret or not secrets.compare_digest(state.encode(), _made_of(secret, "state").encode()):
            raise AccessRejected("sign-on-refused", _BEGIN_AGAIN)
        metadata = await self._said(self._provider.metadata())
        self._check_issuer(answer, metadata)
        code = answer.get("code", "")
        if not code or len(code) > _LONGEST_CODE:
            raise AccessRejected("sign-on-refused", self._refused(answer.get("error", "no code")))
        self._begin_attempt(address)
        async with self._exchanges:
            claims = await self._claims(code, secret, metadata)
        self._throttle.record_success(address, address)
        return person_of(claims, self.settings), _decoded(wanted)

    async def logout_url(self) -> str | None:
        """Return where people log out of the provider too; None where it offers that nowhere, or does not answer."""
        try:
            endpoint = (await self._provider.metadata()).end_session_endpoint
        except ProviderAway:
            return None
        settings = self.settings
        back = f"{settings.url.rstrip('/')}/login"
        return endpoint and _with(endpoint, {"client_id": settings.client_id, "post_logout_redirect_uri": back})

    def _begin_attempt(self, address: str) -> None:
        """Count an answer that fits its cookie and may yet be invented: each asks the provider something."""
        wait_s = self._throttle.begin_attempt(address, address)
        if wait_s:
            raise AccessRejected(
                "too-many-attempts", f"too many failed logins; try again in {wait_s} s", retry_after_s=wait_s
            )

    async def _said(self, asked: Awaitable[Metadata]) -> Metadata:
        try:
            return await asked
        except ProviderAway as trouble:
            raise self._away(trouble) from None

    async def _claims(self, code: str, secret: str, metadata: Metadata) -> dict[str, Any]:
        try:
            tokens = await self._provider.exchange(code, _made_of(secret, "verifier"))
            claims = await self._checked(tokens.id_token, _made_of(secret, "nonce"), metadata)
            return await self._completed(claims, tokens)
        except ProviderAway as trouble:
            raise self._away(trouble) from None
        except CodeRefused as refused:
            raise AccessRejected("sign-on-refused", self._refused(str(refused))) from None
        except IdTokenRefused as refused:
            _log.warning("an ID token of %s was refused: %s", self.settings.issuer, printable(str(refused))[:300])
            raise AccessRejected("sign-on-refused", _PROVES_NOTHING) from None

    async def _checked(self, token: str, nonce: str, metadata: Metadata) -> dict[str, Any]:
        settings = self.settings
        expected = Expected(settings.issuer, settings.client_id, nonce, self._now_s())
        algorithms = metadata.id_token_signing_alg_values_supported
        try:
            return claims_of(token, await self._provider.keys(), expected, algorithms)
        except UnknownKey:  # the provider may sign by a new one
            return claims_of(token, await self._provider.keys(again=True), expected, algorithms)

    async def _completed(self, claims: dict[str, Any], tokens: ProviderTokens) -> dict[str, Any]:
        """Add what the ID token lacks and the provider tells elsewhere, if that is of the same person."""
        wanted = (self.settings.name_claim, self.settings.groups_claim)
        if all(claim(claims, name) is not None for name in wanted):
            return claims
        more = await self._provider.user_info(tokens.access_token)
        if more and more.get("sub") != claims["sub"]:  # [OpenID Connect Core 1.0, section 5.3.2]
            raise IdTokenRefused("the userinfo is of another sub")
        return more | claims

    def _check_issuer(self, answer: Mapping[str, str], metadata: Metadata) -> None:
        """Require that the answer is of the provider that was asked [RFC 9207]."""
        told = answer.get("iss")
        if told is None and not metadata.authorization_response_iss_parameter_supported:
            return
        if told != self.settings.issuer:
            raise AccessRejected("sign-on-refused", _NOT_BY_PROVIDER)

    def _refused(self, reason: str) -> LocalizedMessage:
        return LocalizedMessage(
            "{title} has not let you in: {reason}; begin again",
            title=self.settings.shown_title, reason=printable(reason)[:64],
        )  # fmt: skip

    def _away(self, trouble: ProviderAway) -> AccessRejected:
        sentence = LocalizedMessage(
            "nobody can log in by {title} now: {reason}; try again later, or log in with a name and a password",
            title=self.settings.shown_title, reason=trouble.sentence,
        )  # fmt: skip
        return AccessRejected("provider-away", sentence)


def _made_of(secret: str, use: str) -> str:
    return _encoded(hmac.digest(secret.encode(), use.encode(), "sha256"))


def _challenge(verifier: str) -> str:
    return _encoded(hashlib.sha256(verifier.encode()).digest())  # [RFC 7636, section 4.2] S256


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return "/"


def _with(url: str, parameters: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}"
