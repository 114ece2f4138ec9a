"""The console on the API's application: its pages in each language, and the way from / to the one of the visitor.

/ ─► /console/id or /console/en      /console/{language}/…: the pages of framed.py
"""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse

from cloud.console.frame.visit import ROOT
from cloud.console.framed import mount_pages
from cloud.console.settings import ConsoleSettings
from cloud.console.stories.routes import serve_stories
from cloud.platform import Platform
from i18n.catalog import LANGUAGES


def mount_console(app: FastAPI, platform: Platform, settings: ConsoleSettings) -> None:
    """Put the console on `app`, at /console, and lead / to it. ValueError for a bad coast line."""
    if settings.stories:
        serve_stories(app, Path(settings.stories))

    @app.get("/", include_in_schema=False)
    async def front_page(request: Request) -> RedirectResponse:
        chosen = request.cookies.get("siaga_language", "")
        language = chosen if chosen in LANGUAGES else settings.language
        return RedirectResponse(f"{request.scope.get('root_path', '')}{ROOT}/{language}", 307)

    mount_pages(app, platform, settings)
