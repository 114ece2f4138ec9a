"""What an ID token must be before anything in it is believed [OpenID Connect Core 1.0, section 3.1.3.7].

claims_of(token, keys, Expected(issuer, client_id, nonce, now_s), algorithms) ─► its claims     IdTokenRefused: all else
a key of the provider's has signed it ─ iss ─ aud, azp ─ nonce ─ sub ─ exp, iat, nbf within LEEWAY_S of our clock
"""

import secrets
from collections.abc import Iterable
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
"""Signatures by a key that the provider alone has: no "none", and no HS256, which whoever checks can also make."""
LEEWAY_S = 60
"""How far this machine's clock and the provider's may be apart: both are wall clocks."""
OLDEST_S = 600
"""How old a token may be, since it is fetched at the moment in which it is made."""
LONGEST_TOKEN = 65_536
LONGEST_SUBJECT = 255


class IdTokenRefused(Exception):
    """The token proves nothing; the text says why, for the log."""


class UnknownKey(IdTokenRefused):
    """It names a key that is not among those that are known."""


class Expected(msgspec.Struct, frozen=True):
    """Whose token it must be, for whom, of which login, and when."""

    issuer: str
    client_id: str
    nonce: str
    now_s: float


def claims_of(token: str, keys: KeySet, expected: Expected, algorithms: Iterable[str]) -> dict[str, Any]:
    """Return what a token says; IdTokenRefused unless all of it is as it must be."""
    if len(token) > LONGEST_TOKEN:
        raise IdTokenRefused(f"it has {len(token)} characters")
    try:
        claims = jwt.decode(token, keys, algorithms=sorted(ALGORITHMS.intersection(algorithms))).claims
    except InvalidKeyIdError as error:
        raise UnknownKey(str(error)) from None
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise IdTokenRefused(str(error) or type(error).__name__) from None
    _check_names(claims, expected)
    _check_times(claims, expected.now_s)
    return claims


def _check_names(claims: dict[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise IdTokenRefused(f"iss is {claims.get('iss')!r}")
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if expected.client_id not in named:
        raise IdTokenRefused(f"aud is {audience!r}")
    if claims.get("azp", expected.client_id) != expected.client_id or (len(named) > 1 and "azp" not in claims):
        raise IdTokenRefused(f"azp is {claims.get('azp')!r}, and aud {audience!r}")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not secrets.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise IdTokenRefused("nonce is not that of this login")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise IdTokenRefused("sub is no text of 1 to 255 characters")


def _check_times(claims: dict[str, Any], now_s: float) -> None:
    ends: Any = claims.get("exp")
    made: Any = claims.get("iat")
    begins: Any = claims.get("nbf")
    if not _is_time(ends) or now_s >= ends + LEEWAY_S:
        raise IdTokenRefused(f"exp is {ends!r}, and now {now_s:.0f}; are both clocks right?")
    if not _is_time(made) or not -LEEWAY_S <= now_s - made <= OLDEST_S:
        raise IdTokenRefused(f"iat is {made!r}, and now {now_s:.0f}; are both clocks right?")
    if begins is not None and (not _is_time(begins) or now_s < begins - LEEWAY_S):
        raise IdTokenRefused(f"nbf is {begins!r}, and now {now_s:.0f}; are both clocks right?")


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1 << 53
