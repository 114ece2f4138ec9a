"""siaga-cloud fleet keys make --into /media/stick --config cloud.toml        keys that say what gateways may install

keys replace root-2 --with root-1.pem --with root-3.pem --into /media/stick        one that was lost, or seen by others
keys renew --with root-1.pem --with root-3.pem --with targets.pem                  before what they signed ends
"""

import getpass
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from securesystemslib.signer import CryptoSigner

from cloud.cli.command import Config, new_app, one_sentence, print_text
from cloud.process.settings import CloudSettings, load_cloud_settings
from cloud.updates import key_change
from cloud.updates.keys import ONLINE_NAME, KeyRefused, Passphrase, read_key
from cloud.updates.metadata import RepositoryBroken
from cloud.updates.publishing import PublishRefused, existing, renew
from cloud.updates.repository import RepositoryBusy, RepositoryFolder
from cloud.updates.settings import UpdateSettings
from runtime.settings import SettingsError

PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", metavar="FILE", help="Read the passphrase from FILE, instead of asking for it."),
]
Into = Annotated[Path, typer.Option("--into", metavar="FOLDER", help="Where new keys are written: a stick.")]
With = Annotated[
    list[Path], typer.Option("--with", metavar="KEY.pem", help="A key to sign with. Repeatable: a root takes two.")
]

app = new_app(help="Make, replace and use again the keys that say what gateways may install.")


@app.command()
def make(into: Into, config: Config, passphrase_file: PassphraseFile = None) -> None:
    """Make the keys and an empty repository; then carry the keys away, each to another place."""
    settings = update_settings_of(load_cloud_settings(config))
    with one_sentence(*expected_of_keys()):
        secret = _new_passphrase(passphrase_file)
        made = key_change.begin(RepositoryFolder(settings.folder), into, settings.online_key, secret)
    print_text(
        "\n".join(map(str, made))
        + f"\nKeep each root key in a place of its own, and none of them here: any two can replace one that is lost."
        f"\nThe targets key publishes. {made[-1].name} stays here, for the running cloud."
    )


@app.command()
def replace(
    name: Annotated[str, typer.Argument(metavar="NAME", help="root-1, …, targets or online.")],
    signing: With, config: Config, into: Annotated[Path | None, typer.Option("--into", metavar="FOLDER")] = None,
    passphrase_file: PassphraseFile = None,
) -> None:  # fmt: skip
    """Put a new key in the place of one that was lost, or that others may have."""
    settings = update_settings_of(load_cloud_settings(config))
    repository = RepositoryFolder(settings.folder)
    with one_sentence(*expected_of_keys()):
        signers = read_signers(signing, passphrases(passphrase_file))
        if name == ONLINE_NAME:
            key_change.replace_online(repository, settings.online_key, signers)
            print_text(f"{settings.online_key} is new, and what is published is signed by it")
            return
        if into is None:
            raise typer.BadParameter("--into is missing: say where the new key is written")
        online, secret = read_key(settings.online_key), _new_passphrase(passphrase_file)
        file = key_change.replace_offline(repository, name, into, signers, online, secret)
    print_text(f"{file} is in the place of {name}, which counts no more")


@app.command("renew")
def renew_signatures(signing: With, config: Config, passphrase_file: PassphraseFile = None) -> None:
    """Sign again what the keys may, before it ends: the root (two root keys), targets (the targets key)."""
    settings = update_settings_of(load_cloud_settings(config))
    repository = RepositoryFolder(settings.folder)
    with one_sentence(*expected_of_keys()):
        signers = read_signers(signing, passphrases(passphrase_file))
        done = renew(repository, signers, read_key(settings.online_key))
        ends = existing(repository).expiries()
    if not done:
        raise SettingsError(["these keys may sign neither root nor targets; give two root keys, or the targets key"])
    print_text("\n".join(f"{name} holds until {ends[name]:%Y-%m-%d}" for name in done))


def update_settings_of(settings: CloudSettings) -> UpdateSettings:
    """[updates]; SettingsError where it is missing."""
    if settings.updates is None:
        raise SettingsError(
            ["cloud.toml: updates: is missing; add [updates] with folder, url and online_key (docs/cloud.md)"]
        )
    return settings.updates


def expected_of_keys() -> tuple[type[Exception], ...]:
    """What may go wrong with keys and the repository, each a sentence."""
    return KeyRefused, PublishRefused, RepositoryBroken, RepositoryBusy, OSError


def read_signers(files: Sequence[Path], passphrase: Passphrase) -> list[CryptoSigner]:
    """Read keys, asking for the passphrase of each; KeyRefused where one cannot be read."""
    return [read_key(file, passphrase) for file in files]


def passphrases(file: Path | None) -> Passphrase:
    """Asks at the terminal, or reads `file`; KeyRefused where there is neither."""
    if file is not None:
        text = file.read_text(encoding="utf-8-sig").strip("\r\n")
        return lambda _name: text
    if not sys.stdin.isatty():
        raise KeyRefused("the passphrase of a key is asked for at a terminal; from a program, give --passphrase-file")
    return lambda name: getpass.getpass(f"passphrase of {name}: ")


def _new_passphrase(file: Path | None) -> str:
    ask = passphrases(file)
    first = ask("the new keys")
    if file is None and ask("the new keys, again") != first:
        raise KeyRefused("the two differ; nothing was made")
    return first
