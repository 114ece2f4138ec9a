"""One page in one language as routes: GET shows it, follows it or gives one of its files; POST does one of its actions.

POST /console/en/alarms/acknowledge  csrf=…&alarm=17&back=/console/en/alarms?site=daruba
  ─► 303 to `back`, the sentence in a cookie that the next page shows once;   or 422 and the page again, with why not
"""

import secrets
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from cloud.console.frame.console_pages import LONGEST_SAID, SAID_COOKIE, ConsolePages
from cloud.console.frame.form import BACK, CSRF, Form, read_form
from cloud.console.frame.page import ConsolePage, Done
from cloud.console.frame.rejections import ActionRejected, NotThere
from cloud.console.frame.visit import ROOT, PageVisit
from cloud.database.engine import DatabaseUnavailable, DataRejected
from cloud.http.auth import auth_context_of
from cloud.http.same_origin import safe_next
from cloud.readings.contract import StoreUnavailable

_SAID_S = 60
_EVENT_STREAM = "text/event-stream"


class PageRoutes:
    """The routes of `page` in the language `code`."""

    def __init__(self, pages: ConsolePages, page: ConsolePage, code: str) -> None:
        self._pages, self._page, self._code = pages, page, code
        self._path = f"{ROOT}/{code}" + (f"/{page.place}" if page.place else "")

    def routes(self) -> list[Route]:
        """Return them: the page, its files, its actions."""
        files = [Route(f"{self._path}/{name}", self._file(name), methods=["GET"]) for name in self._page.files]
        actions = [Route(f"{self._path}/{name}", self._action(name), methods=["POST"]) for name in self._page.actions]
        return [Route(self._path, _PageApp(self)), *files, *actions]

    async def show(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the page, or with its live channel."""
        request = Request(scope, receive, send)
        visit = self._visit(request)
        if _EVENT_STREAM in request.headers.get("accept", ""):
            return await self._pages.follow(self._page, visit, request, send)
        answer = await self._or_trouble(request, visit)
        return await answer(scope, receive, send)

    async def _or_trouble(self, request: Request, visit: PageVisit, *, status: int = 200) -> Response:
        try:
            return await self._pages.answer(self._page, visit, request, status=status)
        except NotThere as error:
            return self._pages.trouble(visit, str(error), 404)
        except (DatabaseUnavailable, StoreUnavailable) as error:
            return self._pages.trouble(visit, str(error), 503)

    def _file(self, name: str):  # type: ignore[no-untyped-def]
        async def give(request: Request) -> Response:
            visit = self._visit(request)
            try:
                return await self._page.files[name](visit)
            except NotThere as error:
                return self._pages.trouble(visit, str(error), 404)
            except ActionRejected as error:
                return self._pages.trouble(visit, str(error), error.status)
            except (DatabaseUnavailable, StoreUnavailable) as error:
                return self._pages.trouble(visit, str(error), 503)

        return give

    def _action(self, name: str):  # type: ignore[no-untyped-def]
        async def act(request: Request) -> Response:
            visit, form = self._visit(request), Form({})
            try:
                form = await read_form(request)
                visit = msgspec.structs.replace(visit, query=_asked_by(form, visit))
                _must_be_own_form(visit, request, form)
                done = await self._page.actions[name](visit, form)
            except ActionRejected as refused:
                again = msgspec.structs.replace(visit, sent=dict(form), rejected=refused)
                return await self._or_trouble(request, again, status=refused.status)
            except DataRejected as error:
                again = msgspec.structs.replace(visit, sent=dict(form), rejected=ActionRejected(str(error)))
                return await self._or_trouble(request, again, status=422)
            except (DatabaseUnavailable, StoreUnavailable) as error:
                again = msgspec.structs.replace(visit, sent=dict(form), rejected=ActionRejected(str(error), status=503))
                return await self._or_trouble(request, again, status=503)
            except NotThere as error:
                return self._pages.trouble(visit, str(error), 404)
            self._pages.changed()
            if done.once:
                return await self._pages.answer(self._page, visit, request, done=done)
            return _go_on(visit, form, done)

        return act

    def _visit(self, request: Request) -> PageVisit:
        names = {name: str(text) for name, text in request.path_params.items()}
        return self._pages.visit(request, self._code, self._page.place.format_map(names), names)


class _PageApp:
    """An ASGI application rather than a function, since the answer may be a channel that stays open."""

    def __init__(self, routes: PageRoutes) -> None:
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._routes.show(scope, receive, send)


def _must_be_own_form(visit: PageVisit, request: Request, form: Form) -> None:
    """Refuse a form that was not made for this session: the guard leaves the token of a form to whoever reads it."""
    _, context = visit.words, auth_context_of(request)
    csrf = "" if context is None else context.csrf
    if not csrf or not secrets.compare_digest(form.text(CSRF, most=100).encode(), csrf.encode()):
        raise ActionRejected(_("This page is of an earlier login: load it again, then send the form."), status=403)


def _asked_by(form: Form, visit: PageVisit) -> dict[str, str]:
    """Read what the page that sent the form was asked, so that it can be shown again as it was."""
    back = urlsplit(safe_next(form.text(BACK, most=2_000)))
    return dict(parse_qsl(back.query)[:20]) or dict(visit.query)


def _go_on(visit: PageVisit, form: Form, done: Done) -> Response:
    back = safe_next(form.text(BACK, most=500))
    answer = RedirectResponse(done.go_to or (back if back != "/" else visit.here()), 303)
    if done.said:
        said = quote(done.said[:LONGEST_SAID])
        answer.set_cookie(
            SAID_COOKIE, said, max_age=_SAID_S, path=f"{visit.root}{ROOT}", httponly=True, samesite="strict"
        )
    return answer
