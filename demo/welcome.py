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
    why_no_grafana: LocalizedMessage = LocalizedMessage("")


def welcome(_: Catalog, places: Addresses, people: People) -> list[str]:
    """The lines, with a new code in the link."""
    return [*_addresses(_, places), "", *_suggestions(_, places), "", *_logins(_, places, people)]


def _addresses(_: Catalog, places: Addresses) -> list[str]:
    link = f"{places.console}/login/code/{issue(places.folder / CODE_FILE, _LINKED_ROLE)}"
    words = _("the link logs you in, once, within {n} minutes", n=LIFETIME_MS // MINUTE_MS)
    rows = [(_("console"), link, words), ("API", f"{places.console}/docs", _("all that programs can ask"))]
    if places.grafana:
        rows.append(("Grafana", places.grafana, _("no login; it is starting, and a line here says when it answers")))
    lines = [f"  {name:<10} [bold cyan]{address}[/]  {said}" for name, address, said in rows]
    return lines if places.grafana or not places.why_no_grafana else [*lines, f"  {_.said(places.why_no_grafana)}"]


def _suggestions(_: Catalog, places: Addresses) -> list[str]:
    console = f"{places.console}/console/{_.language.code}"
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


def _logins(_: Catalog, places: Addresses, people: People) -> list[str]:
    return [
        _(
            "To log in by name: {roles}; the password is {password}",
            roles=", ".join(ROLE_OF_NAME),
            password=f"[bold cyan]{people.password}[/]",
        ),
        _("Data: {data}, logs in {logs}. For this machine only: it listens on the loopback.",
          data=places.data, logs=places.data / "logs"),
        _("The devices are simulated, all else is real. Ctrl-C ends the demo."),
    ]  # fmt: skip
