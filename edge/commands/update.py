"""siaga-edge update [status | to VERSION | trust FILE | run]: what became of updates; `run` is the service's."""

import argparse
import os
import secrets
import sys
from pathlib import Path

from edge.commands import BROKEN, MISTAKES, WELL
from edge.commands.shared import add_config, complain
from edge.settings_in_use import spool_in_use
from edge.update.asked import UpdateRequest, write_request
from edge.update.kept_update import read_update
from edge.update.places import CURRENT, VERSIONS, UpdatePlaces, places_of
from edge.update.words import said_of_update
from i18n.catalog import N_, Catalog, LanguageCode
from i18n.message import LocalizedMessage
from wire.errors import WireError
from wire.gateway_update import MAX_ROOT_BYTES, version_key

EXPLAINED = N_(
    "Shows which version runs, which one is there to go back to, and what became of the last update. As root: "
    "`to VERSION` asks for one, as the city does; `trust FILE` lays the root of trust by which updates are believed; "
    "`run` does what is asked for, and is the service siaga-edge-update."
)
_STATUS, _TO, _TRUST, _RUN = "status", "to", "trust", "run"


def below(_: Catalog) -> str:
    """What follows the options in the help."""
    return "siaga-edge update --config /etc/siaga/edge.toml · sudo siaga-edge update to 1.2.0"


def add_options(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    """The options of the command."""
    parser.add_argument("what", nargs="?", choices=(_STATUS, _TO, _TRUST, _RUN), default=_STATUS, help=_("status"))
    about = parser.add_argument("about", nargs="?", metavar=_("VERSION or FILE"), help=_("of `to` and `trust`"))
    about.complete = completes_file  # type: ignore[attr-defined]  # where shtab finds it
    parser.add_argument("--again", action="store_true", help=_("also a version that was taken back before"))
    add_config(parser, _, completes_file)


def run(options: argparse.Namespace, language: LanguageCode) -> int:
    """Do it; the exit code."""
    spool = spool_in_use(options.config)  # also without settings: an update is finished all the same
    places = places_of(options.config, spool)
    if options.what == _STATUS:
        return _say_status(places, language)
    try:
        if options.what == _TO:
            return _ask(places, options.about or "", options.again)
        if options.what == _TRUST:
            return _trust(places, options.about)
        return _update(places, options.config, spool)
    except _Mistake as mistake:
        complain([mistake.problem], language)
        return MISTAKES
    except OSError as error:
        file, reason = str(error.filename or places.work), error.strerror or str(error)
        complain([LocalizedMessage("{file}: {reason}", file=file, reason=reason)], language)
        return BROKEN


class _Mistake(Exception):
    def __init__(self, problem: LocalizedMessage) -> None:
        super().__init__(problem)
        self.problem = problem


def _say_status(places: UpdatePlaces, language: LanguageCode) -> int:
    from edge.terminal import say

    kept, damage = read_update(places.state)
    runs = places.version_in(CURRENT)
    if not runs:
        none = LocalizedMessage(
            "there are no versions in {folder}: this gateway was not installed by install.sh",
            folder=str(places.installed),
        )
        say([none], language, sys.stdout)
        return WELL
    others = sorted(each.name for each in (places.installed / VERSIONS).iterdir() if each.name != runs)
    sentences = [LocalizedMessage("version {version} is in use", version=runs)]
    if others:
        sentences.append(LocalizedMessage("beside it: {versions}", versions=", ".join(others)))
    if not places.first_root.exists():
        sentences.append(LocalizedMessage("no root of trust is known yet, so no update is taken"))
    if kept.status is not None:
        sentences.append(said_of_update(kept.status))
    if damage:
        sentences.append(LocalizedMessage("{sentence}", sentence=damage))
    say(sentences, language, sys.stdout)
    return WELL


def _ask(places: UpdatePlaces, version: str, again: bool) -> int:
    """As the city's command does; the updater says in its state what it makes of it."""
    _needs_root()
    try:
        version_key(version)
    except WireError as error:
        raise _Mistake(LocalizedMessage("{sentence}", sentence=str(error))) from None
    write_request(places.request, UpdateRequest(version, f"on-site-{secrets.token_hex(8)}", again))
    return WELL


def _trust(places: UpdatePlaces, file: str | None) -> int:
    """Trust what the file says, in the place of what was trusted."""
    from edge.update.trust import lay_root

    _needs_root()
    if file is None:
        raise _Mistake(LocalizedMessage("name the file: siaga-edge update trust root.json"))
    with Path(file).open("rb") as opened:
        root = opened.read(MAX_ROOT_BYTES + 1)
    problem = lay_root(places, root)
    if problem:
        raise _Mistake(LocalizedMessage("{file} is no root of trust: {reason}", file=file, reason=problem))
    return WELL


def _update(places: UpdatePlaces, config: Path, spool: Path) -> int:
    """Do what is asked for, as the service."""
    from edge.update.link_settings import link_settings
    from edge.update.running import running_version
    from edge.update.start import start_linked
    from edge.update.updater import Updater
    from runtime.logs import set_up_logs
    from runtime.sd_notify import show_ready

    _needs_root()
    set_up_logs(verbose=False)
    os.umask(0o022)
    updater = Updater(
        places,
        link_settings(config),
        look=lambda: running_version(spool),
        start=lambda: start_linked(places.installed),
        ready=lambda: show_ready("looks what is asked for"),
    )
    updater.run()
    return WELL


def _needs_root() -> None:
    if os.geteuid() != 0:
        raise _Mistake(LocalizedMessage("this changes the installation, so it needs root: sudo siaga-edge update …"))
