"""The HTTP interface of the cloud.

/api/v1/health  /session  /sites  /sensors  /gateways  /readings/latest  /readings  /dead-letters  /users  /tokens
        /rules  /alarms  /journal  /maintenance  /indices  /channels  /duty  /cap  /facts
/metrics   /login   /docs
"""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from cloud.api.access import access_routes
from cloud.api.alarms import alarm_routes
from cloud.api.cap import cap_routes
from cloud.api.channels import channel_routes
from cloud.api.dead_letters import dead_letter_routes
from cloud.api.docs import serve_docs
from cloud.api.duty import duty_routes
from cloud.api.facts import fact_routes
from cloud.api.indices import indices_routes
from cloud.api.maintenance import maintenance_routes
from cloud.api.readings import readings_routes
from cloud.api.rules import rule_routes
from cloud.api.schemas.problems import ProblemAnswer
from cloud.api.state import metrics_routes, state_routes
from cloud.http.guard import Guard
from cloud.http.login_page import serve_login
from cloud.http.password_page import serve_password
from cloud.http.problems import MEDIA_TYPE, add_problem_handlers
from cloud.platform import Platform

_PROBLEM = {
    "description": "A problem, as RFC 9457 has it",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}},
}


def make_api(platform: Platform, *, tiles: str = "") -> FastAPI:
    """Make the FastAPI application on `platform`, to be served as it is or with a console mounted on it.

    The platform's access guards all of it, what is mounted too; `tiles` is the URL template of a map's tiles.
    """
    app = FastAPI(
        title="Siaga",
        summary=f"Flooding, air quality and footfall of {platform.city.name}",
        version=_version(),
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        responses={"default": _PROBLEM},
    )
    for routes in (state_routes, readings_routes, indices_routes, dead_letter_routes, metrics_routes):
        app.include_router(routes(platform))
    for routes in (rule_routes, alarm_routes, maintenance_routes, channel_routes, duty_routes, cap_routes):
        app.include_router(routes(platform))
    app.include_router(fact_routes(platform))
    app.include_router(access_routes(platform))
    serve_login(app, platform.access, city=platform.city.name)
    serve_password(app, platform.access, city=platform.city.name)
    serve_docs(app)
    add_problem_handlers(app)
    app.add_middleware(Guard, access=platform.access, tiles=tiles)
    setattr(app, "openapi", lambda: _openapi(app))  # noqa: B010 - FastAPI's own way to extend it, which types refuse
    return app


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
