"""Errors as RFC 9457 problems.

HTTP/1.1 404 Not Found
content-type: application/problem+json

{"type":"urn:siaga:problem:unknown-sensor","title":"No such sensor","status":404,
 "detail":"sensor: there is no 'river-darba'; did you mean river-daruba?","instance":"/api/v1/readings"}
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from cloud.access.rejection import AccessRejected
from cloud.database.engine import DatabaseUnavailable, DataRejected
from cloud.readings.contract import StoreUnavailable
from runtime.secret_urls import scrubbed

MEDIA_TYPE = "application/problem+json"
TYPE_ROOT = "urn:siaga:problem:"

TITLES = {
    "bad-parameter": (422, "A parameter cannot be used"),
    "too-much-asked": (422, "More readings than one answer holds"),
    "export-runs": (429, "A file is written for you already"),
    "exports-busy": (503, "Others download files now"),
    "no-parquet": (501, "Parquet cannot be written here"),
    "unknown-sensor": (404, "No such sensor"),
    "unknown-reading": (404, "No such reading by a person"),
    "unknown-dead-letter": (404, "No such dead letter"),
    "not-logged-in": (401, "Nobody is logged in"),
    "wrong-login": (401, "The login is wrong"),
    "wrong-code": (401, "The one-time code is wrong"),
    "code-needed": (401, "A one-time code is asked for"),
    "totp-needed": (403, "One-time codes must be set up first"),
    "totp-exists": (409, "One-time codes are set up already"),
    "no-totp": (409, "No one-time codes are set up"),
    "from-provider": (409, "Single sign-on says that"),
    "sign-on-refused": (403, "Single sign-on does not let this person in"),
    "provider-away": (503, "The provider of single sign-on does not answer"),
    "not-allowed": (403, "That takes another role or other sites"),
    "forged-request": (403, "The change does not come from our own page"),
    "too-many-attempts": (429, "Too many failed logins"),
    "unknown-user": (404, "No such user"),
    "user-exists": (409, "There is such a user already"),
    "last-administrator": (409, "Somebody must be administrator"),
    "unknown-token": (404, "No such token"),
    "token-exists": (409, "There is such a token already"),
    "no-steps": (409, "Nobody is set up to be told"),
    "unknown-channel": (404, "No such channel"),
    "unknown-duty": (404, "No such duty"),
    "unknown-handover": (404, "No such handover note"),
    "handover-refused": (409, "Nobody ticks a handover note of their own"),
    "unknown-warning": (404, "No such warning"),
    "rule-refused": (422, "The change is refused; the rules in force stay"),
    "unknown-rule": (404, "No such rule"),
    "unknown-alarm": (404, "No such alarm"),
    "alarm-refused": (409, "That cannot be done with the alarm"),
    "already-acknowledged": (409, "Somebody was first"),
    "maintenance-refused": (422, "The window cannot be"),
    "unknown-maintenance": (404, "No such maintenance window"),
    "import-refused": (422, "The file cannot be imported"),
    "other-person": (409, "They are readings of somebody else"),
    "import-runs": (409, "An import runs already"),
    "store-unavailable": (503, "The readings store does not answer"),
    "fact-refused": (422, "The fact cannot be recorded or undone"),
    "unknown-fact": (404, "There is no such fact"),
    "unknown-record": (404, "The registry has no such record"),
    "record-exists": (409, "The registry has such a record already"),
    "record-changed": (409, "The registry is not as it was thought to be"),
    "owned-by-file": (409, "It is changed in the file that owns it"),
    "registry-refused": (422, "The change is refused; the registry stays as it was"),
    "unknown-change": (404, "No such change of the registry"),
    "unknown-gateway": (404, "No such gateway"),
    "unknown-command": (404, "No such command"),
    "config-refused": (422, "The settings cannot be wanted; those before stay"),
    "too-many-changes": (429, "Too much at once"),
    "enrolment-refused": (409, "The gateway is not let in"),
    "enrolment-off": (409, "Nobody is let in from here"),
    "already-enrolled": (409, "The broker knows the gateway already"),
    "not-enrolled": (409, "The broker does not know the gateway yet"),
    "wrong-administrator": (409, "The broker does not let its administrator in"),
    "gateway-offline": (409, "The gateway is not connected"),
    "broker-away": (503, "The broker is not connected"),
    "unknown-story": (404, "There is no such story"),
    "story-plays": (409, "A story plays already"),
    "no-updates": (409, "Versions of gateways are not set up"),
    "rollout-refused": (409, "The rollout cannot begin or end so"),
    "unknown-rollout": (404, "No such rollout"),
    "no-backups": (409, "Backups are not set up"),
    "backup-runs": (409, "A backup is made or verified already"),
    "unknown-backup": (404, "No such backup"),
    "unknown-note": (404, "No such note or photo"),
    "note-refused": (422, "The note or photo cannot be kept"),
    "photos-busy": (503, "Others send photos now"),
    "registry-unavailable": (503, "The registry database does not answer"),
}
"""Every problem of our own: its kind, status and title. All others are of the type about:blank, as RFC 9457 has it."""


MOST_PROBLEMS = 20
LONGEST_DETAIL = 4_000
"""Characters of a sentence in an answer: its parts may repeat what was sent."""
_TRY_AGAIN = {"Retry-After": "5"}


def shortened(text: str) -> str:
    """Cut `text` where it is longer than an answer's sentence may be, and write it as UTF-8 can carry it."""
    cut = text if len(text) <= LONGEST_DETAIL else f"{text[:LONGEST_DETAIL]}…"
    return cut.encode(errors="backslashreplace").decode()


