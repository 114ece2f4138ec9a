"""The server itself, as components of health:  disk · certificates · backups.

disk         degraded: "/var/lib/siaga has 4 % (812 MB) free; make room: old backups, logs"
certificates degraded: "/run/secrets/broker.crt ends in 12 days, on 2026-12-10; renew it"
These read files, so they run in a thread of their own, now and then (`service.py`).
"""

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography import x509

from cloud.backup.contents import AHEAD_MS
from cloud.backup.folders import made_at, whole_backups
from cloud.backup.verification import read_verification
from cloud.core.health import Component, Condition
from i18n.message import LocalizedMessage, joined

_MB = 1_000_000
_DAY_S = 86_400.0
_MAKE_ROOM = LocalizedMessage("make room: old backups, logs, images")
_RENEW = LocalizedMessage("renew it: docs/operations.md, certificates")
_NO_PEM = LocalizedMessage("it holds no certificate in PEM")


class ComponentObservation(msgspec.Struct, frozen=True):
    """What was seen: a component, and its figure for metrics (bytes, or UTC seconds); None where there is none."""

    component: Component
    figure: float | None = None


def disk(folders: Iterable[Path], *, least_percent: float, least_mb: int) -> ComponentObservation:
    """Return the disk with the least room that `folders` lie on; down where nothing can be written any more."""
    rooms = sorted(_room(folder) for folder in folders)
    if not rooms:
        nowhere = LocalizedMessage("nothing that grows is on a disk of this machine")
        return ComponentObservation(Component(Condition.OK, nowhere))
    share, free, folder = rooms[0]
    room = LocalizedMessage(
        "{folder} has {percent:.0f} % ({free} MB) free", folder=str(folder), percent=100 * share, free=free // _MB
    )
    if free < _MB:
        full = LocalizedMessage("{room}: nothing more can be kept; {advice}", room=room, advice=_MAKE_ROOM)
        return ComponentObservation(Component(Condition.DOWN, full), free)
    if 100 * share < least_percent or free < least_mb * _MB:
        return ComponentObservation(Component(Condition.DEGRADED, joined((room, _MAKE_ROOM))), free)
    return ComponentObservation(Component(Condition.OK, room), free)


def certificates(files: Sequence[Path], *, days: int, now_s: float) -> ComponentObservation:
    """Return the certificate of `files` that ends first; degraded within `days` of its end, down after it."""
    if not files:
        none = LocalizedMessage("no certificate is named in the settings")
        return ComponentObservation(Component(Condition.OK, none))
    ends: list[tuple[float, Path]] = []
    for file in files:
        try:
            ends.append((ends_at_s(file.read_bytes()), file))
        except (OSError, ValueError) as error:
            unread = LocalizedMessage(
                "{file} cannot be read: {reason}; look at [monitoring] certificates",
                file=str(file), reason=error.strerror if isinstance(error, OSError) else _NO_PEM,
            )  # fmt: skip
            return ComponentObservation(Component(Condition.DEGRADED, unread))
    end_s, file = min(ends)
    return ComponentObservation(_end_of(file, end_s, days=days, now_s=now_s), end_s)


def backups(folder: Path | None, *, oldest_h: float, now_s: float) -> ComponentObservation:
    """Return the age of the newest whole backup in `folder`; its figure is when that was made."""
    if folder is None:
        unwatched = LocalizedMessage("not watched: [monitoring] backups names no folder")
        return ComponentObservation(Component(Condition.OK, unwatched))
    try:
        newest = [path for path in whole_backups(folder) if made_at(path).timestamp() <= now_s + AHEAD_MS / 1_000][-1:]
    except OSError as error:
        unread = LocalizedMessage(
            "{folder} cannot be read: {reason}; look at [monitoring] backups", folder=str(folder), reason=error.strerror
        )
        return ComponentObservation(Component(Condition.DEGRADED, unread))
    if not newest:
        none = LocalizedMessage("there is no backup in {folder}; make one: docs/backup.md", folder=str(folder))
        return ComponentObservation(Component(Condition.DEGRADED, none))
    made_s = made_at(newest[0]).timestamp()
    age_h = (now_s - made_s) / 3_600
    said = LocalizedMessage("the newest backup is {name}, {hours:.0f} hours old", name=newest[0].name, hours=age_h)
    verification = read_verification(newest[0])
    if verification is not None and verification.problem:
        broken = LocalizedMessage("{newest}, and is not whole: {problem}", newest=said, problem=verification.problem)
        return ComponentObservation(Component(Condition.DEGRADED, broken), made_s)
    if age_h > oldest_h:
        old = LocalizedMessage("{newest}; look why none was made since: docs/backup.md", newest=said)
        return ComponentObservation(Component(Condition.DEGRADED, old), made_s)
    return ComponentObservation(Component(Condition.OK, said), made_s)


def _end_of(file: Path, end_s: float, *, days: int, now_s: float) -> Component:
    left_days, on = (end_s - now_s) / _DAY_S, f"{datetime.fromtimestamp(end_s, UTC):%Y-%m-%d}"
    if left_days <= 0:
        ended = LocalizedMessage("{file} ended on {date}", file=str(file), date=on)
        return Component(Condition.DOWN, joined((ended, _RENEW)))
    left = LocalizedMessage("{file} ends in {days:.0f} days, on {date}", file=str(file), days=left_days, date=on)
    if left_days < days:
        return Component(Condition.DEGRADED, joined((left, _RENEW)))
    return Component(Condition.OK, left)


def ends_at_s(pem: bytes) -> float:
    """Return when the first to end of the certificates in `pem` does (UTC, seconds); ValueError where there is none."""
    found = x509.load_pem_x509_certificates(pem)
    return min(certificate.not_valid_after_utc.timestamp() for certificate in found)


def _room(folder: Path) -> tuple[float, int, Path]:
    """Return share and bytes that are free on the disk of `folder`, or of its first parent that is there."""
    here = next((place for place in (folder, *folder.parents) if place.exists()), Path("/"))
    found = os.statvfs(here)
    free = found.f_bavail * found.f_frsize
    return free / max(1, found.f_blocks * found.f_frsize), free, here
