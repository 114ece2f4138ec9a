"""Who asks, for route code: what the guard has found out about a request, on its scope.

@routes.post("/alarms/{id}/acknowledge")
async def acknowledge(id: int, who: Asking) -> AlarmAnswer: …            Asking = Annotated[Who, Depends(who_asks)]
"""

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from cloud.access.auth_context import AuthContext
from cloud.access.principal import Principal, Role
from cloud.http.problems import Problem

SCOPE_KEY = "siaga.asked"
"""Where the guard puts an `AuthContext` in the ASGI scope."""


def asked_of(request: HTTPConnection) -> AuthContext | None:
    """What the guard has found out; None where nobody is logged in, which only public routes can meet."""
    asked: AuthContext | None = request.scope.get(SCOPE_KEY)
    return asked


def who_asks(request: HTTPConnection) -> Principal:
    """Who asks; the problem `not-logged-in` where nobody is."""
    asked = asked_of(request)
    if asked is None:
        raise Problem("not-logged-in", f"{request.url.path}: nobody is logged in; log in at /login or send a token")
    return asked.who


def must_be(who: Principal, role: Role, deed: str) -> None:
    """The problem `not-allowed` if `who` may do less than `role`, in words: "to acknowledge an alarm"."""
    if who.role < role:
        raise Problem("not-allowed", f"{who.name} is {who.role.name.lower()}; {deed} takes {role.name.lower()} or more")


Asking = Annotated[Principal, Depends(who_asks)]
"""The parameter of a route that wants to know who asks."""
