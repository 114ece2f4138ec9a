"""What the agent leaves for the updater, in its own folder: which version is asked for, and where updates are.

update.request   {"version":"1.2.0","key":"9c41…","again":false}     gone when the updater has it
update.offer     {"url":"https://siaga.example/updates","root":{…}}

The updater is root and the agent is not, so it reads them as a stranger's: no link is followed, and all is bounded.
"""

import contextlib
import os
import stat
from pathlib import Path
from typing import Annotated

import msgspec

from runtime.whole_files import replace_file
from wire.errors import WireError
from wire.gateway_update import MAX_ROOT_BYTES, MAX_VERSION_LENGTH, UpdateOffer, decode_offer, encode_offer

_MOST_REQUEST_BYTES = 4 * 1024
_MOST_OFFER_BYTES = 2 * MAX_ROOT_BYTES


class UpdateRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """Version that is asked for, by the command with `key`; `again` also where it was rolled back before."""

    version: Annotated[str, msgspec.Meta(max_length=MAX_VERSION_LENGTH)]
    key: Annotated[str, msgspec.Meta(max_length=128)]
    again: bool = False


_DECODER = msgspec.json.Decoder(UpdateRequest)


def write_request(path: Path, request: UpdateRequest) -> None:
    """Ask; OSError where the disk does not take it."""
    replace_file(path, msgspec.json.encode(request))


def read_request(path: Path) -> UpdateRequest | None:
    """What is asked for; None where nothing is. WireError where it cannot be read, and is to be thrown away."""
    content = _read(path, _MOST_REQUEST_BYTES)
    try:
        return None if content is None else _DECODER.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WireError(f"{path.name} does not parse: {str(error)[:200]}") from None


def write_offer(path: Path, offer: UpdateOffer) -> None:
    """Say where updates are, unless that is what it says; OSError where the disk does not take it."""
    content = encode_offer(offer)
    with contextlib.suppress(WireError):  # what is damaged is written anew
        if _read(path, _MOST_OFFER_BYTES) == content:
            return
    replace_file(path, content)


def read_offer(path: Path) -> UpdateOffer | None:
    """Where updates are; None where nobody has said it. WireError where it cannot be read."""
    content = _read(path, _MOST_OFFER_BYTES)
    return None if content is None else decode_offer(content)


def _read(path: Path, most_bytes: int) -> bytes | None:
    """A stranger's file; None where there is none, WireError where it is no file or too large."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise WireError(f"{path.name} cannot be read: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise WireError(f"{path.name} is no file")
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise WireError(f"{path.name} has more than {most_bytes} bytes")
    return content
