"""The HTTP interface of the cloud.

/api/v1/health  /sites  /sensors  /gateways  /readings/latest  /readings  /dead-letters     /metrics   /docs
"""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from cloud.api.answers import ProblemAnswer
from cloud.api.dead_letters import dead_letter_routes
from cloud.api.docs import serve_docs
from cloud.api.problems import MEDIA_TYPE, answer_problems
from cloud.api.readings import readings_routes
from cloud.api.state import metrics_routes, state_routes
from cloud.platform import Platform

_PROBLEM = {
    "description": "A problem, as RFC 9457 has it",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}},
}


def make_api(platform: Platform) -> FastAPI:
    """The FastAPI application on `platform`, to be served as it is or with a console mounted on it."""
    app = FastAPI(
        title="Siaga",
        summary=f"Flooding, air quality and footfall of {platform.city.name}",
        version=_version(),
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        responses={"default": _PROBLEM},
    )
    for routes in (state_routes, readings_routes, dead_letter_routes, metrics_routes):
        app.include_router(routes(platform))
    serve_docs(app)
    answer_problems(app)
    setattr(app, "openapi", lambda: _openapi(app))  # noqa: B010 - FastAPI's own way to extend it, which types refuse
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        _, problem = models_json_schema([(ProblemAnswer, "serialization")])
        schema["components"]["schemas"].update(problem["$defs"])
        app.openapi_schema = schema
    return app.openapi_schema


def _version() -> str:
    try:
        return version("siaga")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "0"
