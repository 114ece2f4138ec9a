"""What a field of places offers while somebody types in it: `files={"places": place_options(places, kinds)}` of a page.

GET /console/en/maintenance/places?q=dar -> ["Daruba river bridge (daruba)", …]       {{ parts.place("where", …) }}
"""

from collections.abc import Collection

import msgspec
from starlette.responses import Response

from cloud.console.frame.page import File
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.places import PlaceIndex


def place_options(places: PlaceIndex, kinds: Collection[str]) -> File:
    """The file that answers with the words of places of some `kinds`."""

    async def answer(visit: PageVisit) -> Response:
        found = places.find(visit.query.get("q", ""), visit.principal, kinds)
        words = msgspec.json.encode([place.words for place in found])
        return Response(words, media_type="application/json", headers={"Cache-Control": "no-store"})

    return answer
