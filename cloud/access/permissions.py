"""The table of permissions: what each route takes at least. What is not in the table is denied to everybody.

("POST", "/api/v1/alarms/{id}/acknowledge"): OPERATOR        {name} is one part of a path, {rest:path} any number
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal

from cloud.access.principal import Role

Least = Role | Literal["public"]
Table = Mapping[tuple[str, str], Least]

PUBLIC: Literal["public"] = "public"
_VIEWER, _TECHNICIAN, _OPERATOR, _ENGINEER, _ADMINISTRATOR = Role

PERMISSIONS: Table = {
    # who one is
    ("GET", "/login"): PUBLIC,
    ("POST", "/login"): PUBLIC,
    ("GET", "/login/code/{code}"): PUBLIC,
    ("POST", "/login/code/{code}"): PUBLIC,
    ("POST", "/api/v1/session"): PUBLIC,
    ("GET", "/api/v1/session"): _VIEWER,
    ("DELETE", "/api/v1/session"): _VIEWER,
    ("POST", "/api/v1/session/password"): _VIEWER,
    # what there is and how it does
    ("GET", "/api/v1/health"): PUBLIC,
    ("GET", "/api/v1/sites"): _VIEWER,
    ("GET", "/api/v1/sensors"): _VIEWER,
    ("GET", "/api/v1/domains"): _VIEWER,
    ("GET", "/api/v1/quantities"): _VIEWER,
    ("GET", "/api/v1/gateways"): _VIEWER,
    ("GET", "/api/v1/readings/latest"): _VIEWER,
    ("GET", "/api/v1/readings"): _VIEWER,
    ("GET", "/api/v1/indices"): _VIEWER,
    ("GET", "/api/v1/index-tables"): _VIEWER,
    ("GET", "/metrics"): _VIEWER,
    ("GET", "/api/v1/dead-letters"): _VIEWER,
    ("GET", "/api/v1/dead-letters/{id}"): _VIEWER,
    ("POST", "/api/v1/dead-letters/{id}/replay"): _TECHNICIAN,
    ("POST", "/api/v1/dead-letters/replay"): _TECHNICIAN,
    ("DELETE", "/api/v1/dead-letters/{id}"): _ENGINEER,
    ("DELETE", "/api/v1/dead-letters"): _ENGINEER,
    # rules
    ("GET", "/api/v1/rules"): _VIEWER,
    ("GET", "/api/v1/rules/resolved"): _VIEWER,
    ("GET", "/api/v1/rules/{family}"): _VIEWER,
    ("GET", "/api/v1/rules/{family}/{scope}/versions"): _VIEWER,
    ("PUT", "/api/v1/rules/{family}/{scope}"): _ENGINEER,
    ("DELETE", "/api/v1/rules/{family}/{scope}"): _ENGINEER,
    ("POST", "/api/v1/rules/{family}/{scope}/undo"): _ENGINEER,
    ("POST", "/api/v1/rules/preview"): _ENGINEER,
    # dated facts
    ("GET", "/api/v1/facts"): _VIEWER,
    ("POST", "/api/v1/facts"): _ENGINEER,
    ("POST", "/api/v1/facts/{id}/correct"): _ENGINEER,
    ("POST", "/api/v1/facts/{id}/undo"): _ENGINEER,
    # alarms
    ("GET", "/api/v1/alarms"): _VIEWER,
    ("GET", "/api/v1/alarms/{id}"): _VIEWER,
    ("POST", "/api/v1/alarms/{id}/acknowledge"): _OPERATOR,
    ("POST", "/api/v1/alarms/{id}/assign"): _OPERATOR,
    ("POST", "/api/v1/alarms/{id}/shelve"): _OPERATOR,
    ("GET", "/api/v1/alarms/{id}/journal"): _OPERATOR,
    ("GET", "/api/v1/journal"): _OPERATOR,
    ("GET", "/api/v1/maintenance"): _VIEWER,
    ("POST", "/api/v1/maintenance"): _TECHNICIAN,
    ("DELETE", "/api/v1/maintenance/{id}"): _TECHNICIAN,
    # telling people
    ("GET", "/api/v1/channels"): _VIEWER,
    ("POST", "/api/v1/channels/{name}/test"): _OPERATOR,
    ("POST", "/api/v1/channels/test-alarm"): _OPERATOR,
    ("GET", "/api/v1/duty"): _VIEWER,
    ("POST", "/api/v1/duty"): _OPERATOR,
    ("DELETE", "/api/v1/duty/{id}"): _OPERATOR,
    ("GET", "/api/v1/cap"): _VIEWER,
    ("GET", "/api/v1/cap/{id}"): _VIEWER,
    # people and programs
    ("GET", "/api/v1/users"): _ADMINISTRATOR,
    ("POST", "/api/v1/users"): _ADMINISTRATOR,
    ("PATCH", "/api/v1/users/{name}"): _ADMINISTRATOR,
    ("GET", "/api/v1/tokens"): _ADMINISTRATOR,
    ("POST", "/api/v1/tokens"): _ADMINISTRATOR,
    ("DELETE", "/api/v1/tokens/{id}"): _ADMINISTRATOR,
    # pages; what a page lets people do is asked of `current_principal` again where it is done
    ("GET", "/"): _VIEWER,
    ("GET", "/docs"): _VIEWER,
    ("GET", "/docs/{name}"): _VIEWER,
    ("GET", "/openapi.json"): _VIEWER,
    ("GET", "/console/{language}"): _VIEWER,
    ("GET", "/password"): _VIEWER,
    ("POST", "/password"): _VIEWER,
    ("GET", "/console/{language}/alarms"): _VIEWER,
    ("GET", "/console/{language}/thresholds"): _VIEWER,
    ("GET", "/console/{language}/maintenance"): _VIEWER,
    ("GET", "/console/{language}/duty"): _VIEWER,
    ("GET", "/console/{language}/facts"): _VIEWER,
    ("GET", "/console/favicon.ico"): _VIEWER,
    ("GET", "/console/_nicegui/{rest:path}"): _VIEWER,
    ("GET", "/console/_nicegui_ws/{rest:path}"): _VIEWER,
    ("POST", "/console/_nicegui_ws/{rest:path}"): _VIEWER,
    ("WEBSOCKET", "/console/_nicegui_ws/{rest:path}"): _VIEWER,
}

WITHOUT_CSRF_TOKEN = frozenset(
    {
        ("POST", "/login"),
        ("POST", "/login/code/{code}"),
        ("POST", "/api/v1/session"),
        ("POST", "/password"),
        ("POST", "/console/_nicegui_ws/{rest:path}"),
    }
)
"""Changes that need no token in a header: nobody has one before the login, NiceGUI sends none, and the form of
/password has it in a field, where its page looks for it. All must come from our own pages."""


MOST_BODY_BYTES = 16_384
"""What a request may carry, unless a row here says otherwise: no form and no change of ours is longer."""
MOST_BYTES: Mapping[tuple[str, str], int] = {
    ("PUT", "/api/v1/rules/{family}/{scope}"): 65_536,
    ("POST", "/api/v1/rules/preview"): 65_536,
    ("POST", "/console/_nicegui_ws/{rest:path}"): 131_072,
}
"""The longer ones: a rule with ten levels in two languages, what a page gathers where it has no web socket."""


def most_bytes_for(method: str, path: str) -> int:
    """Return how long the body of `method` on `path` may be."""
    return max((MOST_BYTES.get(row, MOST_BODY_BYTES) for row in rows_for(method, path)), default=MOST_BODY_BYTES)


def least_for(method: str, path: str, table: Table = PERMISSIONS) -> Least | None:
    """Return what `method` on `path` takes; the stricter where two rows fit, None where none does."""
    rows = rows_for(method, path, table)
    return max((table[row] for row in rows), key=_strictness, default=None)


def rows_for(method: str, path: str, table: Table = PERMISSIONS) -> list[tuple[str, str]]:
    """Find the rows of the table that fit; HEAD is as GET."""
    wanted = "GET" if method == "HEAD" else method
    return [row for row in table if row[0] == wanted and _pattern(row[1]).fullmatch(path)]


def methods_on(path: str, table: Table = PERMISSIONS) -> list[str]:
    """List the methods that some row allows on `path`."""
    return sorted({method for method, template in table if _pattern(template).fullmatch(path)} - {"WEBSOCKET"})


def _strictness(least: Least) -> int:
    return 0 if least == PUBLIC else int(least)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]+\})", template)
    return re.compile("".join(_part(part) for part in parts), re.DOTALL)


def _part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    return ".*" if part.endswith(":path}") else "[^/]+"
