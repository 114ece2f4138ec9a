"""The parts of an installation, each of which can be looked at, made and taken back:

ServiceUser siaga ─ Folder /var/lib/siaga 0700 ─ TextFile siaga-edge.service ─ Link siaga-edge ─ SystemCommand

Making a part that is there changes nothing, so an installation may be run as often as one likes.
"""

import contextlib
import grp
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from i18n.message import LocalizedMessage
from runtime.whole_files import READABLE, replace_file


class CannotInstall(Exception):
    """A part could not be made: `problem` is one sentence."""

    def __init__(self, problem: LocalizedMessage) -> None:
        super().__init__(problem)
        self.problem = problem


class InstallationPart(Protocol):
    """A part of the installation."""

    @property
    def sentence(self) -> LocalizedMessage:
        """What it is."""

    def is_there(self) -> bool:
        """Whether it is as it should be."""

    def make(self) -> None:
        """Make it so; CannotInstall, OSError."""

    def remove(self) -> None:
        """Take it back, where it is there; OSError."""


@dataclass(frozen=True)
class ServiceUser:
    """A user of the system without a login, and groups that the service has besides."""

    name: str
    groups: tuple[str, ...]
    home: str

    @property
    def sentence(self) -> LocalizedMessage:
        """What it is."""
        return LocalizedMessage("user {name}, and the groups {groups}", name=self.name, groups=", ".join(self.groups))

    def is_there(self) -> bool:
        """Whether user and groups are known."""
        try:
            pwd.getpwnam(self.name)
            for group in (self.name, *self.groups):
                grp.getgrnam(group)
        except KeyError:
            return False
        return True

    def make(self) -> None:
        """Add what is lacking."""
        for group in (self.name, *self.groups):
            run(["groupadd", "--system", "--force", group])
        with contextlib.suppress(KeyError):
            pwd.getpwnam(self.name)
            return
        shell = "/usr/sbin/nologin"
        run(["useradd", "--system", "--gid", self.name, "--home-dir", self.home, "--no-create-home", "--shell", shell,
             self.name])  # fmt: skip

    def remove(self) -> None:
        """Take the user away; the other groups are the system's."""
        if self.is_there():
            run(["userdel", self.name])


@dataclass(frozen=True)
class Folder:
    """A folder with its mode; `owner` and `group` are given to it where root makes it."""

    path: Path
    mode: int
    owner: str = ""
    group: str = ""

    @property
    def sentence(self) -> LocalizedMessage:
        """What it is."""
        return LocalizedMessage("folder {path}, mode {mode}", path=str(self.path), mode=f"{self.mode:04o}")

    def is_there(self) -> bool:
        """Whether it is there with its mode and its owner."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return False
        owners = not self.owner or (found.st_uid, found.st_gid) == _ids(self.owner, self.group)
        return self.path.is_dir() and found.st_mode & 0o7777 == self.mode and owners

    def make(self) -> None:
        """Make it, or give it its mode and its owner."""
        self.path.mkdir(parents=True, exist_ok=True)
        if self.owner:
            os.chown(self.path, *_ids(self.owner, self.group))
        self.path.chmod(self.mode)

    def remove(self) -> None:
        """Take it away with all that is in it."""
        if self.path.exists():
            shutil.rmtree(self.path)


@dataclass(frozen=True)
class TextFile:
    """A file with this text, which others may read."""

    path: Path
    text: str

    @property
    def sentence(self) -> LocalizedMessage:
        """What it is."""
        return LocalizedMessage("file {path}", path=str(self.path))

    def is_there(self) -> bool:
        """Whether it has the text."""
        try:
            return self.path.read_text(encoding="utf-8") == self.text
        except (FileNotFoundError, UnicodeDecodeError):
            return False

    def make(self) -> None:
        """Write it beside and move it into its place: a power cut leaves the old one or the new one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self.path, self.text, mode=READABLE)

    def remove(self) -> None:
        """Take it away."""
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Link:
    """A symbolic link; what is there and is no link is left alone."""

    path: Path
    to: str

    @property
    def sentence(self) -> LocalizedMessage:
        """What it is."""
        return LocalizedMessage("link {path} to {to}", path=str(self.path), to=self.to)

    def is_there(self) -> bool:
        """Whether it leads there."""
        return self.path.is_symlink() and str(self.path.readlink()) == self.to

    def make(self) -> None:
        """Make it, in the place of a link to elsewhere."""
        if self.path.exists() and not self.path.is_symlink():
            raise CannotInstall(
                LocalizedMessage(
                    "{path} is there and is no link; move it away, and run this again", path=str(self.path)
                )
            )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_name(f".{self.path.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(self.to)
        fresh.replace(self.path)

    def remove(self) -> None:
        """Take it away."""
        if self.path.is_symlink():
            self.path.unlink()


@dataclass(frozen=True)
class SystemCommand:
    """A command that is run each time: systemd and udev read their files again; `undo` is run when it is taken back."""

    words: tuple[str, ...]
    undo: tuple[str, ...] = ()

    @property
    def sentence(self) -> LocalizedMessage:
        """What it is."""
        return LocalizedMessage("command {words}", words=" ".join(self.words))

    def is_there(self) -> bool:
        """Never: it is run each time."""
        return False

    def make(self) -> None:
        """Run it."""
        run(self.words)

    def remove(self) -> None:
        """Run what undoes it; what is gone already is no trouble."""
        if self.undo:
            with contextlib.suppress(CannotInstall):
                run(self.undo)


def run(words: tuple[str, ...] | list[str], *, timeout_s: float | None = None) -> None:
    """Run a command of the system; CannotInstall with what it says where it fails, subprocess.TimeoutExpired."""
    try:
        ended = subprocess.run(  # noqa: S603 - words of this code
            words, capture_output=True, text=True, check=False, timeout=timeout_s
        )
    except FileNotFoundError:
        raise CannotInstall(
            LocalizedMessage("this system has no {program}; install it, and run this again", program=words[0])
        ) from None
    if ended.returncode:
        said = " ".join(ended.stderr.split()) or f"exit code {ended.returncode}"
        raise CannotInstall(LocalizedMessage("{words} failed: {said}", words=" ".join(words), said=said[:300]))


def _ids(owner: str, group: str) -> tuple[int, int]:
    """The numbers of a user and a group; (-1, -1) while they are not known yet."""
    try:
        return pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid
    except KeyError:
        return -1, -1
