"""The provider of single sign-on: what it says of itself, its keys, and a code exchanged for tokens.

metadata() ─► Metadata, an hour old at most      keys() ─► KeySet       exchange(code, verifier) ─► ProviderTokens
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import quote_plus

import httpx
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

from cloud.access.bounded_http import BoundedClient, ProviderAway
from cloud.access.oidc_settings import OidcSettings, is_as_safe
from i18n.message import LocalizedMessage
from runtime.clock import boot_ms
from wire import printable
from wire.durations import HOUR_MS, MINUTE_MS

FRESH_MS = HOUR_MS
"""How long metadata and keys are believed without asking again."""
PRESENT_MS = 15_000
"""How long ago a provider must have answered, to send somebody there."""
STALE_MS = 24 * HOUR_MS
"""How long they are where asking again fails."""
KEYS_AGAIN_MS = MINUTE_MS
"""How soon keys are asked for again because a token names one that is not among them."""
AWAY_MS = 5_000
"""How long a provider that has not answered is not asked again: those who log in meanwhile hear it at once."""
MOST_KEYS = 100
LONGEST_MODULUS = 1_400
"""Characters of base64 of an RSA key's modulus: 8,192 bits, beyond which one signature takes long to check."""
_KINDS: dict[str, Any] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
"""Public keys alone: with a secret one, of kind oct, whoever knows it could sign."""
_NOTHING = LocalizedMessage("the provider was not asked yet")
_NOT_SAFE = LocalizedMessage("the provider would have people log in without https")
T = TypeVar("T")


class CodeRefused(Exception):
    """The provider works, and does not take a code; the text is its own word for why."""


class Metadata(msgspec.Struct, frozen=True):
    """What a provider says of itself [OpenID Connect Discovery 1.0, section 3], as far as it is used here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class ProviderTokens(msgspec.Struct, frozen=True):
    """What a code is exchanged for."""

    id_token: str
    access_token: str = ""


class _KeyList(msgspec.Struct, frozen=True):
    keys: list[dict[str, Any]]


class _TokenError(msgspec.Struct, frozen=True):
    error: str


class _Remembered(msgspec.Struct):
    """What was read, when, and when it was asked for last; ms since this machine's start."""

    value: Any = None
    read_ms: int = -STALE_MS
    asked_ms: int = -STALE_MS
    trouble: ProviderAway | None = None


