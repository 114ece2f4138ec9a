"""The HTTP interface of the cloud.

/api/v1/health  /session  /sites  /sensors  /gateways  /readings/latest  /readings  /dead-letters  /users  /tokens
        /rules  /alarms  /journal  /maintenance  /indices  /channels  /duty  /handover  /cap  /facts  /fleet  /registry
        /backups
/metrics   /login   /docs
"""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from cloud.access.permissions import PERMISSIONS, Table
from cloud.api import (
    access,
    alarms,
    backups,
    cap,
    channel_editing,
    channels,
    dead_letters,
    duty,
    facts,
    fleet,
    gateways,
    handover,
    indices,
    maintenance,
    manual_readings,
    readings,
    readings_export,
    readings_import,
    registry,
    registry_changes,
    registry_files,
    rule_files,
    rules,
    sensor_changes,
    site_notes,
    state,
)
from cloud.api.docs import serve_docs
from cloud.api.routes import bear
from cloud.api.schemas.problems import ProblemAnswer
from cloud.care.refused import CareRefused
from cloud.http.guard import Guard
from cloud.http.login_code_page import serve_login_code
from cloud.http.login_page import serve_login
from cloud.http.password_page import serve_password
from cloud.http.problems import add_problem_handlers, problem_response
from cloud.http.totp_page import serve_totp
from cloud.platform import Platform

_ROUTERS = (
    state.HEALTH_ROUTES, state.ROUTES, gateways.ROUTES, readings.ROUTES, readings_export.ROUTES, readings_import.ROUTES,
    indices.ROUTES, manual_readings.ROUTES,
    dead_letters.ROUTES, state.METRICS_ROUTES, rule_files.ROUTES, rules.ROUTES, alarms.ROUTES, maintenance.ROUTES,
    channels.ROUTES, channel_editing.ROUTES,
    duty.ROUTES, handover.ROUTES, cap.ROUTES, registry.ROUTES, registry_changes.ROUTES,
    registry_files.ROUTES, facts.ROUTES, sensor_changes.ROUTES, site_notes.ROUTES, fleet.ROUTES, backups.ROUTES,
    access.ROUTES,
)  # fmt: skip
_ROUTES = [route for router in _ROUTERS for route in router.routes]


def make_api(platform: Platform, *, tiles: str = "", table: Table = PERMISSIONS) -> FastAPI:
    """Make the FastAPI application on `platform`, to be served as it is or with a console mounted on it.

    The platform's access guards all of it, what is mounted too; `tiles` is the URL template of a map's tiles,
    and `table` the permissions, those of what is mounted among them.
    """
    app = FastAPI(
        title="Siaga",
        summary=f"Flooding, air quality and footfall of {platform.city.name}",
        version=_version(),
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        routes=_ROUTES,  # not by include_router, which makes each of them again for each application
    )
    bear(app, platform)
    serve_login(app, platform.access, city=platform.city.name)
    if platform.access.login_code is not None:
        serve_login_code(app, platform.access, city=platform.city.name)
    serve_password(app, platform.access, city=platform.city.name)
    serve_totp(app, platform.access, city=platform.city.name)
    serve_docs(app)
    add_problem_handlers(app)
    app.add_exception_handler(CareRefused, _answer_care_refused)
    app.add_middleware(Guard, access=platform.access, table=table, tiles=tiles)
    setattr(app, "openapi", lambda: _openapi(app))  # noqa: B010 - FastAPI's own way to extend it, which types refuse
    return app


async def _answer_care_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, CareRefused)  # noqa: S101 - for the type checker: it is registered for this class
    headers = None if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
    return problem_response(request, error.kind, str(error), headers=headers)


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        _, problem = models_json_schema([(ProblemAnswer, "serialization")])
        schema["components"]["schemas"].update(problem["$defs"])
        schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        schema["security"] = [{"token": []}]
        app.openapi_schema = schema
    return app.openapi_schema


def _version() -> str:
    try:
        return version("siaga")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "0"
