"""siaga-cloud run --config cloud.toml [--verbose]        until SIGTERM or Ctrl-C

siaga-cloud ingest …   and   siaga-cloud web …            the same in two processes (docs/operations.md)
"""

import asyncio
import sys
from typing import Annotated

import typer

from cloud.cli.command import Config, new_app, one_sentence
from cloud.cli.exit_codes import ENDED
from cloud.database.lease import LeaseHeld, LeaseLost
from cloud.process.app import CannotStart, serve
from cloud.process.roles import ProcessRole
from runtime.logs import set_up_logs
from runtime.settings import FileAway

app, ingest_app, web_app = new_app(), new_app(), new_app()
Verbose = Annotated[bool, typer.Option("--verbose", help="Log what happens in detail.")]


@app.command()
@one_sentence(CannotStart)
def run(config: Config, verbose: Verbose = False) -> None:
    """Run the cloud until SIGTERM or Ctrl-C."""
    _serve(ProcessRole.ALL, config, verbose=verbose)


@ingest_app.command()
@one_sentence(CannotStart)
def ingest(config: Config, verbose: Verbose = False) -> None:
    """Ingest, judge and notify; siaga-cloud web has the screens."""
    _serve(ProcessRole.INGEST, config, verbose=verbose)


@web_app.command()
@one_sentence(CannotStart)
def web(config: Config, verbose: Verbose = False) -> None:
    """Serve console and API of what siaga-cloud ingest takes in."""
    _serve(ProcessRole.SCREENS, config, verbose=verbose)


def _serve(role: ProcessRole, config: Config, *, verbose: bool) -> None:
    set_up_logs(verbose=verbose)
    try:
        asyncio.run(serve(config, role))
    except FileAway as error:
        sys.stderr.writelines(f"{problem}\n" for problem in error.problems)
        raise typer.Exit(ENDED) from None
    except (LeaseLost, LeaseHeld) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(ENDED) from None
