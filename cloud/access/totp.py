"""The codes of an authenticator app: RFC 6238 with what every app has, six digits by SHA-1, another each 30 s.

new_secret() ─► "JBSWY3DPEHPK3PXP…"      step_of(secret, "287082", now_ms=59_000) ─► 1, the half minute since 1970
enrolment_uri(secret, name="ani", city="Pulau Morotai") ─► "otpauth://totp/…", which a QR code brings to the phone
"""

import base64
import binascii
import secrets
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP_S = 30
DIGITS = 6
ABOUT_NOW = (0, -1, 1)
"""The half minutes whose codes count: a phone's clock may differ from the server's by one of them."""
_SECRET_BYTES = 20  # [RFC 4226, section 4] R6: 160 bits are recommended


def new_secret() -> str:
    """Make a secret as apps take it: 32 letters and digits of base32."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def is_secret(text: str) -> bool:
    """Tell whether `text` could be one that `new_secret` made."""
    try:
        return len(base64.b32decode(text)) == _SECRET_BYTES
    except (binascii.Error, ValueError):
        return False


def code_at(secret: str, step: int) -> str:
    """Compute the code of half minute `step`."""
    # SHA-1 is what apps compute by; as HMAC nothing is known against it
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_S).generate(step * STEP_S).decode()  # noqa: S303


def step_of(secret: str, code: str, *, now_ms: int) -> int | None:
    """Find the half minute about now whose code this is; None where it is of none."""
    now = now_ms // 1_000 // STEP_S
    steps, written = [now + off for off in ABOUT_NOW if now + off >= 0], code.encode(errors="replace")
    return next((step for step in steps if secrets.compare_digest(code_at(secret, step).encode(), written)), None)


def enrolment_uri(secret: str, *, name: str, city: str) -> str:
    """Write what a QR code tells an app: the secret, and what to call it on the phone."""
    issuer = f"Siaga {city}"
    settings = urlencode({"secret": secret, "issuer": issuer, "digits": DIGITS, "period": STEP_S}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(name)}?{settings}"
