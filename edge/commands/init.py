"""siaga-edge init [BUNDLE]: finds out what hangs on the ports, and writes edge.toml."""

import argparse
import functools
import sys
from pathlib import Path

from edge.commands import BROKEN, INTERRUPTED, MISTAKES, WELL
from edge.commands.shared import add_config, complain, no_agent_meanwhile, seconds
from edge.lock import SpoolLocked
from edge.settings_in_use import spool_in_use
from i18n.catalog import N_, Catalog, LanguageCode
from i18n.message import LocalizedMessage
from runtime.settings import SettingsError

EXPLAINED = N_(
    "Asks who this gateway is, where no file says so, looks at each serial port as detect does, listens at the local "
    "broker where there is one, gives what it finds the names that the city expects here, and writes edge.toml with "
    "comments when it has no mistakes. With a bundle it enrols first. It needs no network, and asks little: Enter "
    "takes what is suggested."
)


def below(_: Catalog) -> str:
    """What follows the options in the help."""
    return _("Exit code 0: written; 1: written without a source, or stopped; 2: nothing was written.")


def add_options(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    """The options of the command."""
    bundle = parser.add_argument("bundle", nargs="?", default="", metavar=_("BUNDLE"), help=_("enrol with it first"))
    bundle.complete = completes_file  # type: ignore[attr-defined]  # where shtab finds it
    add_config(parser, _, completes_file)
    parser.add_argument("--yes", action="store_true", help=_("take every suggestion"))
    parser.add_argument("--force", action="store_true", help=_("write sources that are there anew"))
    parser.add_argument(
        "--offline", action="store_true", help=_("do not connect now: the agent does, when there is a link")
    )
    parser.add_argument("--gateway", default="", metavar=_("NAME"), help=_("the name of this gateway"))
    parser.add_argument("--cloud", default="", metavar=_("HOST:PORT"), help=_("the cloud's broker"))
    parser.add_argument(
        "--port", action="append", default=[], metavar=_("PORT"), help=_("look at this port alone; more than once")
    )
    parser.add_argument("--seconds", type=seconds, default=60.0, metavar=_("SECONDS"), help=_("for each port at most"))


def run(options: argparse.Namespace, language: LanguageCode) -> int:
    """Write edge.toml; the exit code."""
    from edge.commission.commissioning import CannotCommission
    from edge.commission.dialogue import NoAnswer

    try:
        if options.bundle:
            from edge.commands.enrol import run as enrol

            code = enrol(options, language)
            if code != WELL:
                return code
        with no_agent_meanwhile(options.config):
            return _commission(options, language)
    except CannotCommission as error:
        complain([error.problem], language)
    except SettingsError as error:
        complain(error.problems, language)
    except NoAnswer:
        complain([LocalizedMessage("no answer that can be used; nothing was written")], language)
    except SpoolLocked:
        said = LocalizedMessage(
            "the agent runs here; stop it first (sudo systemctl stop siaga-edge), and start it after this"
        )
        complain([said], language)
    except KeyboardInterrupt:
        return INTERRUPTED
    return MISTAKES


def _commission(options: argparse.Namespace, language: LanguageCode) -> int:
    from edge.commission.commissioning import Commissioning
    from edge.commission.dialogue import Dialogue
    from edge.commission.expected_here import expected_here
    from edge.commission.next_step import next_step
    from edge.commission.topics import topics_nearby
    from edge.detect.ports import lasting_name, ports_of_this_machine
    from edge.detect.progress import show_progress
    from edge.detect.run import search_port

    dialogue = Dialogue(language, takes_all=options.yes)
    look = functools.partial(
        search_port, config=options.config, seconds=options.seconds, progress=show_progress(language, sys.stdout)
    )
    work = Commissioning(options.config, dialogue, look, may_replace=options.force)
    beginning = work.beginning(gateway=options.gateway, cloud=options.cloud)
    ports = [str(lasting_name(Path(port))) for port in options.port] or [str(port) for port in ports_of_this_machine()]
    if not ports:
        dialogue.tell(LocalizedMessage("no serial port was found; plug the adapter in"))
    topics = [] if options.port else topics_nearby(options.config, dialogue, options.seconds)
    sources = work.sources(ports, expected_here(options.config, spool_in_use(options.config)), topics)
    work.write(beginning, sources)
    dialogue.tell(
        LocalizedMessage("{file} is written, with {count} sources", file=str(options.config), count=len(sources)),
        next_step(options.config, offline=options.offline),
    )
    return WELL if sources else BROKEN
