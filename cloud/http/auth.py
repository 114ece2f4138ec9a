"""Who asks, for route code: what the guard has found out about a request, on its scope.

@routes.post("/alarms/{id}/acknowledge")
async def acknowledge(id: int, principal: CurrentPrincipal) -> AlarmAnswer: …
"""

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from cloud.access.auth_context import AuthContext
from cloud.access.principal import Principal
from cloud.http.problems import HttpProblem

SCOPE_KEY = "siaga.auth_context"
"""Where the guard puts an `AuthContext` in the ASGI scope."""


def auth_context_of(request: HTTPConnection) -> AuthContext | None:
    """Return what the guard has found out; None where nobody is logged in, which only public routes can meet."""
    context: AuthContext | None = request.scope.get(SCOPE_KEY)
    return context


def current_principal(request: HTTPConnection) -> Principal:
    """Return who asks; the problem `not-logged-in` where nobody does."""
    context = auth_context_of(request)
    if context is None:
        raise HttpProblem("not-logged-in", f"{request.url.path}: nobody is logged in; log in at /login or send a token")
    return context.principal


CurrentPrincipal = Annotated[Principal, Depends(current_principal)]
"""The parameter of a route that wants to know who asks."""
