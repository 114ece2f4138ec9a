"""What several commands have: options, settings without mistakes, sentences at a terminal."""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.check import CheckedSettings
from edge.commands import MISTAKES
from edge.settings import INSTALLED
from edge.settings_in_use import checked_in_use, settings_in_use, spool_in_use
from i18n.catalog import Catalog, LanguageCode
from i18n.message import LocalizedMessage
from i18n.terminal import problem_of_variable
from runtime.settings import SettingsError

_A_DAY_S = 86_400


def add_config(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    """--config FILE; `completes_file` is shtab's word for an option that is a file."""
    config = parser.add_argument(
        "--config",
        type=Path,
        default=config_here(),
        metavar=_("FILE"),
        help=_("the settings (edge.toml of this folder; without one those of the installed gateway)"),
    )
    config.complete = completes_file  # type: ignore[attr-defined]  # where shtab finds it


def config_here(folder: Path = Path(), installed: Path = INSTALLED) -> Path:
    """edge.toml in `folder`; where it has none, on a gateway that is installed, the settings of the service."""
    name = installed.name
    return installed if installed.parent.is_dir() and not (folder / name).exists() else Path(name)


def add_root(parser: argparse.ArgumentParser, _: Catalog) -> None:
    """--root DIR."""
    parser.add_argument(
        "--root",
        type=Path,
        default=Path("/"),
        metavar=_("DIR"),
        help=_("the folder that is the root of an image; otherwise this machine"),
    )


def add_option(parser: argparse.ArgumentParser, _: Catalog) -> None:
    """--option KEY=VALUE, as often as is wanted."""
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar=_("KEY=VALUE"),
        help=_("an option of the source, as in edge.toml"),
    )


def seconds(text: str) -> float:
    """A time to wait, a day at most; ValueError, which argparse turns into a refusal."""
    found = float(text)
    if not 0 < found <= _A_DAY_S:
        raise ValueError(text)
    return found


def checked_settings(path: Path, language: LanguageCode) -> CheckedSettings:
    """The settings in `path`, or their last good copy, after what is to be said of them; SystemExit for mistakes."""
    try:
        checked = checked_in_use(path)
    except SettingsError as error:
        complain(error.problems, language)
        raise SystemExit(MISTAKES) from None
    if checked.note:
        complain([checked.note], language)
    _warn(checked, language)
    return checked


def complain(sentences: Sequence[str], language: LanguageCode) -> None:
    """Say `sentences` on standard error."""
    from edge.terminal import say  # an agent that runs well has nothing to say

    say(sentences, language, sys.stderr)


def _warn(checked: CheckedSettings, language: LanguageCode) -> None:
    variable = problem_of_variable()
    sentences = [*([variable] if variable is not None else []), *checked.warnings]
    if sentences:
        complain([LocalizedMessage("warning: {sentence}", sentence=sentence) for sentence in sentences], language)


def no_agent_meanwhile(config: Path) -> contextlib.AbstractContextManager[None]:
    """The lock of the agent that uses these settings; nothing is made where none ever ran."""
    from edge.lock import locked

    file = spool_in_use(config)
    return locked(file) if file.with_name(f"{file.name}.lock").exists() else contextlib.nullcontext()


def spool_path(config: Path, language: LanguageCode) -> Path:
    """The spool by which a running agent is found; SystemExit where there are no settings, which is said."""
    found = settings_in_use(config)
    if found.is_away:
        complain(found.problems, language)
        raise SystemExit(MISTAKES)
    return found.spool(config)
