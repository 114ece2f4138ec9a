"""What every module of routes begins with: a router whose routes answer problems, and the platform that they ask.

ROUTES = new_routes("Rules", below="/api/v1/rules")
@ROUTES.get("/{family}")
async def one_family(platform: CurrentPlatform, principal: CurrentPrincipal, family: Wanted) -> FamilyAnswer: …

Routes are made once, when their module is imported; `make_api` puts them on an application, which bears its platform.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request

from cloud.http.problems import MEDIA_TYPE
from cloud.platform import Platform

_PROBLEM = {
    "description": "A problem, as RFC 9457 has it",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}},
}


def new_routes(tag: str, *, below: str = "") -> APIRouter:
    """Make a router for the paths below `below`, each of which may answer a problem."""
    return APIRouter(prefix=below, tags=[tag], responses={"default": _PROBLEM})


def bear(app: FastAPI, platform: Platform) -> None:
    """Let the routes of `app` ask `platform`."""
    app.state.platform = platform


async def current_platform(request: Request) -> Platform:
    """Return the platform of the application that was asked."""
    platform: Platform = request.app.state.platform
    return platform


CurrentPlatform = Annotated[Platform, Depends(current_platform)]
"""The parameter of a route that asks the platform."""
