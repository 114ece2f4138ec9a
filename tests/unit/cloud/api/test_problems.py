from pathlib import Path

import httpx
import pytest

from cloud.http.problems import TITLES, TYPE_ROOT
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai

pytestmark = pytest.mark.asyncio(loop_scope="module")
SERIES = "/api/v1/readings?sensor=river&quantity=water_level"

WRONG = [
    # path                                                     status, kind,               what the sentence must say
    ("/api/v1/nowhere", 404, None, ["/api/v1/nowhere", "/docs"]),
    ("/elsewhere", 404, None, ["/elsewhere", "/docs"]),
    ("/docs/secret.js", 404, None, ["/docs/secret.js"]),
    ("/api/v1/readings/latest?domain=floods", 422, "bad-parameter", ["domain", "floods", "did you mean flood?"]),
    ("/api/v1/readings/latest?site=darubaa", 422, "bad-parameter", ["site", "darubaa", "did you mean daruba?"]),
    ("/api/v1/readings", 422, "bad-parameter", ["sensor: is missing", "quantity: is missing"]),
    ("/api/v1/readings?sensor=rivr&quantity=water_level", 404, "unknown-sensor", ["rivr", "did you mean river?"]),
    ("/api/v1/readings?sensor=%00&quantity=water_level", 404, "unknown-sensor", ["/api/v1/sensors"]),
    ("/api/v1/readings?sensor=air&quantity=pm25", 422, "bad-parameter", ["quantity", "pm25", "pm2_5"]),
    (f"{SERIES}&start=yesterday", 422, "bad-parameter", ["start", "yesterday", "2026-11-24T03:10:00Z"]),
    (f"{SERIES}&start=2026-11-24T03:10:00", 422, "bad-parameter", ["start", "offset"]),
    (f"{SERIES}&end=2026-13-24T03:10:00Z", 422, "bad-parameter", ["end", "no time that exists"]),
    (f"{SERIES}&start=1764000000", 422, "bad-parameter", ["start", "milliseconds"]),
    (
        f"{SERIES}&start=2026-11-24T03:10:00Z&end=2026-11-24T03:10:00Z",
        422,
        "bad-parameter",
        ["start", "before the end"],
    ),
    (f"{SERIES}&every=10", 422, "bad-parameter", ["every", "10m"]),
    (f"{SERIES}&every=400d", 422, "bad-parameter", ["every", "366d"]),
    (f"{SERIES}&agg=max", 422, "bad-parameter", ["agg", "every"]),
    (f"{SERIES}&every=1m&agg=median", 422, "bad-parameter", ["agg", "median", "'mean'"]),
    (f"{SERIES}&limit=0", 422, "bad-parameter", ["limit", "0", "1 or more"]),
    (f"{SERIES}&limit=99999999", 422, "bad-parameter", ["limit", "10000 or less"]),
    (f"{SERIES}&limit=many", 422, "bad-parameter", ["limit", "many", "whole number"]),
    ("/api/v1/dead-letters?limit=101", 422, "bad-parameter", ["limit", "100 or less"]),
    ("/api/v1/dead-letters?before_id=99999999999999999999", 422, "bad-parameter", ["before_id"]),
]


def check_problem(answer: httpx.Response, status: int, kind: str | None, words: list[str]) -> None:
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert list(problem) == ["type", "title", "status", "detail", "instance"]
    assert (answer.status_code, problem["status"]) == (status, status), problem
    assert problem["type"] == (f"urn:siaga:problem:{kind}" if kind else "about:blank")
    assert problem["title"]
    assert problem["instance"] == answer.url.path
    for word in words:
        assert word in problem["detail"], problem["detail"]


@pytest.mark.parametrize(("path", "status", "kind", "words"), WRONG, ids=[row[0] for row in WRONG])
async def test_a_wrong_question_is_answered_by_a_problem_that_says_what_to_do(
    shared_client: httpx.AsyncClient, path, status, kind, words
):
    check_problem(await shared_client.get(path), status, kind, words)


@pytest.mark.parametrize(
    ("method", "path", "possible"),
    [
        ("POST", "/api/v1/domains", "GET"),
        ("PUT", "/api/v1/dead-letters", "GET"),
        ("GET", "/api/v1/dead-letters/1/replay", "POST"),
        ("PUT", "/metrics", "GET"),
    ],
)
async def test_a_wrong_method_says_which_is_possible(shared_client: httpx.AsyncClient, method, path, possible):
    answer = await shared_client.request(method, path)
    check_problem(answer, 405, None, [path, method, possible])
    assert possible in answer.headers["allow"]


async def test_replaying_a_dead_letter_that_is_not_there_is_a_404(shared_client: httpx.AsyncClient):
    missing = await shared_client.post("/api/v1/dead-letters/999/replay")
    check_problem(missing, 404, "unknown-dead-letter", ["999", "/api/v1/dead-letters"])
    wrong = await shared_client.post("/api/v1/dead-letters/first/replay")
    check_problem(wrong, 422, "bad-parameter", ["dead_letter_id", "first", "whole number"])


async def test_a_store_that_does_not_answer_is_a_503_that_says_so(tmp_path: Path):
    async with Morotai(tmp_path) as city, api_of(city) as client:
        await city.store.close()
        (tmp_path / "readings.db").unlink()
        (tmp_path / "readings.db").mkdir()
        city.store = type(city.store)(tmp_path / "readings.db")
        city.platform.store = city.store
        answer = await client.get(SERIES)
        check_problem(answer, 503, "store-unavailable", ["readings database"])
        assert answer.headers["retry-after"] == "5"


async def test_a_registry_database_that_does_not_answer_is_a_503_that_says_so(tmp_path: Path):
    async with Morotai(tmp_path) as city, api_of(city) as client:
        await city.database.run(lambda connection: connection.exec_driver_sql("DROP TABLE dead_letters"))
        check_problem(await client.get("/api/v1/dead-letters"), 503, "registry-unavailable", ["registry database"])


async def test_every_kind_of_problem_is_in_the_documentation():
    documentation = (Path(__file__).parents[4] / "docs" / "api.md").read_text(encoding="utf-8")
    for kind, (status, _title) in TITLES.items():
        assert f"| `{TYPE_ROOT}{kind}` | {status} |" in documentation


async def test_a_mistake_of_ours_is_a_500_that_tells_nothing_of_the_inside(tmp_path: Path):
    async with Morotai(tmp_path) as city, api_of(city) as client:
        city.platform.newest = None  # type: ignore[assignment]
        answer = await client.get("/api/v1/readings/latest")
        check_problem(answer, 500, None, ["/api/v1/readings/latest", "log"])
        assert "NoneType" not in answer.text
