"""Logging in and out, and who may: sessions, users, tokens.

POST /api/v1/session {"name":"ani","password":"…"}     POST /api/v1/users     PATCH /api/v1/users/ani {"disabled":true}
POST /api/v1/tokens {"name":"grafana","role":"viewer","days":90} -> {"secret":"siaga_…","token":{…}}
"""

import difflib
from typing import TypeVar

import msgspec
from fastapi import Request, Response

from cloud.access.authenticator import Authenticator
from cloud.access.principal import ROLE_OF_NAME, Principal, Role
from cloud.access.sessions import OpenedSession
from cloud.access.tokens import Token, no_such_token
from cloud.access.users import PROVIDER_PREFIX, User, UserUpdate, may_give, no_such_user
from cloud.api.parameters import RowId
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.access import (
    LogIn,
    MadeToken,
    NewPassword,
    NewToken,
    NewUser,
    SessionAnswer,
    TokenAnswer,
    UserAnswer,
    UserChange,
)
from cloud.core.printable import Wanted
from cloud.http.auth import CurrentPrincipal, auth_context_of
from cloud.http.problems import HttpProblem, bad_parameter
from cloud.platform import Platform

T = TypeVar("T")


ROUTES = new_routes("Access", below="/api/v1")


@ROUTES.post("/session")
async def log_in(platform: CurrentPlatform, login: LogIn, request: Request, response: Response) -> SessionAnswer:
    """Log in: the answer sets the session's cookie. After failures the next try must wait, as Retry-After says.

    Who has set up one-time codes sends `code`, too; without one the answer is the problem `code-needed`.
    """
    address = request.client.host if request.client else ""
    replaces = platform.access.cookie_in(request.headers, scheme=request.url.scheme)
    opened = await platform.access.sessions.log_in(
        login.name, login.password, code=login.code, address=address, replaces=replaces
    )
    return _opened(platform.access, opened, request, response)


@ROUTES.get("/session")
async def session(principal: CurrentPrincipal, request: Request) -> SessionAnswer:
    """Who asks, and what a change by cookie must carry as X-CSRF-Token."""
    context = auth_context_of(request)
    return _session(principal, context.csrf if context else "")


@ROUTES.post("/session/password")
async def change_password(
    platform: CurrentPlatform, new: NewPassword, principal: CurrentPrincipal, request: Request, response: Response
) -> SessionAnswer:
    """Take another password: every session of yours ends but a new one, whose cookie the answer sets."""
    context = auth_context_of(request)
    if context is None or not context.session:
        raise HttpProblem(
            "not-allowed", f"{principal.name} is a token, which has no password; log in with name and password"
        )
    opened = await platform.access.change_password(principal, new.old, new.new, code=new.code)
    return _opened(platform.access, opened, request, response)


@ROUTES.delete("/session", status_code=204)
async def log_out(platform: CurrentPlatform, principal: CurrentPrincipal, request: Request) -> Response:
    """Log out: the session ends, here and in every open page of it.

    `Location` is where a browser then logs out of single sign-on, too, for who came by it.
    """
    context = auth_context_of(request)
    if context is not None and context.session:
        await platform.access.sessions.end(context.session, actor=principal.actor)
    headers = {"Set-Cookie": platform.access.no_cookie(scheme=request.url.scheme)}
    if platform.access.sign_on is not None and principal.name.startswith(PROVIDER_PREFIX):
        headers["Location"] = f"{request.scope.get('root_path', '')}/login/sso/out"
    return Response(status_code=204, headers=headers)


@ROUTES.get("/users")
async def users(platform: CurrentPlatform, principal: CurrentPrincipal) -> list[UserAnswer]:
    """The users whose sites are yours, too."""
    return [
        UserAnswer.of(user) for user in await platform.access.users.all() if may_give(principal, user.role, user.sites)
    ]


@ROUTES.post("/users", status_code=201)
async def add_user(platform: CurrentPlatform, new: NewUser, principal: CurrentPrincipal) -> UserAnswer:
    """Add a user."""
    role, sites = ROLE_OF_NAME[new.role], _sites(platform, principal, new.sites)
    _must_have(principal, role, sites)
    user = await platform.access.users.add(
        new.name, new.password, role, sites=sites, full_name=new.full_name, actor=principal.actor
    )
    return UserAnswer.of(user)


