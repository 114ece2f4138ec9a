"""Files that are replaced whole: after a power cut the old content is there or the new, never a part and never neither.

replace_file(Path("edge.toml"), text)    .edge.toml.new: written ─► forced ─► edge.toml ─► its folder forced

A name is given to what is on the disk already: a filesystem may keep a rename and lose what was not forced before it,
and then the file is empty (https://lwn.net/Articles/322823/).
"""

import contextlib
import os
from pathlib import Path

PRIVATE = 0o600
READABLE = 0o644


def replace_file(file: Path, content: str | bytes, *, mode: int = PRIVATE) -> None:
    """Put `content` in the place of what `file` holds; OSError where the disk does not take it: all is as it was."""
    take_name(write_aside(file, content, mode=mode), file)


def write_aside(file: Path, content: str | bytes, *, mode: int = PRIVATE) -> Path:
    """Write what `file` is to hold beside it, forced; OSError where that fails, and nothing is left there."""
    aside = file.with_name(f".{file.name}.new")
    with contextlib.suppress(FileNotFoundError):
        aside.unlink()  # of a try that broke off, with whatever mode it had
    try:
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE), "wb") as opened:  # noqa: PTH123
            _give_to_the_folders_owner(opened.fileno(), file.parent)
            if mode != PRIVATE:
                os.fchmod(opened.fileno(), mode)
            opened.write(content.encode() if isinstance(content, str) else content)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink()  # on a full disk it would hold the room that it lacked
        raise
    return aside


def take_name(aside: Path, file: Path) -> None:
    """Give what is written aside its name."""
    aside.replace(file)
    force_folder(file.parent)


def force_folder(folder: Path) -> None:
    """Force to disk which files `folder` has."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _give_to_the_folders_owner(descriptor: int, folder: Path) -> None:
    """What root writes for a service must be read by the service's user, or its group where the folder is root's."""
    if os.geteuid() != 0:
        return
    owner = folder.stat()
    os.fchown(descriptor, owner.st_uid, owner.st_gid)
    if owner.st_uid == 0 and owner.st_gid != 0:
        os.fchmod(descriptor, PRIVATE | 0o040)
