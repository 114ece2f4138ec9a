"""siaga-cloud run --config cloud.toml        siaga-cloud check --config cloud.toml        siaga-cloud --version

siaga-cloud ingest --config cloud.toml     siaga-cloud web --config cloud.toml        the same in two processes
siaga-cloud backup --config cloud.toml --to backups        siaga-cloud restore …        siaga-cloud migrate …
siaga-cloud store init --secrets secrets/influxdb --config cloud.toml        siaga-cloud store check …
siaga-cloud registry export --config cloud.toml        siaga-cloud registry import city.toml …
siaga-cloud rules export --config cloud.toml           siaga-cloud rules import rules.toml …
siaga-cloud user add ani --role administrator --config cloud.toml        siaga-cloud token add grafana --role viewer …
siaga-cloud gateway enrol gw-daruba --config cloud.toml        siaga-cloud ingester enrol …
siaga-cloud fleet update --to 1.2.0 --batch 5 --config cloud.toml
siaga-cloud fit air bam --from 2026-10-01 --to 2026-10-11 --config cloud.toml
siaga-cloud readings import archive.csv --zone Asia/Jayapura --reason 'station archive' --config cloud.toml
siaga-cloud readings export river.csv --sensor river-daruba-1 --start 2026-01-01T00:00:00Z --config cloud.toml
siaga-cloud watch https://siaga.morotai.go.id --config watch.toml        on another machine
siaga-cloud --install-completion        so that the shell completes all of this
"""

import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from cloud.cli.exit_codes import CANNOT_START
from cloud.cli.lazy_group import LazyGroup, Row
from runtime.extras import MissingExtra
from runtime.settings import SettingsError

PROGRAM = "siaga-cloud"
COMMANDS = {
    "run": Row("cloud.cli.run", "app", "cloud", "Run the cloud until SIGTERM or Ctrl-C."),
    "ingest": Row(
        "cloud.cli.run", "ingest_app", "cloud", "Ingest, judge and notify; siaga-cloud web has the screens."
    ),
    "web": Row("cloud.cli.run", "web_app", "cloud", "Serve console and API of what siaga-cloud ingest takes in."),
    "check": Row(
        "cloud.cli.check", "app", "cloud",
        "Name every mistake in the settings, the city and the rules, and in what they need.",
    ),
    "backup": Row(
        "cloud.cli.backups", "backup_app", "cloud",
        "Copy all that the cloud keeps into a folder, or verify such a copy.",
    ),
    "restore": Row("cloud.cli.backups", "restore_app", "cloud", "Bring a backup back into empty databases."),
    "store": Row("cloud.cli.store", "app", "cloud", "Set up the InfluxDB that keeps the readings, or check it."),
    "registry": Row(
        "cloud.cli.registry", "app", "cloud", "Export the registry, or import a city.toml or a table into it."
    ),
    "rules": Row("cloud.cli.rules", "app", "cloud", "Export the rules that hold, or import a rules.toml."),
    "migrate": Row("cloud.cli.migrate", "app", "cloud", "Bring the registry database to a revision."),
    "user": Row("cloud.cli.users", "app", "cloud", "Add, list, change and disable people."),
    "token": Row("cloud.cli.tokens", "app", "cloud", "Make, list and revoke programs' tokens."),
    "gateway": Row("cloud.cli.gateways", "app", "cloud", "Let gateways connect or no more; set and ask those that do."),
    "fleet": Row(
        "cloud.cli.fleet", "app", "cloud", "Publish versions for gateways, and bring gateways to one, in steps."
    ),
    "ingester": Row("cloud.cli.ingesters", "app", "cloud", "Logins for several clouds that split the shards."),
    "fit": Row(
        "cloud.cli.fit", "app", "cloud",
        "Fit a line from a sensor to the reference beside it, over the hours that both have.",
    ),
    "readings": Row("cloud.cli.readings", "app", "cloud", "Bring in historical readings, and write readings as files."),
    "watch": Row(
        "cloud.cli.watch", "app", "watch",
        "Ask a cloud's health from another machine, and page when it is gone.",
    ),
}  # fmt: skip


class Commands(LazyGroup):
    """The commands of siaga-cloud."""

    table = COMMANDS


app = typer.Typer(
    cls=Commands,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 120},
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and give the exit code."""
    try:
        typer.main.get_command(app).main(arguments, prog_name=PROGRAM)
    except SettingsError as error:
        return _refuse(error.problems)
    except MissingExtra as error:
        return _refuse([str(error)])
    except SystemExit as ended:  # how Typer ends: after help, a mistake on the command line, or a command's own code
        return int(ended.code or 0)
    return 0


def _refuse(problems: Iterable[str]) -> int:
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return CANNOT_START


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"{PROGRAM} {_version()}\n")
        raise typer.Exit


@app.callback()
def siaga_cloud(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take in, keep and show a city's readings."""


def _version() -> str:
    try:
        return version("siaga")
    except PackageNotFoundError:
        return "from a source tree that is not installed"


if __name__ == "__main__":
    sys.exit(main())
