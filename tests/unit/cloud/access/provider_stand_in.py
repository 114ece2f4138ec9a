"""A provider that a test writes answers for: what a real one would say, unless a test spoils it.

provider = ProviderStandIn();  provider.claims["aud"] = "another";  SingleSignOn(SETTINGS, transport=provider.transport)
"""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import msgspec
from joserfc import jwt
from joserfc.jwk import Key, KeySet, RSAKey

from cloud.access.oidc_settings import OidcSettings

ISSUER = "https://login.example"
NOW_S = 1_795_000_000
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
SETTINGS = OidcSettings.model_validate(
    {
        "issuer": ISSUER,
        "client_id": "siaga",
        "url": "http://127.0.0.1:8080",
        "title": "Akun Morotai",
        "groups": [
            {"group": "bpbd", "role": "engineer"},
            {"group": "piket", "role": "operator", "sites": ["daruba"]},
        ],
    }
)


class ProviderStandIn:
    """Its own words in attributes; `asked` is each path that it was asked for."""

    def __init__(self) -> None:
        self.metadata: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize?tenant=1",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            "end_session_endpoint": f"{ISSUER}/logout",
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        self.keys: dict[str, Any] = dict(KeySet([KEY]).as_dict(private=False))
        self.key: Key
        self.key, self.header = KEY, {"alg": "RS256", "kid": "first"}
        self.claims: dict[str, Any] = {
            "iss": ISSUER, "sub": "4711", "aud": "siaga", "exp": NOW_S + 300, "iat": NOW_S,
            "preferred_username": "Budi", "name": "Budi Santoso", "groups": ["piket"],
        }  # fmt: skip
        self.user_info: dict[str, Any] = {}
        self.answers: dict[str, httpx.Response | Exception] = {}
        self.asked: list[str] = []
        self.logins: list[str] = []
        self.id_token: str | None = None
        self._code: dict[str, str] = {}
        self.transport = httpx.MockTransport(lambda request: _streamed(self._answer(request)))

    def authorize(self, url: str) -> dict[str, str]:
        """Log somebody in where `url` led, and return what the provider sends the browser back with."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        self._code = {"code": "a code", **asked}
        return {"code": "a code", "state": asked["state"]}

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(path)
        told = self.answers.get(path)
        if isinstance(told, Exception):
            raise told
        if told is not None:
            return told
        known = {
            "/.well-known/openid-configuration": lambda: _json(self.metadata),
            "/keys": lambda: _json(self.keys),
            "/token": lambda: self._tokens(request),
            "/userinfo": lambda: _json(self.user_info),
        }
        return known[path]()

    def _tokens(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        self.logins.append(request.headers.get("authorization", form.get("client_secret", "none")))
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        wanted = self._code
        self._code = {}
        if (form["code"], challenge, form["redirect_uri"]) != (
            wanted.get("code"), wanted.get("code_challenge"), wanted.get("redirect_uri"),
        ):  # fmt: skip
            return _json({"error": "invalid_grant"}, 400)
        token = self.id_token or jwt.encode(
            self.header, {"nonce": wanted["nonce"], **self.claims}, self.key, algorithms=["RS256", "HS256", "none"]
        )
        return _json({"id_token": token, "access_token": "an access token", "token_type": "Bearer"})


def _streamed(answer: httpx.Response) -> httpx.Response:
    """The same as it comes from a network: not read yet."""
    return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))


def _json(content: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=msgspec.json.encode(content), headers={"Content-Type": "application/json"})
