"""What a new gateway is handed, as one text that fits into a QR code of letters and digits:

SIAGA1:AJ6TQ5… = "SIAGA", the version, ":", base32 (RFC 4648, no padding) of

length u16 | first 6 bytes of SHA-256 of the body | body: raw deflate of a MessagePack map

Capitals, digits and the colon are the QR alphanumeric mode (ISO/IEC 18004, 7.4.4): 5.5 bits a character. Spaces, line
ends, hyphens and small letters are tolerated, and 0 and 1 read as O and I, which base32 has instead.
"""

import base64
import hashlib
import re
import zlib
from enum import StrEnum
from typing import Annotated

import msgspec

from wire.errors import WireError
from wire.gateway_config import MOST_EXPECTED_SENSORS, ExpectedSensor
from wire.names import is_name
from wire.printable import is_printable

BUNDLE_VERSION = 1
SECRET_BYTES = 24
MOST_CA_BYTES = 16 * 1024
LONGEST_BUNDLE = 64 * 1024
"""Characters, with all spaces: what is longer is no bundle, and is not looked at."""
QR_CHARACTERS = 4_296
"""What a QR code of version 40 and level L holds in alphanumeric mode (ISO/IEC 18004, table 7)."""

_HEAD = 2 + 6
_LONGEST_BODY = 0xFFFF
_LONGEST_MAP = 128 * 1024
_PREFIX = re.compile(r"SIAGA(?P<version>[0-9]{1,4}):")
_BETWEEN = re.compile(r"[\s\-\ufeff]+")
_OUTSIDE = re.compile(r"[^A-Z2-7]")
_LOGIN = re.compile(r"(?P<gateway>[a-z0-9][a-z0-9_-]{0,63})(?:\.[0-9]{1,6})?")


class BundleDamage(StrEnum):
    """What is wrong with a text that should be a bundle."""

    NO_BUNDLE = "no bundle"
    NEWER = "newer"
    MISTYPED = "mistyped"
    CUT_OFF = "cut off"
    TOO_MUCH = "too much"
    UNUSABLE = "unusable"


class DamagedBundle(WireError):
    """A text that is no bundle, or no whole one; `place` is the character, from 1 and spaces left out, where known."""

    def __init__(self, damage: BundleDamage, said: str, *, place: int | None = None, character: str = "") -> None:
        super().__init__(said)
        self.damage = damage
        self.place = place
        self.character = character


_Login = Annotated[str, msgspec.Meta(max_length=80)]


