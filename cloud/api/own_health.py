"""The interface of a process that ingests and serves no screens: its own health and metrics, for who watches it.

/api/v1/health   /metrics        all else is served by `siaga-cloud web`, which follows it
"""

from fastapi import FastAPI

from cloud.access.permissions import PERMISSIONS
from cloud.api.routes import bear
from cloud.api.state import HEALTH_ROUTES, METRICS_ROUTES
from cloud.http.guard import Guard
from cloud.http.problems import add_problem_handlers
from cloud.platform import Platform


def make_own_health(platform: Platform) -> FastAPI:
    """Make the FastAPI application on `platform`; logins are those of the API."""
    app = FastAPI(
        title="Siaga's ingester",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        routes=[*HEALTH_ROUTES.routes, *METRICS_ROUTES.routes],
    )
    bear(app, platform)
    add_problem_handlers(app)
    app.add_middleware(Guard, access=platform.access, table=PERMISSIONS)
    return app
