"""A small file that is whole or told from one that is not, and the one before it:

{"good":"…","desired":6}⏎crc 1c291ca3        NAME.last is the one before

It is replaced whole (runtime/whole_files.py), so a power cut at any moment leaves one that is sound.
"""

import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from runtime.whole_files import PRIVATE, force_folder, take_name, write_aside

_T = TypeVar("_T")


class SoundFile(NamedTuple):
    """Where it is, how many bytes it has at most, and who may read it."""

    path: Path
    most_bytes: int
    mode: int = PRIVATE

    @property
    def last(self) -> Path:
        """The one before."""
        return self.path.with_name(self.path.name + ".last")

    def write(self, body: bytes) -> None:
        """Replace it; OSError where the disk does not take it: then what was there still is."""
        aside = write_aside(self.path, b"%s\ncrc %08x\n" % (body, zlib.crc32(body)), mode=self.mode)
        if self._is_sound():
            self.path.replace(self.last)  # a cut here leaves the last one alone, which is sound
        take_name(aside, self.path)

    def read(self, decode: Callable[[bytes], _T]) -> tuple[_T | None, list[str]]:
        """What it says, or the one before where it is damaged; None where neither is there. And what is damaged."""
        problems: list[str] = []
        for file in (self.path, self.last):
            try:
                return decode(_body(file, self.most_bytes)), problems
            except FileNotFoundError:
                continue
            except (OSError, ValueError, msgspec.MsgspecError) as error:
                problems.append(f"{file.name} is damaged ({str(error)[:100]})")
        return None, problems

    def _is_sound(self) -> bool:
        try:
            _body(self.path, self.most_bytes)
        except (OSError, ValueError):
            return False
        return True


def force_files(folder: Path) -> None:
    """Let all that is below it outlive a power cut."""
    for found in (folder, *folder.rglob("*")):
        if found.is_dir():
            force_folder(found)
        else:
            with found.open("rb") as file:
                os.fsync(file.fileno())


def _body(path: Path, most_bytes: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(most_bytes + 1)
    body, _, check = data.rpartition(b"\ncrc ")
    if len(data) > most_bytes or check != b"%08x\n" % zlib.crc32(body):
        raise ValueError("its check sum does not fit")
    return body
