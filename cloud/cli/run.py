"""siaga-cloud run --config cloud.toml [--verbose]        until SIGTERM or Ctrl-C"""

import asyncio
import sys
from typing import Annotated

import typer

from cloud.cli.command import Config, new_app, one_sentence
from cloud.cli.exit_codes import ENDED
from cloud.database.lease import LeaseHeld, LeaseLost
from cloud.process.app import CannotStart, serve
from runtime.logs import set_up_logs
from runtime.settings import FileAway

app = new_app()


@app.command()
@one_sentence(CannotStart)
def run(
    config: Config, verbose: Annotated[bool, typer.Option("--verbose", help="Log what happens in detail.")] = False
) -> None:
    """Run the cloud until SIGTERM or Ctrl-C."""
    set_up_logs(verbose=verbose)
    try:
        asyncio.run(serve(config))
    except FileAway as error:
        sys.stderr.writelines(f"{problem}\n" for problem in error.problems)
        raise typer.Exit(ENDED) from None
    except (LeaseLost, LeaseHeld) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(ENDED) from None
