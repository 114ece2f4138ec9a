"""How a gateway is offered updates, and what it says of one. Updates themselves go by The Update Framework (TUF).

…/config  "update": {"url":"https://siaga.example/updates","root":{"signed":{…},"signatures":[…]}}
…/cmd     {"v":1,"command":"update","key":"9c41…","expires_ms":…,"version":"1.2.0"}
…/status  "update": {"version":"1.2.0","state":"rolled_back","reason":"nothing was acknowledged …","time_ms":…}

Below the url: metadata/N.root.json, metadata/timestamp.json, …, targets/DIGEST.siaga-edge-1.2.0-aarch64.tar.gz.
A gateway keeps the first root that it is told and no other: from then on only the framework's own rotation changes it.
Keys are ed25519, which a gateway checks without the cryptography library. Every N.root.json stays where it is, since a
gateway walks from its own root to the newest.
"""

import re
from enum import StrEnum
from typing import Annotated

import msgspec

from wire.batch import MAX_INTEGER
from wire.errors import WireError
from wire.printable import is_printable

MAX_ROOT_BYTES = 32 * 1024
MAX_URL_LENGTH = 500
MAX_VERSION_LENGTH = 64
ARCHITECTURES = ("aarch64", "armv7l", "x86_64")
"""What gateways are; as the kernel names them, a 32-bit system on a 64-bit kernel by its programs."""

_URL = re.compile(r"https?://[^/?#\s@]+(/[^?#\s]*)?")
_VERSION = re.compile(
    r"(\d{1,9}(?:\.\d{1,9}){0,4})(?:(a|b|rc)(\d{1,9}))?(?:\.post(\d{1,9}))?(?:\.dev(\d{1,9}))?", re.ASCII
)
_STAGES = {"a": 0, "b": 1, "rc": 2}
_FINAL = 3
_DEV_ALONE = -1


class UpdateState(StrEnum):
    """What became of an update; the first three are under way."""

    FETCHING = "fetching"
    INSTALLING = "installing"
    ON_TRIAL = "on_trial"  # it runs, and is not confirmed yet
    CONFIRMED = "confirmed"
    ROLLED_BACK = "rolled_back"  # it ran, and the version before runs again
    REFUSED = "refused"  # it never ran
    OTHER = "other"  # what a newer gateway says

    @classmethod
    def _missing_(cls, value: object) -> "UpdateState":
        return cls.OTHER

    @property
    def is_under_way(self) -> bool:
        """Whether something is still to come of it."""
        return self in (UpdateState.FETCHING, UpdateState.INSTALLING, UpdateState.ON_TRIAL)


class UpdateStatus(msgspec.Struct, frozen=True, omit_defaults=True):
    """The newest update of a gateway: `reason` is a sentence, `time_ms` (UTC) when it came to `state`, where known."""

    version: Annotated[str, msgspec.Meta(max_length=MAX_VERSION_LENGTH)]
    state: UpdateState
    reason: Annotated[str, msgspec.Meta(max_length=400)] = ""
    time_ms: Annotated[int, msgspec.Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)] | None = None


class UpdateOffer(msgspec.Struct, frozen=True):
    """Where updates are, and the root of trust as JSON; "" where none is told."""

    url: str
    root: str


class _Offer(msgspec.Struct, omit_defaults=True):
    url: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_URL_LENGTH)]
    root: msgspec.Raw = msgspec.Raw(b'""')


_DECODER = msgspec.json.Decoder(_Offer)
_ROOT_DECODER = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ACCIDENTS = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


def encode_offer(offer: UpdateOffer) -> bytes:
    """The part `update` of the configuration, its root without spaces; WireError where no gateway would take it."""
    try:
        root = msgspec.json.format(offer.root.encode() or b'""', indent=-1)
    except _ACCIDENTS as error:
        raise WireError(f"update, root: does not parse: {str(error)[:200]}") from None
    part = msgspec.json.encode(_Offer(offer.url, msgspec.Raw(root)))
    decode_offer(part)
    return part


def decode_offer(part: bytes) -> UpdateOffer:
    """Parse the part `update` of the configuration; its root is an object or its text, "" where it says none.

    WireError where it is none. Whether the root is a sound one is seen by whoever reads it.
    """
    try:
        found = _DECODER.decode(part)
        raw = bytes(found.root)
        root = msgspec.json.decode(raw, type=str) if raw.startswith(b'"') else raw.decode()
        if len(root.encode()) > MAX_ROOT_BYTES:
            raise WireError(f"update, root: has more than {MAX_ROOT_BYTES} bytes; sign it with fewer keys")
        if root:
            _ROOT_DECODER.decode(root)
    except _ACCIDENTS as error:
        raise WireError(f"update does not parse: {str(error)[:200]}") from None
    return UpdateOffer(_checked_url(found.url), root)


def _checked_url(url: str) -> str:
    if not _URL.fullmatch(url) or not is_printable(url):
        raise WireError(f"update, url: {url[:80]!r} is none; write https://SERVER/updates, without a login in it")
    return url.rstrip("/")


def version_key(version: str) -> tuple[object, ...]:
    """What orders versions, older ones first: 1.2.0.dev3, 1.2.0rc1, 1.2.0, 1.2.0.post1, 1.10 (as PEP 440 has them).

    WireError where `version` is none of these.
    """
    found = _VERSION.fullmatch(version) if len(version) <= MAX_VERSION_LENGTH else None
    if found is None:
        raise WireError(f"version {version[:80]!r} is none; write it as 1.2.0 or 1.2.0rc1")
    numbers, stage, count, post, dev = found.groups()
    release = [int(number) for number in numbers.split(".")]
    while len(release) > 1 and not release[-1]:
        release.pop()
    is_dev_alone = dev is not None and stage is None and post is None
    order = _DEV_ALONE if is_dev_alone else _STAGES.get(stage, _FINAL)
    return (
        tuple(release), order, int(count or 0), -1 if post is None else int(post), dev is None, int(dev or 0),
    )  # fmt: skip


def is_newer(version: str, than: str) -> bool:
    """Whether `version` comes after `than`; WireError where one of them is no version."""
    return version_key(version) > version_key(than)


def archive_name(version: str, architecture: str) -> str:
    """The target's name: the archive that `deploy/wheelhouse/make` makes."""
    return f"siaga-edge-{version}-{architecture}.tar.gz"
