"""siaga-cloud store init --secrets secrets/influxdb --retention 800d --config cloud.toml        store check

made     set-up        admin, with the password of admin.password
made     login         grafana may read siaga, and nothing else
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cloud.cli.command import Config, new_app, one_sentence
from cloud.cli.connection import store_steps
from cloud.cli.exit_codes import ENDED
from cloud.process.settings import load_cloud_settings
from cloud.readings.administration.init import init_store
from cloud.readings.administration.plan import StoreInitError, plan_of, retention_of
from cloud.readings.settings import SqliteSettings
from runtime.settings import SettingsError

app = new_app(help="Set up the InfluxDB that keeps the readings, or check it.")


def _retention(text: str) -> int | None:
    try:
        return retention_of(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command()
def init(
    config: Config,
    secrets: Annotated[
        Path, typer.Option(metavar="FOLDER", help="With admin.password, admin.token (2.x) and grafana.password.")
    ],
    retention: Annotated[
        int | None,
        typer.Option(
            parser=_retention,
            metavar="TIME",
            help="How long readings are kept: 0 (for ever), 800d, 104w; else as it is.",
        ),
    ] = None,
) -> None:
    """Make what is missing: administrator, database or bucket, mapping, two logins. It may be run again."""
    settings = load_cloud_settings(config)
    if isinstance(settings.store, SqliteSettings):
        raise SettingsError([f"{config}: store.engine is sqlite, which needs no set-up; nothing was done"])
    with one_sentence(StoreInitError):
        for step in init_store(plan_of(settings.store, secrets, retention_s=retention)):
            sys.stdout.write(f"{step.outcome:<8} {step.name:<14} {step.said}\n")
            sys.stdout.flush()


@app.command()
def check(config: Config) -> None:
    """Say step by step whether the store can be used: version, login, rights, retention, field types, room."""
    failed = False
    for step in store_steps(load_cloud_settings(config)):
        sys.stdout.write(f"{'ok' if step.ok else 'FAILED':<6}  {step.name:<9}  {step.said}\n")
        sys.stdout.flush()
        failed = failed or not step.ok
    if failed:
        raise typer.Exit(ENDED)