class EnrolmentBundle(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the broker is, who this gateway is there for a first connection, and which authority to trust.

    `username` and `secret` are the one-time login, good until `expires_day` (days since 1970-01-01, UTC); `lasting` is
    the user name that follows it. `ca` are certificates in DER, one after the other; where they are too large for one
    text, `ca_sha256` is the SHA-256 of them, and the file comes beside it; with neither the system's authorities count.
    """

    gateway: Annotated[str, msgspec.Meta(max_length=64)] = msgspec.field(name="g")
    addresses: Annotated[
        tuple[Annotated[str, msgspec.Meta(max_length=300)], ...], msgspec.Meta(min_length=1, max_length=32)
    ] = msgspec.field(name="a")
    username: _Login = msgspec.field(name="u")
    secret: Annotated[bytes, msgspec.Meta(min_length=16, max_length=64)] = msgspec.field(name="s")
    lasting: _Login = msgspec.field(name="l")
    expires_day: Annotated[int, msgspec.Meta(ge=0, le=3_000_000)] | None = msgspec.field(default=None, name="e")
    ca: Annotated[bytes, msgspec.Meta(max_length=MOST_CA_BYTES)] | None = msgspec.field(default=None, name="c")
    ca_sha256: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)] | None = msgspec.field(
        default=None, name="f"
    )
    sensors: Annotated[tuple[ExpectedSensor, ...], msgspec.Meta(max_length=MOST_EXPECTED_SENSORS)] = msgspec.field(
        default=(), name="x"
    )

    @property
    def password(self) -> str:
        """The one-time password, as the broker knows it."""
        return base64.urlsafe_b64encode(self.secret).decode().rstrip("=")


_DECODER = msgspec.msgpack.Decoder(EnrolmentBundle)


def encode_bundle(bundle: EnrolmentBundle) -> str:
    """The text of a bundle, on one line; WireError where it would be longer than any can be."""
    body = _deflated(msgspec.msgpack.encode(bundle))
    if len(body) > _LONGEST_BODY:
        raise WireError(f"an enrolment bundle of {len(body)} bytes; leave the sensors out, or some of the authorities")
    whole = len(body).to_bytes(2) + _sum(body) + body
    return f"SIAGA{BUNDLE_VERSION}:{base64.b32encode(whole).decode().rstrip('=')}"


def decode_bundle(text: str) -> EnrolmentBundle:
    """Read a bundle as somebody scanned, pasted or typed it; DamagedBundle says what is wrong with it."""
    body = _body_of(text)
    try:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        bundle = _DECODER.decode(inflater.decompress(body, _LONGEST_MAP))
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _unusable(str(error)[:200]) from None
    _check(bundle)
    return bundle


def _body_of(text: str) -> bytes:
    if len(text) > LONGEST_BUNDLE:
        raise DamagedBundle(BundleDamage.NO_BUNDLE, "no enrolment bundle: it is longer than any")
    close = _BETWEEN.sub("", text).upper()
    prefix = _PREFIX.match(close)
    if prefix is None:
        raise DamagedBundle(BundleDamage.NO_BUNDLE, "no enrolment bundle: one begins with SIAGA1:")
    if int(prefix["version"]) != BUNDLE_VERSION:
        said = f"an enrolment bundle of version {prefix['version']}; this side reads {BUNDLE_VERSION}"
        raise DamagedBundle(BundleDamage.NEWER, said)
    written = close[prefix.end() :].rstrip("=").replace("0", "O").replace("1", "I")
    strange = _OUTSIDE.search(written)
    if strange is not None:
        place = prefix.end() + strange.start() + 1
        said = f"character {place} of the enrolment bundle is {strange[0]!r}, which none has"
        raise DamagedBundle(BundleDamage.MISTYPED, said, place=place, character=strange[0])
    return _checked(_bytes_of(written))


def _bytes_of(written: str) -> bytes:
    """The bytes of as many characters as make whole bytes: what was cut off may have ended anywhere."""
    return base64.b32decode(written + "A" * (-len(written) % 8))[: len(written) * 5 // 8]


def _checked(whole: bytes) -> bytes:
    length = int.from_bytes(whole[:2])
    body = whole[_HEAD:]
    if len(body) < length or len(whole) < _HEAD:
        missing = (length - len(body)) * 8 // 5 + 1
        raise DamagedBundle(
            BundleDamage.CUT_OFF, f"the enrolment bundle ends too early: some {missing} characters lack"
        )
    if len(body) > length:
        raise DamagedBundle(BundleDamage.TOO_MUCH, "more than an enrolment bundle: characters follow its end")
    if _sum(body) != whole[2:_HEAD]:
        raise DamagedBundle(BundleDamage.MISTYPED, "the checksum of the enrolment bundle does not fit")
    return body


def _check(bundle: EnrolmentBundle) -> None:
    if not is_name(bundle.gateway):
        raise _unusable(f"gateway {bundle.gateway!r} is no name")
    for username in (bundle.username, bundle.lasting):
        found = _LOGIN.fullmatch(username)
        if found is None or found["gateway"] != bundle.gateway:
            raise _unusable(f"login {username!r} is not that of gateway {bundle.gateway}")
    for text in bundle.addresses:
        if not is_printable(text) or not text.isascii() or '"' in text or "\\" in text:
            raise _unusable(f"{text!r} is no address")
    ids = [sensor.id for sensor in bundle.sensors]
    if not all(map(is_name, ids)) or len(set(ids)) < len(ids):
        raise _unusable("a sensor has no name, or stands twice")


def _unusable(why: str) -> DamagedBundle:
    return DamagedBundle(BundleDamage.UNUSABLE, f"an enrolment bundle that cannot be used: {why}")


def _sum(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[: _HEAD - 2]


def _deflated(data: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    return deflater.compress(data) + deflater.flush()


__all__ = ["BundleDamage", "DamagedBundle", "EnrolmentBundle", "decode_bundle", "encode_bundle"]
