"""The one route of stories, mounted where `console.stories` names a folder: elsewhere the guard knows no such path.

POST /demo/stories/flood  X-CSRF-Token: …  ─► 202, or 409 while another one plays
"""

from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response

from cloud.access.permissions import Table
from cloud.access.principal import Role
from cloud.console.stories.exchange import NAMES, AskedStory, StoryExchange
from cloud.core.printable import Wanted
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem

PATH = "/demo/stories/{name}"


def permissions_with(table: Table, stories: str) -> Table:
    """Return the table of permissions of an installation whose `console.stories` is so."""
    return {**table, ("POST", PATH): Role.OPERATOR} if stories else table


def serve_stories(app: FastAPI, folder: Path) -> None:
    """Add the route to `app`; stories are asked for in `folder`."""
    exchange = StoryExchange(folder)

    @app.post(PATH, status_code=202, include_in_schema=False)
    def ask(name: Wanted, principal: CurrentPrincipal) -> Response:
        if name not in NAMES:
            raise HttpProblem("unknown-story", f"name: there is no story {name[:80]!r}; ask for {', '.join(NAMES)}")
        if not exchange.ask(AskedStory(name, principal.name)):
            raise HttpProblem("story-plays", "another story plays or is about to; wait for its end, then ask again")
        return Response(status_code=202)
