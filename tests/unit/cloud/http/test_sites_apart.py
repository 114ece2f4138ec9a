"""Nothing of another site: every GET of the application, pages, files and live channels too, for who sees one site.

The paths come from the application, so a new one is walked, too. What is asked for by a name of the other site is
answered as what is named nowhere, and no answer has a text that somebody wrote about the other site.
"""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from lxml import html as lxml_html

from cloud.access.principal import Role
from cloud.api.app import make_api
from cloud.console.framed import mount_pages
from cloud.console.settings import ConsoleSettings
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.api.test_routes import routes_of
from tests.unit.cloud.http.two_sites import FOREIGN, GATEWAY, MARK, OWN, SENSOR, two_sites

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOWHERE = "yulu"
"""So near to MARK that a suggestion would say that."""
NUMBERS = tuple(str(number) for number in range(1, 5))
IDS = (FOREIGN, GATEWAY[FOREIGN], SENSOR[FOREIGN], *NUMBERS)
NAMED = {
    "gateway_id": (GATEWAY[FOREIGN],),
    **dict.fromkeys(("alarm_id", "dead_letter_id", "rollout_id"), NUMBERS),
    "kind": ("sites", "gateways", "sensors"),
    "family": ("zulu-dust", "river-level"),
    "scope": (f"site:{FOREIGN}", f"sensor:{SENSOR[FOREIGN]}", "group:zulu-group"),
}
QUERIES = (
    "", "q=zulu", "text=zulu", f"site={FOREIGN}", f"sensor={SENSOR[FOREIGN]}&quantity=water_level", "family=zulu-dust",
    f"gateway={GATEWAY[FOREIGN]}&reason=unknown_sensor", f"subject=sensor:{SENSOR[FOREIGN]}", f"at=site:{FOREIGN}",
    "retired=true&record=zulu-river",
)  # fmt: skip
NEW_EACH_TIME = ("/totp", ".pdf")
"""What has another secret or another time in it each time."""


def asked_paths(app: FastAPI) -> Iterator[str]:
    for method, template, _path in routes_of(app.routes):
        if method == "GET" and not template.startswith(("/console/id", "/console/static", "/docs", "/login")):
            names = re.findall(r"{(\w+)(?::\w+)?}", template)
            for chosen in itertools.product(*(NAMED.get(name, IDS) for name in names)):
                path = re.sub(r"{[^}]+}", "{}", template).format(*chosen)
                yield from (path,) if chosen else (f"{path}?{query}" for query in QUERIES)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def city(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Morotai]:
    """The city of two sites."""
    async with two_sites(tmp_path_factory.mktemp("sites")) as city:
        yield city


@pytest.fixture(scope="module")
def app(city: Morotai) -> FastAPI:
    """The application on it, with the console."""
    app = make_api(city.platform)
    mount_pages(app, city.platform, ConsoleSettings())
    return app


def client_of(app: FastAPI, token: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://siaga.test", headers=headers)


async def test_no_answer_has_a_word_of_another_site_and_a_foreign_name_is_as_one_that_nobody_has(
    app: FastAPI, city: Morotai
):
    paths = list(asked_paths(app))
    seen = 0
    async with client_of(app, await city.token()) as everything:
        for path in paths:  # so that whatever is kept was filled by somebody who sees more
            if path.endswith("?"):
                seen += MARK in (await everything.get(path)).text.casefold()
    assert seen > 20
    async with client_of(app, await city.token(Role.ADMINISTRATOR, sites=[OWN])) as client:
        for path in paths:
            await must_tell_nothing(client, path)


async def must_tell_nothing(client: httpx.AsyncClient, url: str) -> None:
    answer = await client.get(url)
    nowhere = await client.get(url.replace(MARK, NOWHERE)) if MARK in url else answer
    assert max(answer.status_code, nowhere.status_code) < 500, url
    assert MARK not in nowhere.text.casefold(), f"{url}: {nowhere.text}"
    if not answer.url.path.endswith(NEW_EACH_TIME):
        assert (answer.status_code, alike(answer)) == (nowhere.status_code, alike(nowhere)), url


def alike(answer: httpx.Response) -> str:
    """What it says, without numbers, which a moment later are others; MARK and NOWHERE as one."""
    text = answer.text
    if "html" in answer.headers.get("content-type", ""):
        text = lxml_html.fromstring(text).text_content()
    return " ".join(re.sub(r"\d+", "#", text.casefold().replace(MARK, NOWHERE)).split())


async def test_an_open_page_is_sent_nothing_of_another_site_though_others_follow_it_too(app: FastAPI, city: Morotai):
    places = [path for path in asked_paths(app) if path.startswith("/console/en") and path.endswith("?")]
    everything, limited = await city.token(), await city.token(Role.ADMINISTRATOR, sites=[OWN])
    told = 0
    for path in places:
        path = path.rstrip("?")
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            both = [group.create_task(first_sent(app, path, token)) for token in (everything, limited)]
        assert MARK not in both[1].result().casefold(), path
        told += MARK in both[0].result().casefold()
    assert told > 5


async def first_sent(app: FastAPI, path: str, token: str) -> str:
    """What a page's live channel sends first; the whole answer where the page has none."""
    enough, sent, asked = (
        asyncio.Event(),
        list[str](),
        iter([{"type": "http.request", "body": b"", "more_body": False}]),
    )

    async def receive() -> dict[str, object]:
        for message in asked:
            return message
        await enough.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        sent.append(body.decode(errors="replace"))
        if body:
            enough.set()

    headers = [(b"authorization", f"Bearer {token}".encode()), (b"accept", b"text/event-stream")]
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": headers, "scheme": "http", "server": ("siaga.test", 80), "client": ("10.0.0.7", 1), "root_path": "",
        "http_version": "1.1",
    }  # fmt: skip
    await app(scope, receive, send)  # type: ignore[arg-type]
    return "".join(sent)
