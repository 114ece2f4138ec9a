"""Logging in and out, and who may: sessions, users, tokens.

POST /api/v1/session {"name":"ani","password":"…"}     POST /api/v1/users     PATCH /api/v1/users/ani {"disabled":true}
POST /api/v1/tokens {"name":"grafana","role":"viewer","days":90} -> {"secret":"siaga_…","token":{…}}
"""

import difflib
from typing import Annotated, TypeVar

import msgspec
from fastapi import APIRouter, Path, Request, Response

from cloud.access.authenticator import Authenticator
from cloud.access.principal import ROLE_OF_NAME, Principal, Role
from cloud.access.sessions import OpenedSession
from cloud.access.tokens import Token
from cloud.access.users import User, UserUpdate, may_give
from cloud.api.access_answers import (
    LogIn,
    MadeToken,
    NewPassword,
    NewToken,
    NewUser,
    SessionAnswer,
    TokenAnswer,
    UserAnswer,
    UserChange,
    role_name,
    sites_list,
    token_answer,
    user_answer,
)
from cloud.core.printable import Wanted
from cloud.http.auth import Asking, asked_of
from cloud.http.problems import Problem, bad_parameter
from cloud.platform import Platform

_LARGEST_ID = 2**63 - 1  # of a database row
T = TypeVar("T")


def access_routes(platform: Platform) -> APIRouter:
    """The routes below /api/v1 for sessions, users and tokens."""
    routes, access = APIRouter(prefix="/api/v1", tags=["Authenticator"]), platform.access
    _session_routes(routes, access)
    _user_routes(routes, platform, access)
    _token_routes(routes, platform, access)
    return routes


def _session_routes(routes: APIRouter, access: Authenticator) -> None:
    @routes.post("/session")
    async def log_in(login: LogIn, request: Request, response: Response) -> SessionAnswer:
        """Log in: the answer sets the session's cookie. After failures the next try must wait, as Retry-After says."""
        address = request.client.host if request.client else ""
        replaces = access.cookie_in(request.headers, scheme=request.url.scheme)
        opened = await access.sessions.log_in(login.name, login.password, address=address, replaces=replaces)
        return _opened(access, opened, request, response)

    @routes.get("/session")
    async def session(who: Asking, request: Request) -> SessionAnswer:
        """Who asks, and what a change by cookie must carry as X-CSRF-Token."""
        asked = asked_of(request)
        return _session(who, asked.csrf if asked else "")

    @routes.post("/session/password")
    async def change_password(new: NewPassword, who: Asking, request: Request, response: Response) -> SessionAnswer:
        """Take another password: every session of yours ends but a new one, whose cookie the answer sets."""
        asked = asked_of(request)
        if asked is None or not asked.session:
            raise Problem("not-allowed", f"{who.name} is a token, which has no password; log in with name and password")
        return _opened(access, await access.change_password(who, new.old, new.new), request, response)

    @routes.delete("/session", status_code=204)
    async def log_out(who: Asking, request: Request) -> Response:
        """Log out: the session ends, here and in every open page of it."""
        asked = asked_of(request)
        if asked is not None and asked.session:
            await access.sessions.end(asked.session, by=who.actor)
        return Response(status_code=204, headers={"Set-Cookie": access.no_cookie(scheme=request.url.scheme)})


def _user_routes(routes: APIRouter, platform: Platform, access: Authenticator) -> None:
    @routes.get("/users")
    async def users(who: Asking) -> list[UserAnswer]:
        """The users whose sites are yours, too."""
        return [user_answer(user) for user in await access.users.all() if may_give(who, user.role, user.sites)]

    @routes.post("/users", status_code=201)
    async def add_user(new: NewUser, who: Asking) -> UserAnswer:
        """Add a user."""
        role, sites = ROLE_OF_NAME[new.role], _sites(platform, who, new.sites)
        _must_have(who, role, sites)
        user = await access.users.add(new.name, new.password, role, sites=sites, full_name=new.full_name, by=who.actor)
        return user_answer(user)

    @routes.patch("/users/{name}")
    async def change_user(name: Wanted, new: UserChange, who: Asking) -> UserAnswer:
        """Change a user; a new role, password or choice of sites ends their sessions, and so does disabling them."""
        change = _change(platform, who, new)

        def allowed(user: User) -> None:
            _must_have(who, user.role, user.sites, given=False)
            _must_have(who, _or(change.role, user.role), _or(change.sites, user.sites))

        return user_answer(await access.users.change(name, change, by=who.actor, allowed=allowed))