class HttpProblem(Exception):
    """An error as a route raises it: `kind` is a row of TITLES, `detail` one sentence for the person who asked.

    `problems` has each mistake in a sentence of its own, where there can be several.
    """

    def __init__(self, kind: str, detail: str, *, problems: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.problems = list(problems)


def bad_parameter(name: str, value: object, advice: str) -> HttpProblem:
    """Make the problem that parameter `name` cannot have `value`, and say what to write instead."""
    return HttpProblem("bad-parameter", f"{name}: {str(value)[:80]!r}: {advice}")


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error of `app` a problem."""
    app.add_exception_handler(HttpProblem, _answer_problem)
    app.add_exception_handler(AccessRejected, _answer_access_rejected)
    app.add_exception_handler(RequestValidationError, _answer_validation_error)
    app.add_exception_handler(HTTPException, _answer_http_exception)
    app.add_exception_handler(StoreUnavailable, _answer_store_unavailable)
    app.add_exception_handler(DatabaseUnavailable, _answer_database_unavailable)
    app.add_exception_handler(DataRejected, _answer_data_rejected)


def problem_response(request: Request, kind: str, detail: str, *, headers: dict[str, str] | None = None) -> Response:
    """Answer with a problem of our own, where no exception handler is around."""
    return error_response(request, TITLES[kind][0], detail, kind=kind, headers=headers)


def error_response(
    request: Request,
    status: int,
    detail: str,
    *,
    kind: str | None = None,
    headers: dict[str, str] | None = None,
    problems: Sequence[str] = (),
) -> Response:
    """Answer with an error; `kind` is a row of TITLES, or None for what HTTP itself has a word for."""
    body: dict[str, Any] = {
        "type": f"{TYPE_ROOT}{kind}" if kind else "about:blank",
        "title": TITLES[kind][1] if kind else HTTPStatus(status).phrase,
        "status": status,
        "detail": shortened(scrubbed(str(detail))),
        "instance": request.url.path,
    }
    if problems:
        # msgspec writes no str of a class of its own
        body["problems"] = [shortened(scrubbed(str(problem))) for problem in problems[:MOST_PROBLEMS]]
    return Response(msgspec.json.encode(body), status, media_type=MEDIA_TYPE, headers=headers)


async def _answer_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HttpProblem)  # noqa: S101 - for the type checker: the handler is registered for this class
    return error_response(request, TITLES[error.kind][0], error.detail, kind=error.kind, problems=error.problems)


async def _answer_access_rejected(request: Request, error: Exception) -> Response:
    assert isinstance(error, AccessRejected)  # noqa: S101 - as above
    headers = None if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
    return problem_response(request, error.kind, str(error), headers=headers)


async def _answer_store_unavailable(request: Request, error: Exception) -> Response:
    return error_response(request, 503, str(error), kind="store-unavailable", headers=_TRY_AGAIN)


async def _answer_database_unavailable(request: Request, error: Exception) -> Response:
    return error_response(request, 503, str(error), kind="registry-unavailable", headers=_TRY_AGAIN)


async def _answer_data_rejected(request: Request, error: Exception) -> Response:
    return error_response(request, 422, str(error), kind="bad-parameter")


async def _answer_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    errors = error.errors()
    detail = "; ".join(_sentence(error) for error in errors[:MOST_PROBLEMS])
    if len(errors) > MOST_PROBLEMS:
        detail += f"; and {len(errors) - MOST_PROBLEMS} more mistakes"
    return error_response(request, 422, detail, kind="bad-parameter")


async def _answer_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    status, headers = error.status_code, dict(error.headers or {})
    path = request.url.path
    details = {
        404: f"{path}: there is nothing here; /docs lists every path",
        405: f"{path}: {request.method} is not possible here; use {headers.get('Allow') or 'another method'}",
    }
    return error_response(request, status, details.get(status, str(error.detail)), headers=headers)


def answer_of_bug(request: Request, error: Exception) -> Response:
    """Answer where the server itself is wrong: what exactly is in its log, and nowhere else."""
    return error_response(
        request,
        500,
        f"{request.url.path}: the server met a mistake of its own ({type(error).__name__}); its log has the details",
    )


_ADVICE = {
    "missing": "is missing; add it",
    "int_parsing": "write a whole number",
    "enum": "write one of {expected}",
    "literal_error": "write one of {expected}",
    "greater_than_equal": "write {ge} or more",
    "less_than_equal": "write {le} or less",
    "string_too_long": "write at most {max_length} characters",
    "string_too_short": "write at least {min_length} characters",
}


def _sentence(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"][1:]) or "request"
    advice = _ADVICE.get(error["type"])
    detail = advice.format_map(error.get("ctx", {})) if advice else error["msg"]
    if error["type"] == "missing":
        return f"{where}: {detail}"
    return f"{where}: {_shown(error['input'])}: {detail}"


def _shown(given: Any) -> str:
    """Show what was sent, as far as a sentence has room: a text cut, of a list or an object only its size."""
    if isinstance(given, list | dict):
        return f"{len(given)} items"
    return repr(str(given)[:80])
