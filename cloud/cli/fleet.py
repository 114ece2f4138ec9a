"""siaga-cloud fleet publish siaga-edge-1.2.0-aarch64.tar.gz --key targets.pem --config cloud.toml

fleet keys make | replace | renew        fleet publish | withdraw | refresh        what gateways may install, signed
fleet list        fleet update --to 1.2.0 --batch 5        fleet stop                   which gateway gets what, when
"""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from cloud.cli import fleet_keys, fleet_rollout
from cloud.cli.command import Config, new_app, one_sentence, print_text
from cloud.cli.fleet_keys import PassphraseFile, expected_of_keys, passphrases, read_signers, update_settings_of
from cloud.process.settings import load_cloud_settings
from cloud.updates.archive import ArchiveRefused, read_archive
from cloud.updates.keys import read_key
from cloud.updates.publishing import existing, publish, sign_of_now, versions_in, withdraw
from cloud.updates.repository import RepositoryFolder
from cloud.updates.rollout import MOST_IN_A_BATCH, RolloutState

Key = Annotated[Path, typer.Option("--key", metavar="targets.pem", help="The targets key, from where it is kept.")]

app = new_app(help="Publish versions for gateways, and bring gateways to one, in steps.")
app.add_typer(fleet_keys.app, name="keys")


@app.command("publish")
def publish_archives(
    archives: Annotated[list[Path], typer.Argument(metavar="ARCHIVE…")], key: Key, config: Config,
    passphrase_file: PassphraseFile = None,
) -> None:  # fmt: skip
    """Let gateways have archives that deploy/wheelhouse/make made."""
    settings = update_settings_of(load_cloud_settings(config))
    with _expected():
        found = [read_archive(archive) for archive in archives]
        signers = read_signers([key], passphrases(passphrase_file))
        publish(RepositoryFolder(settings.folder), found, signers, read_key(settings.online_key))
    print_text("\n".join(f"{archive.name} is published" for archive in found))


@app.command("withdraw")
def withdraw_version(
    version: Annotated[str, typer.Argument(metavar="VERSION")], key: Key, config: Config,
    passphrase_file: PassphraseFile = None,
) -> None:  # fmt: skip
    """Let no gateway install a version any more; those that run it go on."""
    settings = update_settings_of(load_cloud_settings(config))
    with _expected():
        signers = read_signers([key], passphrases(passphrase_file))
        gone = withdraw(RepositoryFolder(settings.folder), version, signers, read_key(settings.online_key))
    print_text("\n".join(f"{name} is withdrawn" for name in gone))


@app.command()
def refresh(config: Config) -> None:
    """Say with the online key that what is published is of now; the running cloud does so each day."""
    settings = update_settings_of(load_cloud_settings(config))
    with _expected():
        state = sign_of_now(RepositoryFolder(settings.folder), read_key(settings.online_key))
    print_text("\n".join(f"{name} holds until {ends:%Y-%m-%d}" for name, ends in state.expiries().items()))


@app.command()
def versions(config: Config) -> None:
    """List what is published."""
    settings = update_settings_of(load_cloud_settings(config))
    with _expected():
        found = versions_in(existing(RepositoryFolder(settings.folder)))
    print_text("\n".join(f"{version}  {', '.join(each)}" for version, each in found.items()) or "nothing is published")


@app.command("list")
def list_gateways(config: Config) -> None:
    """List gateways: the version of each, which one it is to have, how far that is, and since when."""
    print_text(fleet_rollout.listed(load_cloud_settings(config)))


@app.command()
def update(
    to: Annotated[str, typer.Option("--to", metavar="VERSION", help="A version that is published.")], config: Config,
    batch: Annotated[int, typer.Option(min=1, max=MOST_IN_A_BATCH, help="Gateways at a time.")] = 5,
    gateway: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this one. Repeatable.")] = None,
    skip_offline: Annotated[bool, typer.Option("--skip-offline", help="Leave out who is offline.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also where this version was rolled back before.")] = False,
    within_min: Annotated[float | None, typer.Option(min=1, max=10_080, help="For each, until it confirms.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen.")] = False,
    no_follow: Annotated[bool, typer.Option("--no-follow", help="Begin, and do not look on.")] = False,
) -> None:  # fmt: skip
    """Bring gateways to a version, a batch at a time; one that fails ends it. The running cloud carries it out."""
    settings, names = load_cloud_settings(config), gateway or []
    if dry_run:
        said = fleet_rollout.planned(settings, to, batch=batch, gateways=names, skip_offline=skip_offline, again=again)
        print_text(said)
        return
    state = fleet_rollout.started(
        settings, to, batch=batch, gateways=names, skip_offline=skip_offline, again=again,
        limit_s=None if within_min is None else within_min * 60, follow=not no_follow,
    )  # fmt: skip
    if state in (RolloutState.FAILED, RolloutState.STOPPED):
        raise typer.Exit(1)


@app.command()
def stop(config: Config) -> None:
    """Ask no other gateway; who was asked goes on."""
    print_text(fleet_rollout.stopped(load_cloud_settings(config)))


def _expected() -> AbstractContextManager[None]:
    return one_sentence(ArchiveRefused, *expected_of_keys())
