"""What the watch keeps over a restart: whom it notified of, when it last said that it lives, what is not sent yet.

{"told": {"https://siaga.morotai.go.id/api/v1/health": 1795489800000}, "life_sign_ms": …, "waiting": [notification, …]}
Replaced whole; a file that cannot be read is a first start: to notify again is better than not to notify.
"""

import logging
from pathlib import Path

import msgspec

from cloud.notify.notifications import Notification
from runtime.whole_files import replace_file

MOST_WAITING = 200
_log = logging.getLogger(__name__)


class WatchMemory(msgspec.Struct):
    """What is kept; times in UTC milliseconds.

    `notified` is by address since when a server is gone, where that was sent; in the file its name is "told". `waiting`
    are the notifications that no channel has taken yet, the oldest first.
    """

    notified: dict[str, int] = msgspec.field(default_factory=dict, name="told")
    life_sign_ms: int = 0
    waiting: list[Notification] = []


def load(file: Path) -> WatchMemory:
    """Return what was kept in `file`."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=WatchMemory)
    except FileNotFoundError:
        return WatchMemory()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        _log.warning("%s cannot be read (%s); the watch begins again", file, error)
        return WatchMemory()


def save(file: Path, memory: WatchMemory) -> None:
    """Write `memory` into `file`, whole; that a disk takes nothing stands in the log and stops nothing."""
    del memory.waiting[:-MOST_WAITING]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, msgspec.json.encode(memory))
    except OSError as error:
        _log.warning("%s cannot be written: %s; after a restart the watch may tell something twice", file, error)
