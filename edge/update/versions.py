"""The versions beside each other: put there by the archive's own install.sh, chosen by a link, the old ones removed.

install.sh --beside ─► versions/1.2.0/.complete          current ─► versions/1.2.0, in one rename
"""

import os
import shutil
import subprocess
from pathlib import Path

from edge.installation.parts import Link
from edge.spool.schema import VERSION as SPOOL_VERSION
from edge.update.outcome import UpdateRefused
from edge.update.places import CURRENT, UPDATER, VERSIONS, UpdatePlaces
from runtime.whole_files import force_folder
from wire import WireError
from wire.gateway_update import version_key

INSTALL_S = 3_600.0
"""install.sh takes minutes on a Pi Zero."""
_MIB = 1024 * 1024
INSTALLED_MB = 100
"""What a version takes: install.sh has the same."""
_ASK = "from edge.spool.schema import OPENED_FROM; print(OPENED_FROM)"


def check_room(installed: Path, archive_bytes: int) -> None:
    """UpdateRefused where archive, its files and a version beside the others have no room."""
    disk = os.statvfs(installed)
    needed_mb = INSTALLED_MB + 3 * archive_bytes // _MIB
    free_mb = disk.f_bavail * disk.f_frsize // _MIB
    if free_mb < needed_mb:
        raise UpdateRefused(f"{installed} needs {needed_mb} MB, and its disk has {free_mb} MB left; make room")


def put_beside(folder: Path, installed: Path, version: str) -> None:
    """Let install.sh in `folder` put its version beside the one in use; UpdateRefused."""
    said = _run(
        ["sh", str(folder / "install.sh"), "--beside"], "install.sh",
        SIAGA_TO=str(installed), SIAGA_LANGUAGE="en",
    )  # fmt: skip
    if not is_beside(installed, version):
        raise UpdateRefused(f"install.sh did not put version {version} there: {said[-200:]}")


def is_beside(installed: Path, version: str) -> bool:
    """Whether all of it is there; a folder without the mark is what a power cut left."""
    return (installed / VERSIONS / version / ".complete").exists()


def check_way_back(installed: Path, version: str) -> None:
    """UpdateRefused where this version could not open the spool after `version` has written to it."""
    said = _run([str(installed / VERSIONS / version / "bin" / "python"), "-c", _ASK], f"version {version}")
    if not said.isdigit() or int(said) > SPOOL_VERSION:
        raise UpdateRefused(
            f"the spool that version {version} writes is not opened by this one, so there would be no way back; "
            "install it on site"
        )


def point(installed: Path, link: str, version: str) -> None:
    """Let `link` lead to `version`: a power cut leaves it where it was, or there."""
    Link(installed / link, f"{VERSIONS}/{version}").make()
    force_folder(installed)


def forget_versions(places: UpdatePlaces) -> None:
    """Remove all versions but those that are linked and the newest that is older: that is there to go back to.

    What was fetched and unpacked goes too.
    """
    linked = {places.version_in(CURRENT), places.version_in(UPDATER)}
    others = [each for each in (places.installed / VERSIONS).iterdir() if each.name not in linked]
    older = [each for each in others if _order(each.name) < _order(places.version_in(CURRENT))]
    back = max(older, key=lambda each: _order(each.name), default=None)
    for folder in (*(each for each in others if each != back), places.archive, places.unpacked):
        shutil.rmtree(folder, ignore_errors=True)


def forget_version(places: UpdatePlaces, version: str) -> None:
    """Remove it, unless a link leads there."""
    if version not in (places.version_in(CURRENT), places.version_in(UPDATER)):
        shutil.rmtree(places.installed / VERSIONS / version, ignore_errors=True)


def _order(version: str) -> tuple[object, ...]:
    """As versions have it; what is none comes before all."""
    try:
        return version_key(version)
    except WireError:
        return ()


def _run(words: list[str], name: str, **environment: str) -> str:
    """What it says; UpdateRefused with its own last words where it fails."""
    try:
        ended = subprocess.run(  # noqa: S603 - words of this code, a program that was signed
            words, capture_output=True, text=True, errors="replace", check=False, timeout=INSTALL_S, cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), **environment},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UpdateRefused(f"{name} was not done within {INSTALL_S:.0f} s") from None
    except OSError as error:
        raise UpdateRefused(f"{name} cannot be run: {error.strerror}") from None
    said = " ".join((ended.stderr if ended.returncode else ended.stdout).split())
    if ended.returncode:
        raise UpdateRefused(f"{name} failed: {said[-250:] or f'exit code {ended.returncode}'}")
    return said
