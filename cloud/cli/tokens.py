"""siaga-cloud token add grafana --role viewer --days 90 --config cloud.toml        token list | revoke"""

import sys
from typing import Annotated

import typer

from cloud.access.authenticator import Authenticator
from cloud.access.principal import Role
from cloud.access.rejection import AccessRejected
from cloud.access.tokens import MOST_DAYS
from cloud.cli.command import Config, new_app, print_text
from cloud.cli.people import Name, RoleOption, Sites, operator, sites_in_words, sites_named, table_of, with_access
from cloud.core.times import rfc_3339
from cloud.process.settings import load_cloud_settings

app = new_app(help="Make, list and revoke programs' tokens.")


@app.command()
def add(
    name: Name,
    config: Config,
    role: Annotated[Role, RoleOption],
    days: Annotated[int, typer.Option(help=f"Until it expires, at most {MOST_DAYS}.")] = 90,
    sites: Sites = None,
) -> None:
    """Make a token and show it, this once."""
    settings = load_cloud_settings(config)
    seen = sites_named(settings, sites)

    async def work(access: Authenticator) -> str:
        secret, token = await access.tokens.add(name, role, sites=seen, days=days, actor=operator())
        sys.stderr.write(
            f"{token.name} is {role.name.lower()} of {sites_in_words(token.sites)} until {rfc_3339(token.expires_ms)};"
            " the token is shown this once:\n"
        )
        return secret

    print_text(with_access(settings, work))


@app.command("list")
def list_tokens(config: Config) -> None:
    """List all tokens."""

    async def work(access: Authenticator) -> str:
        rows = [
            (
                token.name,
                token.role.name.lower(),
                sites_in_words(token.sites),
                f"by {token.author}",
                f"revoked {rfc_3339(token.revoked_ms)}" if token.revoked_ms else f"until {rfc_3339(token.expires_ms)}",
                f"last used {rfc_3339(token.seen_ms)}" if token.seen_ms else "never used",
            )
            for token in await access.tokens.all()
        ]
        return table_of(rows) or "there is no token yet; make one: siaga-cloud token add NAME --role viewer"

    print_text(with_access(load_cloud_settings(config), work))


@app.command()
def revoke(name: Name, config: Config) -> None:
    """End a token, for good."""

    async def work(access: Authenticator) -> str:
        for token in await access.tokens.all():
            if token.name == name:
                revoked = await access.tokens.revoke(token.id, actor=operator())
                return f"{token.name} is revoked since {rfc_3339(revoked.revoked_ms or 0)}"
        raise AccessRejected("unknown-token", f"there is no token {name}; siaga-cloud token list shows them all")

    print_text(with_access(load_cloud_settings(config), work))
