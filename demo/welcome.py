"""What the demo says once it is ready: three addresses, three things to try, and how to log in; in two languages.

console   http://127.0.0.1:8080/login/code/x1D…      the link logs you in, once, within 15 minutes
"""

from pathlib import Path

import msgspec

from cloud.access.login_code import LIFETIME_MS, issue
from cloud.access.principal import ROLE_OF_NAME
from demo.people import People
from i18n.catalog import Catalog
from i18n.message import LocalizedMessage
from wire.durations import MINUTE_MS

CODE_FILE = "login.code"
_LINKED_ROLE = "administrator"


class Addresses(msgspec.Struct, frozen=True):
    """Where everything is: `grafana` is an address, or empty and `why_no_grafana` says why."""

    console: str
    data: Path
    folder: Path
    """The same, as a path from the root."""
    grafana: str = ""
    is_own_grafana: bool = True
    why_no_grafana: LocalizedMessage = LocalizedMessage("")


def welcome(_: Catalog, addresses: Addresses, people: People) -> list[str]:
    """The lines, with a new code in the link."""
    return [*_addresses(_, addresses), "", *_suggestions(_, addresses), "", *_logins(_, addresses, people)]


def _addresses(_: Catalog, addresses: Addresses) -> list[str]:
    link = f"{addresses.console}/login/code/{issue(addresses.folder / CODE_FILE, _LINKED_ROLE)}"
    words = _("the link logs you in, once, within {n} minutes", n=LIFETIME_MS // MINUTE_MS)
    rows = [(_("console"), link, words), ("API", f"{addresses.console}/docs", _("all that programs can ask"))]
    if addresses.grafana:
        rows.append(("Grafana", addresses.grafana, _grafana_words(_, is_own=addresses.is_own_grafana)))
    lines = [f"  {name:<10} [bold cyan]{address}[/]  {said}" for name, address, said in rows]
    return (
        lines
        if addresses.grafana or not addresses.why_no_grafana
        else [*lines, f"  {_.said(addresses.why_no_grafana)}"]
    )


def _grafana_words(_: Catalog, *, is_own: bool) -> str:
    if is_own:
        return _("no login; it is starting, and a line here says when it answers")
    return _("a line here says when it has the dashboards")


def _suggestions(_: Catalog, addresses: Addresses) -> list[str]:
    console = f"{addresses.console}/console/{_.language.code}"
    return [
        _("Three things to try:"),
        "  1. "
        + _("Acknowledge an alarm with a word, and see who has seen it: {address}", address=f"{console}/alarms"),
        "  2. "
        + _(
            "Move a threshold, and see what it would have raised in the past days: {address}",
            address=f"{console}/thresholds",
        ),
        "  3. " + _("See a flood come, and lose nothing in a power cut: make demo STORY=flood, or STORY=powercut"),
    ]


def _logins(_: Catalog, addresses: Addresses, people: People) -> list[str]:
    return [
        _(
            "To log in by name: {roles}; the password is {password}",
            roles=", ".join(ROLE_OF_NAME),
            password=f"[bold cyan]{people.password}[/]",
        ),
        _("Data: {data}, logs in {logs}. For this machine only: it listens on the loopback.",
          data=addresses.data, logs=addresses.data / "logs"),
        _("The devices are simulated, all else is real. Ctrl-C ends the demo."),
    ]  # fmt: skip