class Provider:
    """The provider of `settings`."""

    def __init__(
        self,
        settings: OidcSettings,
        *,
        clock_ms: Callable[[], int] = boot_ms,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._clock_ms = clock_ms
        self._client = BoundedClient(settings.issuer, timeout_s=settings.timeout_s, ca=settings.ca, transport=transport)
        self._metadata, self._keys = _Remembered(), _Remembered()
        self._lock = asyncio.Lock()

    @property
    def trouble(self) -> ProviderAway | None:
        """Return why the provider could not be asked when it was asked last; None where it could."""
        return self._metadata.trouble or self._keys.trouble

    async def metadata(self, *, older_than_ms: int = FRESH_MS) -> Metadata:
        """Return what the provider says of itself, asked for again where it is older; ProviderAway without any."""
        found: Metadata = await self._fresh(self._metadata, self._read_metadata, older_than_ms)
        return found

    async def present(self) -> Metadata:
        """Return the same of a provider that answers at this moment: nobody is sent to one that does not."""
        found = await self.metadata(older_than_ms=PRESENT_MS)
        if self._metadata.trouble is not None:
            raise ProviderAway(self._metadata.trouble.sentence)
        return found

    async def keys(self, *, again: bool = False) -> KeySet:
        """Return the keys that it signs by; `again` where a token names another, if that was not just done."""
        found: KeySet = await self._fresh(self._keys, self._read_keys, KEYS_AGAIN_MS if again else FRESH_MS)
        return found

    async def exchange(self, code: str, verifier: str) -> ProviderTokens:
        """Give the code that somebody has brought for tokens; CodeRefused where the provider does not take it."""
        metadata = await self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.redirect_uri,
            "code_verifier": verifier,
        }
        fields, auth = self._login(metadata)
        status, body = await self._client.ask("POST", metadata.token_endpoint, form=form | fields, auth=auth)
        if status in (400, 401, 403):
            raise CodeRefused(printable(_decoded(body, _TokenError).error)[:64])
        return _decoded(_whole(status, body), ProviderTokens)

    async def user_info(self, access_token: str) -> dict[str, Any]:
        """Ask for the claims that the ID token had not; none where the provider has nowhere to ask."""
        endpoint = (await self.metadata()).userinfo_endpoint
        if endpoint is None or not access_token:
            return {}
        bearer = {"Authorization": f"Bearer {access_token}"}
        return _decoded(_whole(*await self._client.ask("GET", endpoint, headers=bearer)), dict[str, Any])

    def _login(self, metadata: Metadata) -> tuple[dict[str, str], httpx.Auth | None]:
        """Return how Siaga proves to be itself: fields of the form, or a header."""
        client, secret = self._settings.client_id, self._secret()
        if secret is None:
            return {"client_id": client}, None
        if "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            # each part is written as in a form before they are joined [RFC 6749, section 2.3.1]
            return {}, httpx.BasicAuth(quote_plus(client), quote_plus(secret))
        return {"client_id": client, "client_secret": secret}, None

    def _secret(self) -> str | None:
        file = self._settings.client_secret_file
        try:
            return None if file is None else file.read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = LocalizedMessage("access.oidc.client_secret_file cannot be read: {reason}", reason=str(error))
            raise ProviderAway(reason) from None

    async def _fresh(self, kept: _Remembered, read: Callable[[], Awaitable[Any]], fresh_ms: int) -> Any:
        """Return what is kept, read again where that was more than `fresh_ms` ago; the old one for a day if need be."""
        async with self._lock:
            now_ms = self._clock_ms()
            wait_ms = fresh_ms if kept.trouble is None else AWAY_MS
            if now_ms - kept.asked_ms >= wait_ms:
                kept.asked_ms, kept.trouble = now_ms, None
                try:
                    kept.value, kept.read_ms = await read(), now_ms
                except ProviderAway as trouble:
                    kept.trouble = trouble
            if kept.value is None or now_ms - kept.read_ms >= STALE_MS:
                raise ProviderAway(_NOTHING if kept.trouble is None else kept.trouble.sentence)
            return kept.value

    async def _read_metadata(self) -> Metadata:
        issuer = self._settings.issuer
        url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        found = _decoded(_whole(*await self._client.ask("GET", url)), Metadata)
        if found.issuer != issuer:
            wrong = LocalizedMessage(
                "access.oidc.issuer is {issuer!r}, and there the provider calls itself {found!r}; write that",
                issuer=issuer, found=printable(found.issuer)[:200],
            )  # fmt: skip
            raise ProviderAway(wrong)
        for endpoint in (found.authorization_endpoint, found.end_session_endpoint):
            if endpoint is not None and not is_as_safe(endpoint, issuer):
                raise ProviderAway(_NOT_SAFE)
        return found

    async def _read_keys(self) -> KeySet:
        # not `metadata()`: the lock is held, and whoever asks for keys has asked for metadata before
        url = (self._metadata.value or await self._read_metadata()).jwks_uri
        listed = _decoded(_whole(*await self._client.ask("GET", url)), _KeyList).keys
        if len(listed) > MOST_KEYS:
            raise ProviderAway(LocalizedMessage("the provider has more than {most} keys", most=MOST_KEYS))
        keys = [key for key in map(_key, listed) if key is not None]
        if not keys:
            raise ProviderAway(LocalizedMessage("the provider has no key that signatures can be checked by"))
        return KeySet(keys)


def _key(listed: dict[str, Any]) -> Key | None:
    """Read one key; None for what is none that a signature could be checked by."""
    kind = _KINDS.get(str(listed.get("kty")))
    if kind is None or listed.get("use", "sig") != "sig" or len(str(listed.get("n", ""))) > LONGEST_MODULUS:
        return None
    try:
        key: Key = kind.import_key({name: value for name, value in listed.items() if name != "d"})
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key


def _whole(status: int, body: bytes) -> bytes:
    if status != 200:
        raise ProviderAway(LocalizedMessage("the provider answers with status {status}", status=status))
    return body


def _decoded(body: bytes, form: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = printable(str(error))[:200]
        raise ProviderAway(LocalizedMessage("the provider's answer cannot be read: {reason}", reason=reason)) from None
