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
    ("GET", "/login/second"): PUBLIC,
    ("POST", "/login/second"): PUBLIC,
    ("GET", "/login/sso"): PUBLIC,
    ("GET", "/login/sso/callback"): PUBLIC,
    ("GET", "/login/sso/out"): PUBLIC,
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
    ("GET", "/api/v1/gateways/{id}"): _VIEWER,
    ("GET", "/api/v1/gateways/{id}/config"): _VIEWER,
    ("PUT", "/api/v1/gateways/{id}/config"): _ENGINEER,
    ("GET", "/api/v1/gateways/{id}/commands"): _TECHNICIAN,
    ("GET", "/api/v1/gateways/{id}/commands/{key}"): _TECHNICIAN,
    ("POST", "/api/v1/gateways/{id}/commands"): _TECHNICIAN,
    ("POST", "/api/v1/gateways/{id}/enrolment"): _ADMINISTRATOR,
    ("GET", "/api/v1/readings/latest"): _VIEWER,
    ("GET", "/api/v1/readings"): _VIEWER,
    ("GET", "/api/v1/readings/export"): _VIEWER,
    ("POST", "/api/v1/readings/import"): _ADMINISTRATOR,
    ("GET", "/api/v1/readings/manual"): _VIEWER,
    ("POST", "/api/v1/readings/manual"): _TECHNICIAN,
    ("POST", "/api/v1/readings/manual/{reading}/withdraw"): _TECHNICIAN,
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
    ("GET", "/api/v1/rules/export"): _VIEWER,
    ("POST", "/api/v1/rules/import"): _ENGINEER,
    ("GET", "/api/v1/rules/{family}"): _VIEWER,
    ("GET", "/api/v1/rules/{family}/{scope}/versions"): _VIEWER,
    ("PUT", "/api/v1/rules/{family}/{scope}"): _ENGINEER,
    ("DELETE", "/api/v1/rules/{family}/{scope}"): _ENGINEER,
    ("POST", "/api/v1/rules/{family}/{scope}/undo"): _ENGINEER,
    ("POST", "/api/v1/rules/preview"): _ENGINEER,
    # the registry
    ("POST", "/api/v1/sites"): _ENGINEER,
    ("PATCH", "/api/v1/sites/{id}"): _ENGINEER,
    ("DELETE", "/api/v1/sites/{id}"): _ENGINEER,
    ("POST", "/api/v1/sites/{id}/restore"): _ENGINEER,
    ("POST", "/api/v1/gateways"): _ENGINEER,
    ("PATCH", "/api/v1/gateways/{id}"): _ENGINEER,
    ("DELETE", "/api/v1/gateways/{id}"): _ENGINEER,
    ("POST", "/api/v1/gateways/{id}/restore"): _ENGINEER,
    ("POST", "/api/v1/sensors"): _ENGINEER,
    ("PATCH", "/api/v1/sensors/{id}"): _ENGINEER,
    ("DELETE", "/api/v1/sensors/{id}"): _ENGINEER,
    ("POST", "/api/v1/sensors/{id}/restore"): _ENGINEER,
    ("GET", "/api/v1/registry/sites"): _TECHNICIAN,
    ("GET", "/api/v1/registry/sites/{id}"): _TECHNICIAN,
    ("GET", "/api/v1/registry/gateways"): _TECHNICIAN,
    ("GET", "/api/v1/registry/gateways/{id}"): _TECHNICIAN,
    ("GET", "/api/v1/registry/sensors"): _TECHNICIAN,
    ("GET", "/api/v1/registry/sensors/{id}"): _TECHNICIAN,
    ("GET", "/api/v1/registry/export"): _ENGINEER,
    ("POST", "/api/v1/registry/import"): _ADMINISTRATOR,
    ("POST", "/api/v1/registry/import/{kind}"): _ADMINISTRATOR,
    ("GET", "/api/v1/registry/changes"): _TECHNICIAN,
    ("POST", "/api/v1/registry/changes/{id}/undo"): _ENGINEER,
    # what people note of sites
    ("GET", "/api/v1/sites/{id}/notes"): _TECHNICIAN,
    ("POST", "/api/v1/sites/{id}/notes"): _TECHNICIAN,
    ("DELETE", "/api/v1/sites/{id}/notes/{number}"): _TECHNICIAN,
    ("POST", "/api/v1/sites/{id}/notes/{number}/restore"): _TECHNICIAN,
    ("GET", "/api/v1/sites/{id}/photos"): _VIEWER,
    ("POST", "/api/v1/sites/{id}/photos"): _TECHNICIAN,
    ("GET", "/api/v1/sites/{id}/photos/{number}/image"): _VIEWER,
    ("DELETE", "/api/v1/sites/{id}/photos/{number}"): _TECHNICIAN,
    ("POST", "/api/v1/sites/{id}/photos/{number}/restore"): _TECHNICIAN,
    # dated facts
    ("GET", "/api/v1/facts"): _VIEWER,
    ("POST", "/api/v1/facts"): _ENGINEER,
    ("POST", "/api/v1/facts/{id}/correct"): _ENGINEER,
    ("POST", "/api/v1/facts/{id}/undo"): _ENGINEER,
    ("POST", "/api/v1/sensors/{id}/replacements"): _ENGINEER,
    ("POST", "/api/v1/sensors/{id}/moves"): _ENGINEER,
    # alarms
    ("GET", "/api/v1/alarms"): _VIEWER,
    ("GET", "/api/v1/alarms/{id}"): _VIEWER,
    ("POST", "/api/v1/alarms/{id}/acknowledge"): _OPERATOR,
    ("POST", "/api/v1/alarms/{id}/assign"): _OPERATOR,
    ("POST", "/api/v1/alarms/{id}/shelve"): _OPERATOR,
    ("POST", "/api/v1/alarms/{id}/steps/{number}"): _OPERATOR,
    ("GET", "/api/v1/alarms/{id}/incident.pdf"): _OPERATOR,
    ("GET", "/api/v1/alarms/{id}/journal"): _OPERATOR,
    ("GET", "/api/v1/journal"): _OPERATOR,
    ("GET", "/api/v1/maintenance"): _VIEWER,
    ("POST", "/api/v1/maintenance"): _TECHNICIAN,
    ("DELETE", "/api/v1/maintenance/{id}"): _TECHNICIAN,
    # telling people
    ("GET", "/api/v1/channels"): _VIEWER,
    ("POST", "/api/v1/channels"): _ADMINISTRATOR,
    ("GET", "/api/v1/channels/changes"): _ADMINISTRATOR,
    ("POST", "/api/v1/channels/changes/{id}/undo"): _ADMINISTRATOR,
    ("GET", "/api/v1/channels/{name}"): _ADMINISTRATOR,
    ("PATCH", "/api/v1/channels/{name}"): _ADMINISTRATOR,
    ("DELETE", "/api/v1/channels/{name}"): _ADMINISTRATOR,
    ("POST", "/api/v1/channels/{name}/restore"): _ADMINISTRATOR,
    ("POST", "/api/v1/channels/{name}/test"): _OPERATOR,
    ("POST", "/api/v1/channels/test-alarm"): _OPERATOR,
    ("GET", "/api/v1/duty"): _VIEWER,
    ("POST", "/api/v1/duty"): _OPERATOR,
    ("DELETE", "/api/v1/duty/{id}"): _OPERATOR,
    ("GET", "/api/v1/handover"): _OPERATOR,
    ("POST", "/api/v1/handover"): _OPERATOR,
    ("POST", "/api/v1/handover/{id}/read"): _OPERATOR,
    ("GET", "/api/v1/cap"): _VIEWER,
    ("GET", "/api/v1/cap/{id}"): _VIEWER,
    # versions of gateways
    ("GET", "/api/v1/fleet/versions"): _ENGINEER,
    ("GET", "/api/v1/fleet/rollouts"): _ENGINEER,
    ("GET", "/api/v1/fleet/rollouts/{id}"): _ENGINEER,
    ("GET", "/api/v1/fleet/rollouts/{id}/gateways"): _ENGINEER,
    ("POST", "/api/v1/fleet/rollouts"): _ADMINISTRATOR,
    ("POST", "/api/v1/fleet/rollouts/stop"): _ADMINISTRATOR,
    ("POST", "/api/v1/fleet/rollouts/go-on"): _ADMINISTRATOR,
    # backups
    ("GET", "/api/v1/backups"): _ADMINISTRATOR,
    ("POST", "/api/v1/backups"): _ADMINISTRATOR,
    ("POST", "/api/v1/backups/{name}/verify"): _ADMINISTRATOR,
    # people and programs
    ("GET", "/api/v1/users"): _ADMINISTRATOR,
    ("POST", "/api/v1/users"): _ADMINISTRATOR,
    ("PATCH", "/api/v1/users/{name}"): _ADMINISTRATOR,
    ("DELETE", "/api/v1/users/{name}/totp"): _ADMINISTRATOR,
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
    ("GET", "/totp"): _VIEWER,
    ("POST", "/totp"): _VIEWER,
    ("GET", "/console/{language}/wall"): _VIEWER,
    ("GET", "/console/{language}/sites/{id}"): _VIEWER,
    ("GET", "/console/{language}/sites/{id}/readings"): _VIEWER,
    ("GET", "/console/{language}/sites/{id}/reading"): _TECHNICIAN,
    ("POST", "/console/{language}/sites/{id}/reading/{action}"): _TECHNICIAN,
    ("GET", "/console/keep-readings.js"): _VIEWER,
    ("POST", "/console/{language}/sites/{id}/add-note"): _TECHNICIAN,
    ("POST", "/console/{language}/sites/{id}/remove-note"): _TECHNICIAN,
    ("POST", "/console/{language}/sites/{id}/restore-note"): _TECHNICIAN,
    ("POST", "/console/{language}/sites/{id}/add-photo"): _TECHNICIAN,
    ("POST", "/console/{language}/sites/{id}/remove-photo"): _TECHNICIAN,
    ("POST", "/console/{language}/sites/{id}/restore-photo"): _TECHNICIAN,
    ("POST", "/console/{language}/sites/{id}/withdraw-reading"): _TECHNICIAN,
    ("POST", "/console/{language}/story"): _OPERATOR,
    ("GET", "/console/{language}/alarms"): _VIEWER,
    ("POST", "/console/{language}/alarms/{action}"): _OPERATOR,
    ("GET", "/console/{language}/alarms/{id}"): _VIEWER,
    ("POST", "/console/{language}/alarms/{id}/{action}"): _OPERATOR,
    ("GET", "/console/{language}/alarms/{id}/incident.pdf"): _OPERATOR,
    ("GET", "/console/{language}/thresholds"): _VIEWER,
    ("GET", "/console/{language}/thresholds/sensors"): _VIEWER,
    ("GET", "/console/{language}/thresholds/new"): _ENGINEER,
    ("POST", "/console/{language}/thresholds/new/begin"): _ENGINEER,
    ("GET", "/console/{language}/thresholds/file"): _VIEWER,
    ("GET", "/console/{language}/thresholds/file/rules.toml"): _VIEWER,
    ("POST", "/console/{language}/thresholds/file/{action}"): _ENGINEER,
    ("GET", "/console/{language}/thresholds/{family}/{scope}"): _VIEWER,
    ("POST", "/console/{language}/thresholds/{family}/{scope}/{action}"): _ENGINEER,
    ("GET", "/console/{language}/maintenance"): _VIEWER,
    ("GET", "/console/{language}/maintenance/places"): _TECHNICIAN,
    ("POST", "/console/{language}/maintenance/{action}"): _TECHNICIAN,
    ("GET", "/console/static/{stamp}/{name}"): _VIEWER,
    ("GET", "/console/{language}/duty"): _VIEWER,
    ("POST", "/console/{language}/duty/{action}"): _OPERATOR,
    ("GET", "/console/{language}/facts"): _VIEWER,
    ("GET", "/console/{language}/facts/places"): _VIEWER,
    ("POST", "/console/{language}/facts/{action}"): _ENGINEER,
    ("GET", "/console/{language}/fleet"): _VIEWER,
    ("GET", "/console/{language}/fleet/{id}"): _VIEWER,
    ("POST", "/console/{language}/fleet/{id}/{action}"): _TECHNICIAN,
    ("GET", "/console/{language}/rollouts"): _ENGINEER,
    ("POST", "/console/{language}/rollouts/{action}"): _ADMINISTRATOR,
    ("GET", "/console/{language}/refused"): _VIEWER,
    ("POST", "/console/{language}/refused/{action}"): _TECHNICIAN,
    ("GET", "/console/{language}/refused/{id}"): _VIEWER,
    ("POST", "/console/{language}/refused/{id}/{action}"): _TECHNICIAN,
    ("GET", "/console/{language}/registry"): _TECHNICIAN,
    ("POST", "/console/{language}/registry/undo"): _ENGINEER,
    ("GET", "/console/{language}/registry/files"): _ENGINEER,
    ("GET", "/console/{language}/registry/files/city.toml"): _ENGINEER,
    ("POST", "/console/{language}/registry/files/{action}"): _ADMINISTRATOR,
    ("GET", "/console/{language}/registry/{kind}/{id}"): _TECHNICIAN,
    ("POST", "/console/{language}/registry/{kind}/{id}/{action}"): _ENGINEER,
    ("GET", "/console/{language}/channels"): _OPERATOR,
    ("POST", "/console/{language}/channels/{action}"): _OPERATOR,
    ("GET", "/console/{language}/channels/{name}"): _ADMINISTRATOR,
    ("POST", "/console/{language}/channels/{name}/{action}"): _ADMINISTRATOR,
    ("GET", "/console/{language}/people"): _ADMINISTRATOR,
    ("POST", "/console/{language}/people/{action}"): _ADMINISTRATOR,
    ("GET", "/console/{language}/backups"): _ADMINISTRATOR,
    ("POST", "/console/{language}/backups/{action}"): _ADMINISTRATOR,
    ("GET", "/console/{language}/journal"): _OPERATOR,
    ("GET", "/console/{language}/health"): _VIEWER,
    ("POST", "/console/{language}/health/{action}"): _OPERATOR,
}

