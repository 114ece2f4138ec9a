"""siaga-cloud ingester enrol cloud-2 --shards 32-63 --config cloud.toml        ingester rotate | revoke"""

from typing import Annotated

import typer

from cloud.broker.grants import ingester_grant
from cloud.cli import broker_logins
from cloud.cli.broker_logins import Into, Name, Now, Until, expected_failures, not_both
from cloud.cli.command import Config, new_app, print_text
from cloud.ingest.settings import IngestSettings
from cloud.process.settings import load_cloud_settings
from runtime.settings import SettingsError

app = new_app(help="Logins for several clouds that split the shards.")


def _shards(text: str) -> range:
    try:
        return IngestSettings(shards=text).shard_range
    except ValueError:
        raise typer.BadParameter(f'{text!r}: write the first and the last shard, as in "0-31"') from None


@app.command()
def enrol(
    name: Name,
    config: Config,
    shards: Annotated[range, typer.Option(metavar="0-31", parser=_shards, help="What it takes in.")],
    into: Into = None,
) -> None:
    """Let a cloud in for its shards."""
    settings = load_cloud_settings(config)
    with expected_failures():
        print_text(broker_logins.enrol(name, ingester_grant(name, shards), settings, into))


@app.command()
def rotate(name: Name, config: Config, into: Into = None, until: Until = None, now: Now = False) -> None:
    """Make a new login; the old one ends on a day, or now."""
    not_both(until, now)
    settings = load_cloud_settings(config)
    if until is None and not now:
        raise SettingsError(
            ["a cloud does not say which login it uses; say when the old one ends: --until DATE, or --now"]
        )
    with expected_failures():
        print_text(broker_logins.rotate("ingester", name, settings, until=until, now=now, into=into))


@app.command()
def revoke(name: Name, config: Config) -> None:
    """Let it in no more, from this moment."""
    settings = load_cloud_settings(config)
    with expected_failures():
        print_text(broker_logins.revoke("ingester", name, settings))
