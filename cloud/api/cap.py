"""Warnings for other authorities' systems: CAP 1.2, as an Atom feed and one by one.

GET /api/v1/cap        the newest message of each alarm that stands or has ended within a day
GET /api/v1/cap/203    the message that tells of one event, which never changes
"""

import xml.etree.ElementTree as ET
from typing import Annotated
from urllib.parse import quote

from fastapi import Path, Request, Response

from cloud.api.parameters import LARGEST_ROW_ID
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.core.times import rfc_3339
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.notify.cap import CapMessage
from runtime.clock import wall_ms
from wire import printable

ATOM = "http://www.w3.org/2005/Atom"
CAP_TYPE = "application/cap+xml"
ATOM_TYPE = "application/atom+xml"
MOST_WARNINGS = 500
"""Warnings in the feed, the newest: each is about 600 bytes there."""


ROUTES = new_routes("Notifications", below="/api/v1/cap")


@ROUTES.get("", response_class=Response, responses={200: {"content": {ATOM_TYPE: {}}}})
async def feed(platform: CurrentPlatform, request: Request, principal: CurrentPrincipal) -> Response:
    """The warnings that stand, as an Atom feed [RFC 4287] of CAP messages, the newest first."""
    messages = [message for message in await platform.notifier.warnings() if principal.may_see(message.site)][
        :MOST_WARNINGS
    ]
    # never by the Host of the request, which anybody who asks through a cache chooses for all who read it
    address = f"{platform.notifier.settings.console or request.scope.get('root_path', '')}{ROUTES.prefix}"
    return Response(atom(messages, address, platform.city.name), media_type=ATOM_TYPE)


@ROUTES.get("/{id}", response_class=Response, responses={200: {"content": {CAP_TYPE: {}}}}, name="warning")
async def warning(
    platform: CurrentPlatform,
    event: Annotated[int, Path(alias="id", ge=1, le=LARGEST_ROW_ID)],
    principal: CurrentPrincipal,
) -> Response:
    """One CAP message."""
    try:
        message = await platform.notifier.warning(event)
    except LookupError:
        message = None
    if message is None or not principal.may_see(message.site):
        raise HttpProblem("unknown-warning", f"id: there is no warning {event}; /api/v1/cap lists those that stand")
    return Response(message.xml, media_type=CAP_TYPE)


def atom(messages: list[CapMessage], address: str, city: str) -> bytes:
    """Write an Atom feed of CAP messages; `address` is where they are, each below it by its event.

    A path alone is as the reader came: where `console` of [notify] does not say how people reach this server.
    """
    feed = ET.Element("feed", xmlns=ATOM)
    updated = messages[0].sent_ms if messages else wall_ms()
    _texts(
        feed,
        {
            "id": address if "://" in address else f"urn:siaga:cap:feed:{quote(city)}",
            "title": f"Siaga {city}",
            "updated": rfc_3339(updated),
        },
    )
    _texts(ET.SubElement(feed, "author"), {"name": f"Siaga {city}"})
    ET.SubElement(feed, "link", rel="self", href=address, type=ATOM_TYPE)
    for message in messages:
        entry = ET.SubElement(feed, "entry")
        rows = {"id": f"urn:siaga:cap:{message.identifier}", "title": message.headline}
        _texts(entry, rows | {"updated": rfc_3339(message.sent_ms), "summary": message.headline})
        ET.SubElement(entry, "link", rel="alternate", href=f"{address}/{message.event}", type=CAP_TYPE)
    content: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return content


def _texts(parent: ET.Element, rows: dict[str, str]) -> None:
    for name, text in rows.items():
        ET.SubElement(parent, name).text = printable(text)
