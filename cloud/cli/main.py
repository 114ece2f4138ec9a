"""siaga-cloud run --config cloud.toml        siaga-cloud check --config cloud.toml        siaga-cloud --version

siaga-cloud backup --config cloud.toml --to backups        siaga-cloud restore …        siaga-cloud migrate …
siaga-cloud user add ani --role administrator --config cloud.toml        siaga-cloud token add grafana --role viewer …
siaga-cloud gateway enrol gw-daruba --config cloud.toml        siaga-cloud ingester enrol …
siaga-cloud watch https://siaga.morotai.go.id --config watch.toml        on another machine
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cloud.cli.backups import add_backup_commands
from cloud.cli.broker_logins import add_broker_commands
from cloud.cli.connection import connection_steps
from cloud.cli.migrate import add_migrate_command
from cloud.cli.people import add_commands
from cloud.cli.set_up import check
from cloud.cli.watch import add_watch_command
from cloud.database.lease import LeaseHeld, LeaseLost
from cloud.process.app import CannotStart, serve
from cloud.process.settings import CloudSettings
from runtime.logs import set_up_logs
from runtime.settings import FileAway, SettingsError

CANNOT_START = 2
"""The exit code for a mistake in the set-up: starting again will not help."""
ENDED = 1
"""The exit code for an end that nobody asked for: starting again may help. What passes is waited out."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and give the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        return int(chosen.command(chosen))
    except FileAway as error:
        _refuse(error.problems)
        return ENDED if chosen.command is _run else CANNOT_START
    except SettingsError as error:
        return _refuse(error.problems)
    except CannotStart as error:
        return _refuse([str(error)])
    except (LeaseLost, LeaseHeld) as error:
        _refuse([str(error)])
        return ENDED


def _run(chosen: argparse.Namespace) -> int:
    set_up_logs(verbose=chosen.verbose)
    asyncio.run(serve(chosen.config))
    return 0


def _check(chosen: argparse.Namespace) -> int:
    found = check(chosen.config)
    sys.stderr.writelines(f"warning: {warning}\n" for warning in found.warnings)
    if found.mistakes or found.settings is None:
        return _refuse(found.mistakes)
    sys.stdout.write(f"{chosen.config.name} and {found.settings.registry.city.name} are fine\n")
    return _connect(found.settings) if chosen.connect else 0


def _connect(settings: CloudSettings) -> int:
    well = True
    for part, step in connection_steps(settings):
        sys.stdout.write(f"{'ok' if step.ok else 'FAILED':<6}  {part:<8}  {step.name:<6}  {step.said}\n")
        sys.stdout.flush()
        well = well and step.ok
    return 0 if well else ENDED


def _refuse(problems: Sequence[str]) -> int:
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return CANNOT_START


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="siaga-cloud", description="Takes in, keeps and shows a city's readings.")
    parser.add_argument("--version", action="version", version=f"siaga-cloud {_version()}")
    commands = parser.add_subparsers(
        required=True, metavar="run | check | backup | restore | migrate | user | token | gateway | ingester | watch"
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, required=True, metavar="cloud.toml", help="the settings file")
    run = commands.add_parser("run", parents=[common], help="run the cloud until SIGTERM or Ctrl-C")
    run.set_defaults(command=_run)
    look = commands.add_parser(
        "check",
        parents=[common],
        help="name every mistake in the settings, the city and the rules, and in what they need",
    )
    look.add_argument("--connect", action="store_true", help="also try broker, store and registry, step by step")
    look.set_defaults(command=_check)
    add_backup_commands(commands, common)
    add_migrate_command(commands, common)
    add_commands(commands, common)
    add_broker_commands(commands, common)
    add_watch_command(commands)
    run.add_argument("--verbose", action="store_true", help="log what happens in detail")
    return parser


def _version() -> str:
    try:
        return version("siaga")
    except PackageNotFoundError:
        return "from a source tree that is not installed"


if __name__ == "__main__":
    sys.exit(main())
