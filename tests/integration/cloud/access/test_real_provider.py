"""Single sign-on with a provider that others have written, over the loopback."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from cloud.access.authenticator import COOKIE, Authenticator
from cloud.access.oidc_settings import OidcSettings
from cloud.access.settings import AccessSettings
from cloud.api.app import make_api
from cloud.core.health import Condition
from tests.oidc_provider import oidc_provider
from tests.servers import Program, free_port
from tests.unit.cloud.access.house import cheap_passwords
from tests.unit.cloud.api.morotai import Morotai

pytestmark = pytest.mark.integration
SIAGA = "http://127.0.0.1:8080"
PEOPLE = (
    {"sub": "4711", "preferred_username": "Budi", "name": "Budi Santoso", "groups": ["piket"]},
    {"sub": "4712", "preferred_username": "cici", "groups": ["guests"]},
)


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Program]:
    with oidc_provider(tmp_path, free_port(), *PEOPLE) as program:
        yield program


@pytest_asyncio.fixture
async def city(tmp_path: Path, provider: Program) -> AsyncIterator[Morotai]:
    async with Morotai(tmp_path) as city:
        (tmp_path / "oidc.secret").write_text("s3cret\n")
        settings = OidcSettings.model_validate(
            {
                "issuer": f"http://127.0.0.1:{provider.port}", "client_id": "siaga", "url": SIAGA,
                "client_secret_file": tmp_path / "oidc.secret",
                "groups": [{"group": "piket", "role": "operator", "sites": ["daruba"]}],
            }
        )  # fmt: skip
        city.access = city.platform.access = Authenticator(
            city.database, AccessSettings(oidc=settings), passwords=cheap_passwords()
        )
        yield city


@pytest_asyncio.fixture
async def browser(city: Morotai) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(make_api(city.platform), raise_app_exceptions=False)
    headers = {"Accept": "text/html", "Accept-Language": "en"}
    async with httpx.AsyncClient(transport=transport, base_url=SIAGA, headers=headers) as client:
        yield client


async def way_back(browser: httpx.AsyncClient, **filled: str) -> str:
    """Begin a login, fill in the provider's own page, and return where it sends the browser."""
    begun = await browser.get("/login/sso?next=/docs")
    async with httpx.AsyncClient() as at_the_provider:
        answer = await at_the_provider.post(begun.headers["location"], data=filled)
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(f"{SIAGA}/login/sso/callback?")
    return answer.headers["location"]


async def test_somebody_logs_in_there_and_is_let_in_here_once(browser: httpx.AsyncClient):
    back = await way_back(browser, sub="4711")
    kept = dict(browser.cookies)
    answer = await browser.get(back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/docs"), answer.text
    session = (await browser.get("/api/v1/session")).json()
    assert (session["name"], session["role"], session["sites"]) == ("sso:budi", "operator", ["daruba"])
    browser.cookies.clear()
    again = await browser.get(back, headers={"Cookie": f"siaga_sso={kept['siaga_sso']}"})
    assert (again.status_code, COOKIE in again.cookies) == (403, False)
    assert "invalid_grant" in again.text, "the provider has given its tokens for that code"


async def test_who_is_in_no_group_of_ours_hears_that(browser: httpx.AsyncClient):
    answer = await browser.get(await way_back(browser, sub="4712"))
    assert answer.status_code == 403
    assert "No group of yours is let in here" in answer.text


async def test_who_calls_it_off_there_is_asked_to_begin_again(browser: httpx.AsyncClient):
    answer = await browser.get(await way_back(browser, action="deny"))  # which this provider answers without the state
    assert (answer.status_code, COOKIE in answer.cookies) == (403, False)
    assert "begin again" in answer.text


async def test_a_code_that_somebody_else_has_begun_lets_nobody_in(browser: httpx.AsyncClient):
    back = await way_back(browser, sub="4711")
    await browser.get("/login/sso")  # another login of this browser, whose state another answer has
    answer = await browser.get(back)
    assert (answer.status_code, COOKIE in answer.cookies) == (403, False)


async def test_a_provider_that_dies_and_comes_back_is_told_of_and_used_again(
    browser: httpx.AsyncClient, city: Morotai, provider: Program
):
    sign_on = city.access.sign_on
    assert sign_on is not None
    provider.kill()
    answer = await browser.get("/login/sso")
    assert answer.status_code == 503
    assert re.search(r"Nobody can log in by 127\.0\.0\.1 now: 127\.0\.0\.1 cannot be asked", answer.text)
    assert sign_on.component().status is Condition.DEGRADED
    provider.start()
    sign_on._provider._metadata.asked_ms -= 5_000
    back = await way_back(browser, sub="4711")
    assert (await browser.get(back)).status_code == 303
    assert sign_on.component().status is Condition.OK
