"""The machine: room on the disk, wear of the card, the clock, the voltage (edge/under_voltage.py), updates.

/sys/block/mmcblk*/device/life_time, pre_eol_info      0x0b 0x01: eMMC and some cards (JEDEC 84-B51, EXT_CSD 267 to 269)

What a machine does not tell gives no finding.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from edge.doctor.finding import CheckOutcome, Finding
from edge.under_voltage import SYS, UnderVoltage, hexadecimal, under_voltage
from edge.update.words import said_of_update
from i18n.message import LocalizedMessage
from wire.gateway_update import UpdateState, UpdateStatus

MIB = 1024 * 1024
_SCARCE = 4
"""Times the room that the spool leaves free."""
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
_WORN, _WORN_OUT = 9, 11
"""Of life_time: 80 to 90 % are used; more than was reckoned with."""
_URGENT = 3
"""Of pre_eol_info: the spare blocks are used up by 90 %; 2 is 80 %."""


def of_the_disk(folder: Path, min_free_mb: int) -> Iterator[Finding]:
    """Room and rights where the spool is, or will be."""
    there = next((place for place in (folder, *folder.parents) if place.exists()), Path("/"))
    try:
        disk = os.statvfs(there)
    except OSError as error:
        said = LocalizedMessage("cannot be looked at: {reason}; look at dmesg", reason=error.strerror or "?")
        yield Finding("disk", str(there), CheckOutcome.FAIL, said)
        return
    free_mb = disk.f_bavail * disk.f_frsize // MIB
    room = _room(free_mb, min_free_mb)
    is_read_only = bool(disk.f_flag & os.ST_RDONLY)
    yield _read_only(there) if is_read_only else _unwritable(there) or Finding("disk", str(there), *room)


def _room(free_mb: int, min_free_mb: int) -> tuple[CheckOutcome, LocalizedMessage]:
    if free_mb <= min_free_mb:
        return CheckOutcome.FAIL, LocalizedMessage(
            "{free} MB are free, and the spool leaves {least} alone: it grows no more; make room", free=free_mb,
            least=min_free_mb,
        )  # fmt: skip
    if free_mb < _SCARCE * min_free_mb:
        return CheckOutcome.WARN, LocalizedMessage("{free} MB are free: make room soon", free=free_mb)
    return CheckOutcome.PASS, LocalizedMessage("{free} MB are free", free=free_mb)


def _read_only(there: Path) -> Finding:
    said = LocalizedMessage(
        "is read-only: nothing is kept over a power cut; a worn card is mounted so, look at dmesg, and replace it"
    )
    return Finding("disk", str(there), CheckOutcome.FAIL, said)


def _unwritable(there: Path) -> Finding | None:
    if os.access(there, os.W_OK | os.X_OK):
        return None
    said = LocalizedMessage("this user may not write there; run this as the agent's user, or with sudo")
    return Finding("disk", str(there), CheckOutcome.WARN, said)


def of_the_card(sys: Path = SYS) -> Iterator[Finding]:
    """How much of the life of each eMMC or card is used, where it tells."""
    for device in sorted(sys.glob("block/mmcblk*/device")):
        used = max(hexadecimal(device / "life_time"), default=0)
        spare = max(hexadecimal(device / "pre_eol_info"), default=0)
        if used or spare:
            yield Finding("card", device.parent.name, *_wear(used, spare))


def _wear(used: int, spare: int) -> tuple[CheckOutcome, LocalizedMessage]:
    if used >= _WORN_OUT or spare >= _URGENT:
        return CheckOutcome.FAIL, LocalizedMessage("says that it is worn out: replace it now")
    percent = max(0, used - 1) * 10
    if used >= _WORN or spare == _URGENT - 1:
        said = LocalizedMessage("says that {percent} percent of its life are used: replace it soon", percent=percent)
        return CheckOutcome.WARN, said
    return CheckOutcome.PASS, LocalizedMessage("says that {percent} percent of its life are used", percent=percent)


def of_the_update(update: UpdateStatus | None) -> Iterator[Finding]:
    """What became of the newest update."""
    if update is None:
        return
    failed = update.state in (UpdateState.ROLLED_BACK, UpdateState.REFUSED)
    yield Finding("update", "", CheckOutcome.WARN if failed else CheckOutcome.PASS, said_of_update(update))


def of_the_clock(now: datetime, *, synced: bool, trusted: bool) -> Finding:
    """Whether the time can be believed, as far as the machine knows."""
    shown = f"{now:%Y-%m-%d %H:%M} UTC"
    if now < _EARLIEST:
        said = LocalizedMessage(
            "this machine's clock says {now}, which is past; set it (timedatectl set-time), or let NTP through",
            now=shown,
        )
        return Finding("clock", "", CheckOutcome.FAIL, said)
    if not (synced or trusted):
        said = LocalizedMessage(
            "says {now}, and no time server has confirmed it since the start: readings are put right later; look at "
            "timedatectl, UDP 123, or name a receiver in [clock]",
            now=shown,
        )
        return Finding("clock", "", CheckOutcome.WARN, said)
    return Finding("clock", "", CheckOutcome.PASS, LocalizedMessage("says {now}, and is confirmed", now=shown))


def of_the_power(sys: Path = SYS) -> Iterator[Finding]:
    """Under-voltage, where the Pi tells."""
    found = under_voltage(sys)
    if found is None:
        return
    if found is UnderVoltage.NOW:
        said = LocalizedMessage(
            "the voltage is too low now: readings and the card are in danger; a better power supply, a shorter or "
            "thicker cable, fewer devices on USB"
        )
        yield Finding("power", "", CheckOutcome.FAIL, said)
    elif found is UnderVoltage.SINCE_START:
        said = LocalizedMessage("the voltage was too low since the start: look at the power supply and its cable")
        yield Finding("power", "", CheckOutcome.WARN, said)
    else:
        yield Finding("power", "", CheckOutcome.PASS, LocalizedMessage("the voltage was never too low since the start"))
