"""The last settings that were good, kept beside the spool: for a box whose edge.toml a power cut has emptied.

edge.toml.good:  # /etc/siaga/edge.toml, as it was good; crc 4be1902d
                 [gateway]
                 id = "gw-daruba"
                 …

A file with a mistake in it is somebody's work, and is refused; one that is empty or holds zeros is nobody's. A
filesystem leaves such a file where the power went soon after somebody had written it. The copy is of the very file
that is named. It lies where systemd keeps the gateway's state ($STATE_DIRECTORY), else beside the spool; and it is
looked for there, and beside the file, which cannot say any more where its spool is; a command that has no such variable
looks where the service of the file keeps its state.
"""

import contextlib
import logging
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from edge.settings import state_folder_of
from i18n.message import LocalizedMessage
from runtime.whole_files import replace_file

_log = logging.getLogger(__name__)

MOST_BYTES = 1_000_000


def is_zeroed(path: Path) -> bool:
    """Whether a file is there, and a power cut may have made it what it is: empty, or with zeros in it."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES)
    except OSError:
        return False
    return not content or b"\0" in content


def keep(path: Path, spool: Path) -> None:
    """Keep the settings of `path`, which are good and name `spool`; nothing is written where they are kept already."""
    folder = next(_state_folders(), spool.absolute().parent)
    copy = _copy_in(folder, path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        wanted = _with_head(path.read_bytes()[:MOST_BYTES], path)
        if copy.exists() and copy.read_bytes() == wanted:
            return
        replace_file(copy, wanted)
    except OSError as error:
        _log.warning("the settings cannot be kept in %s (%s), where a power cut spares them", copy, error.strerror)


def kept(path: Path) -> Path | None:
    """The copy of the settings of `path`, whole; None where there is none."""
    state = state_folder_of(path)
    for folder in (*_state_folders(), *([] if state is None else [state]), path.absolute().parent):
        copy = _copy_in(folder, path)
        with contextlib.suppress(OSError):
            content = copy.read_bytes()
            _, _, body = content.partition(b"\n")
            if content == _with_head(body, path):
                return copy
    return None


def note_on(path: Path, copy: Path) -> LocalizedMessage:
    """That the copy counts, and why."""
    return LocalizedMessage(
        "{file} is empty or holds zeros, as after a power cut, so the last good settings count, of which {copy} is a "
        "copy; write it again",
        file=path.name, copy=str(copy),
    )  # fmt: skip


def _state_folders() -> Iterator[Path]:
    """What systemd has made for this process (systemd.exec(5), StateDirectory=)."""
    yield from map(Path, filter(None, os.environ.get("STATE_DIRECTORY", "").split(":")))


def _copy_in(folder: Path, path: Path) -> Path:
    return folder / f"{path.name}.good"


def _with_head(body: bytes, path: Path) -> bytes:
    return f"# {path.absolute()}, as it was good; crc {zlib.crc32(body):08x}\n".encode() + body
