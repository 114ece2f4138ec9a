"""A photo is decoded in a process of its own, with so much memory and time: what bytes do there ends with it.

python -m cloud.site_notes.photo_process        the photo on stdin ─► MessagePack on stdout: the pictures, or why not
"""

import asyncio
import contextlib
import resource
import sys
from collections.abc import Mapping

import msgspec

from cloud.site_notes.photo_image import PhotoImages, PhotoUnreadable, photo_images, too_much
from i18n.message import LocalizedMessage

MOST_MEMORY = 1_000_000_000
"""Bytes of address space; the largest photo that is let in takes a third of it."""
MOST_CPU_S = 20
MOST_S = 40.0
"""How long is waited for it, on a server that does other things too."""


class DecodedPhoto(msgspec.Struct, frozen=True):
    """What the process answers: the pictures, or the sentence that says why there are none."""

    images: PhotoImages | None = None
    form: str = ""
    values: Mapping[str, int | str] = {}


async def decoded(content: bytes) -> PhotoImages:
    """Make the pictures of a photo in another process; PhotoUnreadable where it cannot, or takes too much."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(MOST_S):
            told, _ = await process.communicate(content)
        answer = msgspec.msgpack.decode(told, type=DecodedPhoto)
    except (TimeoutError, msgspec.MsgspecError):
        raise too_much() from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if answer.images is None:
        raise PhotoUnreadable(LocalizedMessage(answer.form, **answer.values))
    return answer.images


def main() -> None:
    """Decode what stands on stdin, within the limits."""
    for what, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, MOST_CPU_S)):
        with contextlib.suppress(OSError, ValueError):  # a unit has stricter ones, or lets nobody set any
            resource.setrlimit(what, (most, most))
    try:
        answer = DecodedPhoto(photo_images(sys.stdin.buffer.read()))
    except PhotoUnreadable as error:
        told = error.sentence.values.items()
        values = {name: value if isinstance(value, int) else str(value) for name, value in told}
        answer = DecodedPhoto(None, error.sentence.form, values)
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))


if __name__ == "__main__":
    main()
