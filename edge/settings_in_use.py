"""The settings that a running agent goes by, for commands that must find it: as it found them.

edge.toml is well                    the file
it is empty, away or no TOML         its last good copy, by which the agent runs on, or has started (last_good.py)

Mistakes in single settings do not matter here: `check` names them.
"""

from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from edge import last_good
from edge.check import CheckedSettings, check_file
from edge.settings import spool_of
from runtime.settings import FileAway, SettingsError, read_document


class SettingsInUse(NamedTuple):
    """The document, and what is wrong with the file; `copy` where that is the source instead.

    `is_away`: the file is not there, or may not be read by this user, and no copy either.
    """

    document: dict[str, Any]
    problems: tuple[str, ...] = ()
    copy: Path | None = None
    is_away: bool = False

    def spool(self, config: Path) -> Path:
        """The spool of the agent whose settings file is `config`."""
        table = self.document.get("spool")
        named = table.get("path") if isinstance(table, dict) else None
        path = Path(named) if isinstance(named, str) and "\0" not in named else None
        return spool_of(config, path).absolute()


def settings_in_use(config: Path) -> SettingsInUse:
    """What the agent of `config` goes by, as far as this user may read it."""
    document, problems, is_away = dict[str, Any](), tuple[str, ...](), False
    try:
        document = read_document(config)
    except SettingsError as error:
        problems, is_away = tuple(error.problems), isinstance(error, FileAway)
    if document:
        return SettingsInUse(document)
    copy = last_good.kept(config)
    if copy is None:
        return SettingsInUse(document, problems, is_away=is_away)
    return SettingsInUse(read_document(copy), problems or (last_good.note_on(config, copy),), copy)


def spool_in_use(config: Path) -> Path:
    """The spool that the agent of `config` uses, or would where the file is not there or has mistakes."""
    return settings_in_use(config).spool(config)


def checked_in_use(config: Path) -> CheckedSettings:
    """The settings; the last good ones, with a note that says so, where a power cut has emptied the file.

    SettingsError where they have mistakes.
    """
    copy = last_good.kept(config) if last_good.is_zeroed(config) else None
    if copy is None:
        return check_file(config)
    return msgspec.structs.replace(check_file(config, copy=copy), note=last_good.note_on(config, copy))
