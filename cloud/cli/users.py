"""siaga-cloud user add ani --role administrator --config cloud.toml        user list | change | disable | totp reset"""

import getpass
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cloud.access.authenticator import Authenticator
from cloud.access.principal import Role
from cloud.access.users import UserUpdate
from cloud.cli.command import Config, new_app, print_text
from cloud.cli.people import Name, RoleOption, Sites, operator, sites_in_words, sites_named, table_of, with_access
from cloud.process.settings import CloudSettings, load_cloud_settings
from runtime.settings import SettingsError

app = new_app(help="Add, list, change and disable people.")
totp = new_app(help="One-time codes of people.")
app.add_typer(totp, name="totp")

FullName = Annotated[str | None, typer.Option(metavar="TEXT")]
PasswordFile = Annotated[Path | None, typer.Option(metavar="FILE", help="Take the password from a file.")]


@app.command()
def add(
    name: Name,
    config: Config,
    role: Annotated[Role, RoleOption],
    sites: Sites = None,
    full_name: FullName = None,
    password_file: PasswordFile = None,
) -> None:
    """Add somebody; the password is asked for."""
    settings = load_cloud_settings(config)
    seen, password = sites_named(settings, sites), _password(password_file)

    async def work(access: Authenticator) -> str:
        user = await access.users.add(name, password, role, sites=seen, full_name=full_name or "", actor=operator())
        return f"{user.name} is {role.name.lower()} of {sites_in_words(user.sites)}"

    print_text(with_access(settings, work))


@app.command("list")
def list_users(config: Config) -> None:
    """List everybody."""

    async def work(access: Authenticator) -> str:
        rows = [
            (
                user.name,
                user.role.name.lower(),
                sites_in_words(user.sites),
                "disabled" if user.disabled else "",
                "one-time codes" if user.has_totp else "",
                user.full_name,
            )
            for user in await access.users.all()
        ]
        return table_of(rows) or "there is no user yet; make one: siaga-cloud user add NAME --role administrator"

    print_text(with_access(load_cloud_settings(config), work))


@app.command()
def change(
    name: Name,
    config: Config,
    role: Annotated[Role | None, RoleOption] = None,
    sites: Sites = None,
    full_name: FullName = None,
    password_file: PasswordFile = None,
    password: Annotated[bool, typer.Option("--password", help="Ask for a new password.")] = False,
    enable: Annotated[bool, typer.Option("--enable", help="Let somebody in again who was disabled.")] = False,
) -> None:
    """Change somebody; what is left out stays."""
    settings = load_cloud_settings(config)
    given: dict[str, Any] = {}
    if role is not None:
        given["role"] = role
    if sites is not None:
        given["sites"] = sites_named(settings, sites)
    if full_name is not None:
        given["full_name"] = full_name
    if enable:
        given["disabled"] = False
    if password or password_file is not None:
        given["password"] = _password(password_file)
    if not given:
        raise SettingsError(["nothing to change; give --role, --sites, --full-name, --password or --enable"])
    _change(settings, name, UserUpdate(**given))


@app.command()
def disable(name: Name, config: Config) -> None:
    """Let somebody in no more."""
    _change(load_cloud_settings(config), name, UserUpdate(disabled=True))


@totp.command()
def reset(name: Name, config: Config) -> None:
    """Ask somebody for no code who has lost their phone, and end their sessions."""

    async def work(access: Authenticator) -> str:
        user = await access.second_factors.reset(name, actor=operator())
        return f"{user.name} logs in by the password alone, until they set up one-time codes again"

    print_text(with_access(load_cloud_settings(config), work))


def _change(settings: CloudSettings, name: str, update: UserUpdate) -> None:
    async def work(access: Authenticator) -> str:
        user = await access.users.change(name, update, actor=operator())
        sentence = f"{user.name} is {user.role.name.lower()} of {sites_in_words(user.sites)}"
        return f"{sentence}, and disabled" if user.disabled else sentence

    print_text(with_access(settings, work))


def _password(file: Path | None) -> str:
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError([f"--password-file {file}: cannot be read: {error}"]) from None
    if not sys.stdin.isatty():
        raise SettingsError(["there is no terminal to ask for the password; give --password-file FILE"])
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise SettingsError(["the two passwords differ; nothing was changed"])
    return password
