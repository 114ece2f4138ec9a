"""The login that the city has handed over, kept beside the spool; edge.toml stays the technician's.

uplink.login          {"v":1,"username":"gw-daruba.2","instead_of":"<hash of the login in edge.toml>"}
gw-daruba.2.password  for the agent's user alone

It holds instead of the login in edge.toml that it came after, and no longer than that stands there: whoever writes
another login into edge.toml is obeyed. The first file names the second, and replacing it is the one moment of change.
"""

import contextlib
import hashlib
from pathlib import Path
from typing import Annotated

import msgspec

from edge.settings import EdgeSettings, UplinkSettings
from i18n.message import LocalizedMessage
from runtime.whole_files import replace_file

FILE = "uplink.login"
_VERSION = 1
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=r"^[a-z0-9][a-z0-9_-]*(\.[0-9]+)?$")]


class _KeptLogin(msgspec.Struct, frozen=True):
    v: int
    username: _Name
    instead_of: Annotated[str, msgspec.Meta(max_length=64)]


def with_kept_login(settings: EdgeSettings) -> EdgeSettings:
    """`settings` with the login that the city has handed over, where one is kept for what stands in edge.toml."""
    folder = settings.spool.path.parent
    kept = _read(folder)
    if kept is None or not _password_of(folder, kept.username).exists() or kept.instead_of != _digest(settings.uplink):
        return settings
    return settings.model_copy(update={"uplink": with_login(settings.uplink, folder, kept.username)})


def with_login(uplink: UplinkSettings, folder: Path, username: str) -> UplinkSettings:
    """`uplink` with the login `username`, whose password is kept in `folder`."""
    return uplink.model_copy(update={"username": username, "password_file": _password_of(folder, username)})


def warning_of_kept_login(settings: EdgeSettings) -> LocalizedMessage | None:
    """What is to be said of a file that cannot be read: the login in edge.toml holds, which may have ended."""
    file = settings.spool.path.parent / FILE
    if not file.exists() or _read(file.parent) is not None:
        return None
    return LocalizedMessage(
        "{file} is damaged, so the login in [uplink] holds; if the broker refuses it, enrol this gateway again",
        file=str(file),
    )


def keep_password(folder: Path, username: str, password: str) -> None:
    """Keep the password of a login that is to be tried; OSError where the disk does not take it."""
    replace_file(_password_of(folder, username), f"{password}\n")


def put_in_force(folder: Path, username: str, before: UplinkSettings) -> None:
    """Let the login `username` hold from now on, after the one in `before`; OSError where the disk does not take it."""
    kept = _read(folder)
    chained = kept is not None and before.password_file == _password_of(folder, kept.username)
    instead_of = kept.instead_of if kept is not None and chained else _digest(before)
    replace_file(folder / FILE, msgspec.json.encode(_KeptLogin(_VERSION, username, instead_of)))
    if kept is not None and kept.username != username:
        with contextlib.suppress(OSError):
            _password_of(folder, kept.username).unlink()


def _read(folder: Path) -> _KeptLogin | None:
    try:
        with (folder / FILE).open("rb") as file:
            kept = msgspec.json.decode(file.read(4_096), type=_KeptLogin)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return kept if kept.v == _VERSION else None


def _password_of(folder: Path, username: str) -> Path:
    return folder / f"{username}.password"


def _digest(uplink: UplinkSettings) -> str:
    """Which login stands in edge.toml; a password that cannot be read is one like no other."""
    try:
        password = uplink.password() or ""
    except (OSError, UnicodeDecodeError):
        return ""
    return hashlib.sha256(f"{uplink.username}\0{password}".encode()).hexdigest()