def _token_routes(routes: APIRouter, platform: Platform, access: Authenticator) -> None:
    @routes.get("/tokens")
    async def tokens(who: Asking) -> list[TokenAnswer]:
        """The tokens, newest first, without their secrets; those that see your sites only."""
        return [token_answer(token) for token in await access.tokens.all() if may_give(who, token.role, token.sites)]

    @routes.post("/tokens", status_code=201)
    async def add_token(new: NewToken, who: Asking) -> MadeToken:
        """Make a token for a program; its secret is in this answer and nowhere else."""
        role, sites = ROLE_OF_NAME[new.role], _sites(platform, who, new.sites)
        _must_have(who, role, sites)
        secret, token = await access.tokens.add(new.name, role, sites=sites, days=new.days, by=who.actor)
        return MadeToken(secret=secret, token=token_answer(token))

    @routes.delete("/tokens/{token_id}")
    async def revoke_token(token_id: Annotated[int, Path(ge=1, le=_LARGEST_ID)], who: Asking) -> TokenAnswer:
        """End a token, at once and for good."""

        def allowed(token: Token) -> None:
            _must_have(who, token.role, token.sites, given=False)

        return token_answer(await access.tokens.revoke(token_id, by=who.actor, allowed=allowed))


def _opened(access: Authenticator, opened: OpenedSession, request: Request, response: Response) -> SessionAnswer:
    response.headers["Set-Cookie"] = access.cookie_for(opened, scheme=request.url.scheme)
    return _session(opened.session.who(request.client.host if request.client else ""), opened.session.csrf)


def _session(who: Principal, csrf: str) -> SessionAnswer:
    return SessionAnswer(name=who.name, role=role_name(who.role), sites=sites_list(who.sites), csrf=csrf or None)


def _must_have(who: Principal, role: Role, sites: frozenset[str] | None, *, given: bool = True) -> None:
    """That `who` has no less than that; sites that they did not give themselves are named only if they see them."""
    if not may_give(who, role, sites):
        named = sorted(site for site in sites or () if given or who.may_see(site))
        others = [] if sites is None or len(named) == len(sites) else ["other sites"]
        seen = "all sites" if sites is None else ", ".join([*named, *others])
        raise Problem("not-allowed", f"{who.name} may not give or take the role {role.name.lower()} on {seen}")


def _sites(platform: Platform, who: Principal, named: list[str] | None) -> frozenset[str] | None:
    if named is None or (who.sites is not None and not who.sites.issuperset(named)):
        return None if named is None else frozenset(named)  # which of them exist is not theirs to hear
    known = [site.id for site in platform.registry.sites()]
    for site in named:
        if site not in known:
            close = difflib.get_close_matches(site, known, n=1)
            raise bad_parameter("sites", site, f"did you mean {close[0]}?" if close else f"write {', '.join(known)}")
    return frozenset(named)


def _change(platform: Platform, who: Principal, new: UserChange) -> UserUpdate:
    given = {name: getattr(new, name) for name in new.model_fields_set}
    for name in given.keys() - {"sites"}:
        if given[name] is None:
            raise bad_parameter(name, "null", "leave it out, or write what it becomes")
    if "role" in given:
        given["role"] = ROLE_OF_NAME[given["role"]]
    if "sites" in given:
        given["sites"] = _sites(platform, who, given["sites"])
    return UserUpdate(**given)


def _or(value: T | msgspec.UnsetType, otherwise: T) -> T:
    return otherwise if isinstance(value, msgspec.UnsetType) else value