@ROUTES.patch("/users/{name}")
async def change_user(
    platform: CurrentPlatform, name: Wanted, new: UserChange, principal: CurrentPrincipal
) -> UserAnswer:
    """Change a user; a new role, password or choice of sites ends their sessions, and so does disabling them."""
    change = _change(platform, principal, new)

    def allowed(user: User) -> None:
        _must_see(principal, user)
        _must_have(principal, _or(change.role, user.role), _or(change.sites, user.sites))

    return UserAnswer.of(await platform.access.users.change(name, change, actor=principal.actor, allowed=allowed))


@ROUTES.delete("/users/{name}/totp")
async def reset_totp(platform: CurrentPlatform, name: Wanted, principal: CurrentPrincipal) -> UserAnswer:
    """Take away the one-time codes of who has lost their phone, and end their sessions."""

    def allowed(user: User) -> None:
        _must_see(principal, user)

    return UserAnswer.of(await platform.access.second_factors.reset(name, actor=principal.actor, allowed=allowed))


@ROUTES.get("/tokens")
async def tokens(platform: CurrentPlatform, principal: CurrentPrincipal) -> list[TokenAnswer]:
    """The tokens, newest first, without their secrets; those that see your sites only."""
    return [
        TokenAnswer.of(token)
        for token in await platform.access.tokens.all()
        if may_give(principal, token.role, token.sites)
    ]


@ROUTES.post("/tokens", status_code=201)
async def add_token(platform: CurrentPlatform, new: NewToken, principal: CurrentPrincipal) -> MadeToken:
    """Make a token for a program; its secret is in this answer and nowhere else."""
    role, sites = ROLE_OF_NAME[new.role], _sites(platform, principal, new.sites)
    _must_have(principal, role, sites)
    secret, token = await platform.access.tokens.add(new.name, role, sites=sites, days=new.days, actor=principal.actor)
    return MadeToken(secret=secret, token=TokenAnswer.of(token))


@ROUTES.delete("/tokens/{token_id}")
async def revoke_token(platform: CurrentPlatform, token_id: RowId, principal: CurrentPrincipal) -> TokenAnswer:
    """End a token, at once and for good."""

    def allowed(token: Token) -> None:
        if not may_give(principal, token.role, token.sites):
            raise no_such_token(token.id)

    return TokenAnswer.of(await platform.access.tokens.revoke(token_id, actor=principal.actor, allowed=allowed))


def _opened(access: Authenticator, opened: OpenedSession, request: Request, response: Response) -> SessionAnswer:
    response.headers["Set-Cookie"] = access.cookie_for(opened, scheme=request.url.scheme)
    return _session(opened.session.principal(request.client.host if request.client else ""), opened.session.csrf)


def _session(principal: Principal, csrf: str) -> SessionAnswer:
    return SessionAnswer.of(principal, csrf=csrf or None)


def _must_see(principal: Principal, user: User) -> None:
    """Require that a user is one that `principal` may change: to them the others are not there."""
    if not may_give(principal, user.role, user.sites):
        raise no_such_user(user.name)


def _must_have(principal: Principal, role: Role, sites: frozenset[str] | None) -> None:
    """Require that `principal` has no less than they give; sites that they named are named."""
    if not may_give(principal, role, sites):
        seen = "all sites" if sites is None else ", ".join(sorted(sites))
        raise HttpProblem(
            "not-allowed", f"{principal.name} may not give or take the role {role.name.lower()} on {seen}"
        )


def _sites(platform: Platform, principal: Principal, named: list[str] | None) -> frozenset[str] | None:
    if named is None or (principal.sites is not None and not principal.sites.issuperset(named)):
        return None if named is None else frozenset(named)  # which of them exist is not theirs to hear
    known = [site.id for site in platform.registry.sites()]
    for site in named:
        if site not in known:
            close = difflib.get_close_matches(site, known, n=1)
            raise bad_parameter("sites", site, f"did you mean {close[0]}?" if close else f"write {', '.join(known)}")
    return frozenset(named)


def _change(platform: Platform, principal: Principal, new: UserChange) -> UserUpdate:
    given = {name: getattr(new, name) for name in new.model_fields_set}
    for name in given.keys() - {"sites"}:
        if given[name] is None:
            raise bad_parameter(name, "null", "leave it out, or write what it becomes")
    if "role" in given:
        given["role"] = ROLE_OF_NAME[given["role"]]
    if "sites" in given:
        given["sites"] = _sites(platform, principal, given["sites"])
    return UserUpdate(**given)


def _or(value: T | msgspec.UnsetType, otherwise: T) -> T:
    return otherwise if isinstance(value, msgspec.UnsetType) else value
