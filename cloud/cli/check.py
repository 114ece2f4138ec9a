"""siaga-cloud check --config cloud.toml [--connect]        0: all is fine; 1: a connection failed; 2: a mistake"""

import sys
from typing import Annotated

import typer

from cloud.cli.command import Config, new_app
from cloud.cli.connection import connection_steps
from cloud.cli.exit_codes import CANNOT_START, ENDED
from cloud.cli.set_up import check_set_up
from cloud.process.settings import CloudSettings

app = new_app()


@app.command()
def check(
    config: Config,
    connect: Annotated[
        bool, typer.Option("--connect", help="Also try broker, store and registry, step by step.")
    ] = False,
) -> None:
    """Name every mistake in the settings, the city and the rules, and in what they need."""
    found = check_set_up(config)
    sys.stderr.writelines(f"warning: {warning}\n" for warning in found.warnings)
    if found.mistakes or found.settings is None:
        sys.stderr.writelines(f"{mistake}\n" for mistake in found.mistakes)
        raise typer.Exit(CANNOT_START)
    sys.stdout.write(f"{config.name} and {found.settings.registry.city.name} are fine\n")
    if connect and not _connects(found.settings):
        raise typer.Exit(ENDED)


def _connects(settings: CloudSettings) -> bool:
    """Print each step of each connection as it is tried; say whether all went well."""
    all_ok = True
    for part, step in connection_steps(settings):
        sys.stdout.write(f"{'ok' if step.ok else 'FAILED':<6}  {part:<8}  {step.name:<6}  {step.said}\n")
        sys.stdout.flush()
        all_ok = all_ok and step.ok
    return all_ok
