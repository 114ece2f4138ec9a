"""Historical readings over the API: streamed, bounded, for administrators, each row by itself."""

from typing import Any

import httpx
import pytest

from cloud.access.permissions import MOST_BYTES
from cloud.access.principal import Role
from cloud.api.readings_import import MOST_ROWS_SHOWN
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai

pytestmark = pytest.mark.asyncio(loop_scope="module")
IMPORT = "/api/v1/readings/import"
HEADER = "sensor,quantity,time,value,unit\n"
ROWS = (
    "air,pm2_5,2025-01-01T00:00:00,12.5,\nair,pm2_5,2025-01-01T00:01:00,0.02,mg/m3\nnobody,pm2_5,2025-01-01T00:01,1,\n"
)


async def send(client: httpx.AsyncClient, text: str = HEADER + ROWS, **asked: Any) -> httpx.Response:
    asked = {"reason": "archive", "zone": "Asia/Jayapura"} | asked
    return await client.post(IMPORT, params=asked, content=text, headers={"content-type": "text/csv"})


async def test_rows_are_stored_and_each_bad_one_says_its_line(tmp_path):
    async with Morotai(tmp_path) as city, api_of(city, Role.ADMINISTRATOR) as client:
        tried = (await send(client, dry_run="true")).json()
        answer = await send(client)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found == tried | {"dry_run": False} == {
            "lines": 4, "stored": 2, "known": 0, "refused": 1, "dry_run": False,
            "rows": [{"line": 4, "why": "sensor 'nobody': there is none; /api/v1/sensors lists them"}],
        }  # fmt: skip
        span = {"sensor": "air", "quantity": "pm2_5", "start": "2024-12-31T15:00:00Z", "end": "2024-12-31T16:00:00Z"}
        points = (await client.get("/api/v1/readings", params=span)).json()["points"]
        assert [one["value"] for one in points] == [12.5, 20.0]
        assert (await send(client)).json()["known"] == 2
        entries = (await client.get("/api/v1/journal", params={"subject": "readings"})).json()["entries"]
        assert [one["action"] for one in entries] == ["imported-readings", "import-readings"] * 2


async def test_only_administrators_import_and_only_at_sites_that_they_may_see(tmp_path):
    async with Morotai(tmp_path) as city:
        async with api_of(city, Role.ENGINEER) as client:
            assert (await send(client)).status_code == 403
        async with api_of(city, Role.ADMINISTRATOR, sites=["sangowo"]) as client:
            found = (await send(client, HEADER + ROWS.replace("nobody", "air-east"))).json()
            assert (found["stored"], [row["line"] for row in found["rows"]]) == (1, [2, 3])


@pytest.mark.parametrize(
    ("text", "asked", "status", "words"),
    [
        ("sensor,value\n", {}, 422, "has no column quantity"),
        ("", {}, 422, "the file is empty"),
        (HEADER, {"zone": "Morotai"}, 422, "no such time zone"),
        (HEADER, {"zone": "../../etc/passwd"}, 422, "no such time zone"),
        (HEADER, {"reason": ""}, 422, "reason"),
        (HEADER, {"from_line": "1"}, 422, "from_line"),
        ("x" * (MOST_BYTES["POST", IMPORT] + 1), {}, 413, "send at most"),
    ],
)
async def test_what_cannot_be_imported_is_refused_in_a_sentence(tmp_path, text, asked, status, words):
    async with Morotai(tmp_path) as city, api_of(city, Role.ADMINISTRATOR) as client:
        answer = await send(client, text, **asked)
        assert (answer.status_code, words in answer.text) == (status, True), answer.text[:300]


async def test_of_many_refused_rows_the_first_are_shown_and_all_are_counted(tmp_path):
    async with Morotai(tmp_path) as city, api_of(city, Role.ADMINISTRATOR) as client:
        found = (await send(client, HEADER + "rubbish\n" * (MOST_ROWS_SHOWN + 500))).json()
        assert (found["refused"], len(found["rows"])) == (MOST_ROWS_SHOWN + 500, MOST_ROWS_SHOWN)


async def test_a_second_import_waits_for_its_turn(tmp_path):
    async with Morotai(tmp_path) as city, api_of(city, Role.ADMINISTRATOR) as client:
        async with city.platform.importer.one_at_a_time:
            assert (await send(client)).status_code == 409
        assert (await send(client)).status_code == 200
