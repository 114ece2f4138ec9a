"""A new login on its way to a gateway, which the gateway's present one alone opens:

{"username":"gw-daruba.2","key_of":"gw-daruba","sealed":"<base64 of nonce 16 | password, covered | tag 32>"}

key   = HMAC-SHA256("siaga handover 1", gateway | key_of | password of key_of)       as the server keeps it, sealed too
cover = HKDF-Expand-SHA256 (RFC 5869, 2.3) of key, over gateway, both user names, nonce:  pad of the password, tag key
tag   = HMAC-SHA256(tag key, nonce | covered password)

A password is covered once, by as many bytes as it has, made of a secret of 192 random bits: a one-time pad from a
pseudo-random function, and authenticated (decision 0066 says why the standard library is enough for that).
"""

import hashlib
import hmac
from typing import Annotated

import msgspec

from wire.errors import WireError

NONCE_BYTES = 16
TAG_BYTES = 32
MAX_LOGIN_BYTES = 2_048
LONGEST_PASSWORD = 256

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class SealedLogin(msgspec.Struct, frozen=True):
    """The login `username` for a gateway that uses `key_of` now."""

    username: _Name
    key_of: _Name
    sealed: Annotated[
        bytes,
        msgspec.Meta(min_length=NONCE_BYTES + TAG_BYTES + 1, max_length=NONCE_BYTES + TAG_BYTES + LONGEST_PASSWORD),
    ]


_DECODER = msgspec.json.Decoder(SealedLogin)


def login_number(username: str) -> int:
    """Which of a gateway's logins it is: 0 the one-time one, 1 the first that lasts, 2 what a rotation made …"""
    _owner, dot, number = username.rpartition(".")
    return int(number) if dot and number.isdecimal() and len(number) <= 6 else 1


def handover_key(password: str, *, gateway: str, username: str) -> bytes:
    """The key that whoever knows `password`, that of `username`, can make: the password does not follow from it."""
    return hmac.digest(
        b"siaga handover 1", b"\0".join((gateway.encode(), username.encode(), password.encode())), "sha256"
    )


def seal_login(password: str, *, gateway: str, username: str, key_of: str, key: bytes, nonce: bytes) -> SealedLogin:
    """Cover `password`, that of `username`; `nonce` are 16 random bytes that are used once."""
    secret = password.encode()
    if not 1 <= len(secret) <= LONGEST_PASSWORD or len(nonce) != NONCE_BYTES:
        raise WireError(f"a password of {len(secret)} bytes; at most {LONGEST_PASSWORD} can be handed over")
    covered, tag_key = _covered(secret, key, nonce, gateway, username, key_of)
    return SealedLogin(username, key_of, nonce + covered + hmac.digest(tag_key, nonce + covered, "sha256"))


def open_login(login: SealedLogin, *, gateway: str, key: bytes) -> str:
    """The password in `login`; WireError where this key does not open it: for another gateway, login, or damaged."""
    nonce = login.sealed[:NONCE_BYTES]
    covered, tag = login.sealed[NONCE_BYTES:-TAG_BYTES], login.sealed[-TAG_BYTES:]
    secret, tag_key = _covered(covered, key, nonce, gateway, login.username, login.key_of)
    if not hmac.compare_digest(hmac.digest(tag_key, nonce + covered, "sha256"), tag):
        raise WireError(
            f"login {login.username} cannot be opened with the password of {login.key_of} that is here; "
            "make a new bundle on the server, or bring the new login by hand"
        )
    try:
        return secret.decode("ascii")
    except UnicodeDecodeError:
        raise WireError(f"login {login.username} has a password that is no text") from None


def encode_login(login: SealedLogin) -> bytes:
    """The part `login` of a gateway's configuration."""
    return msgspec.json.encode(login)


def decode_login(raw: bytes) -> SealedLogin:
    """Read the part `login` of a gateway's configuration; WireError where it is none."""
    if len(raw) > MAX_LOGIN_BYTES:
        raise WireError(f"configuration, login: {len(raw)} bytes; at most {MAX_LOGIN_BYTES}")
    try:
        return _DECODER.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise WireError(f"configuration, login: {str(error)[:200]}") from None


def _covered(secret: bytes, key: bytes, nonce: bytes, *names: str) -> tuple[bytes, bytes]:
    """`secret` under its pad, or out from under it; and the key of the tag."""
    info = b"\0".join((b"siaga login 1", *(name.encode() for name in names), nonce))
    stream = _expand(key, info, len(secret) + TAG_BYTES)
    pad, tag_key = stream[: len(secret)], stream[len(secret) :]
    return bytes(one ^ other for one, other in zip(secret, pad, strict=True)), tag_key


def _expand(key: bytes, info: bytes, size: int) -> bytes:
    """HKDF-Expand of RFC 5869, section 2.3, with SHA-256."""
    blocks, last = b"", b""
    for number in range(1, size // hashlib.sha256().digest_size + 2):
        last = hmac.digest(key, last + info + bytes([number]), "sha256")
        blocks += last
    return blocks[:size]
