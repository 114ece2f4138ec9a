"""A browser without a screen: the console's pages and forms, asked of the application itself.

async with asked(city, Role.OPERATOR) as browser:   page = await browser.open("/console/en/duty")
                                                    after = await browser.send(page, "remove", duty=3)
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape

import httpx
from lxml import html as lxml_html

from cloud.access.principal import Role
from cloud.api.app import make_api
from cloud.console.framed import mount_pages
from cloud.console.settings import ConsoleSettings
from cloud.database.audit_log import Actor
from tests.unit.cloud.api.morotai import Morotai

PASSWORD = "a boat on the river"
BASE = "http://siaga.test"


class Browser:
    """Somebody who is logged in; follows redirects, and keeps what pages are answered with."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def open(self, path: str) -> "Opened":
        """Open a page."""
        return Opened(await self.client.get(path, headers={"Accept": "text/html"}))

    async def send(self, page: "Opened", action: str, *, csrf: str | None = None, **fields: object) -> "Opened":
        """Send a form of `page`, with its token (or `csrf`) and the place to go back to, as a browser does."""
        path = httpx.URL(page.url).path
        sent = {name: str(text) for name, text in fields.items()}
        form = {"csrf": page.csrf if csrf is None else csrf, "back": page.back, **sent}
        return Opened(await self.client.post(f"{path}/{action}", data=form, follow_redirects=True))


class Opened:
    """A page as it was answered."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.status = answer.status_code
        self.url = str(answer.url)
        self.text = answer.text

    @property
    def csrf(self) -> str:
        """The token that the page bears for its scripts."""
        found = re.search(r'data-csrf="([^"]*)"', self.text)
        return found[1] if found else ""

    @property
    def back(self) -> str:
        """Where its forms lead back to."""
        url = httpx.URL(self.url)
        return unescape(url.raw_path.decode())

    def words(self, css_class: str) -> list[str]:
        """The texts of the elements of a class, with single blanks."""
        found = lxml_html.fromstring(self.text).find_class(css_class)
        return [" ".join(element.text_content().split()) for element in found]


@asynccontextmanager
async def asked(
    city: Morotai, role: Role, *, sites: list[str] | None = None, settings: ConsoleSettings | None = None
) -> AsyncIterator[Browser]:
    """A browser of a user with `role`, who may see `sites` (None: all)."""
    name = role.name.lower()
    await city.access.users.add(name, PASSWORD, role, actor=Actor("tests"), sites=sites)
    app = make_api(city.platform)
    mount_pages(app, city.platform, settings or ConsoleSettings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        login = await client.post("/api/v1/session", json={"name": name, "password": PASSWORD})
        login.raise_for_status()
        yield Browser(client)