WITHOUT_CSRF_TOKEN = frozenset(
    {
        ("POST", "/login"),
        ("POST", "/login/second"),
        ("POST", "/login/code/{code}"),
        ("POST", "/api/v1/session"),
        ("POST", "/password"),
        ("POST", "/totp"),
    }
) | frozenset(row for row in PERMISSIONS if row[0] == "POST" and row[1].startswith("/console/{language}"))
"""Changes that need no token in a header: nobody has one before the login, and the forms of
/password, /totp and the console's pages have it in a field, where it is looked for. All must come from our pages."""

WHILE_ENROLLING = frozenset(
    {
        ("GET", "/totp"),
        ("POST", "/totp"),
        ("GET", "/password"),
        ("POST", "/password"),
        ("GET", "/api/v1/session"),
        ("DELETE", "/api/v1/session"),
        ("POST", "/api/v1/session/password"),
    }
)
"""All that is open to who must set up one-time codes first, besides what is open to everybody."""

MOST_BODY_BYTES = 16_384
"""What a request may carry, unless a row here says otherwise: no form and no change of ours is longer."""
MOST_BYTES: Mapping[tuple[str, str], int] = {
    ("POST", "/api/v1/readings/import"): 33_554_432,  # it is read as it comes, and never whole in memory
    ("POST", "/api/v1/fleet/rollouts"): 131_072,
    ("POST", "/api/v1/registry/import"): 8 * 2**20,
    ("POST", "/api/v1/registry/import/{kind}"): 8 * 2**20,
    ("POST", "/api/v1/sites"): 65_536,
    ("PATCH", "/api/v1/sites/{id}"): 65_536,
    ("PUT", "/api/v1/rules/{family}/{scope}"): 65_536,
    ("POST", "/api/v1/rules/preview"): 65_536,
    ("POST", "/api/v1/rules/import"): 2**20,
    ("POST", "/console/{language}/thresholds/file/{action}"): 3 * 2**20,
    ("POST", "/console/{language}/registry/files/{action}"): 8 * 2**20 + 65_536,  # a file, and what stands around it
    ("POST", "/console/{language}/thresholds/{family}/{scope}/{action}"): 65_536,
    ("PUT", "/api/v1/gateways/{id}/config"): 65_536,
    ("POST", "/api/v1/sites/{id}/photos"): 12 * 2**20,
    ("POST", "/console/{language}/sites/{id}/add-photo"): 12 * 2**20 + MOST_BODY_BYTES,
}
"""The longer ones: the area of a site, a photo as a phone takes it,
a rule of ten levels in two languages, what a page gathers without a socket."""


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
    return sorted({method for method, template in table if _pattern(template).fullmatch(path)})


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
