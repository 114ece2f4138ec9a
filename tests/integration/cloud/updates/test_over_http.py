"""The repository over HTTP: the library's own updater against the cloud's real application, on a real socket."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from cloud.access.permissions import PERMISSIONS
from cloud.api import update_files
from cloud.api.app import make_api
from cloud.api.update_files import permissions_with_updates, serve_updates
from cloud.http.server import server_of
from cloud.updates.key_change import replace_offline
from cloud.updates.offer import update_offer
from edge.architecture import architecture
from edge.update.places import UpdatePlaces
from edge.update.repository import UpdateRepository
from runtime.clock import wall_ms
from tests.servers import free_port
from tests.unit.cloud.api.morotai import Morotai
from tests.update_repository import PASSPHRASE, GatewaySimulated, Published, an_archive
from wire.gateway_update import UpdateOffer, decode_offer


@contextlib.asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[Published, str]]:
    """A repository, and the address below which a cloud's application serves it to whoever is not logged in."""
    async with Morotai(folder) as city:
        published = Published(folder)
        app = make_api(city.platform, table=permissions_with_updates(PERMISSIONS))
        serve_updates(app, published.settings.folder)
        server = server_of(app, proxies=())
        server.config.host, server.config.port = "127.0.0.1", free_port()
        work = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield published, f"http://127.0.0.1:{server.config.port}/updates"
        finally:
            server.should_exit = True
            await work


async def test_an_updater_gets_an_archive_from_the_cloud_through_a_change_of_keys(tmp_path: Path):
    async with served(tmp_path) as (published, url):
        gateway = GatewaySimulated(tmp_path / "gateway", published.repository, url=url)
        published.publish("1.2.0")
        whole = an_archive(tmp_path / "again").read_bytes()
        assert await asyncio.to_thread(gateway.fetch, "1.2.0") == whole
        roots = [published.key("root-1"), published.key("root-3")]
        replace_offline(published.repository, "targets", tmp_path / "new", roots, published.online, PASSPHRASE)
        assert await asyncio.to_thread(gateway.fetch, "1.2.0") == whole
        assert await asyncio.to_thread(gateway.fetch, "1.9.0") is None


async def test_a_gateways_own_updater_takes_what_the_cloud_offers_and_goes_on_where_it_broke_off(tmp_path: Path):
    async with served(tmp_path) as (published, url):
        published.publish("1.2.0", arch=architecture())
        places = UpdatePlaces(tmp_path / "opt", tmp_path / "asked")
        offer = UpdateOffer(url, decode_offer(update_offer(published.settings)).root)

        def fetched() -> bytes:
            repository = UpdateRepository(places, offer, at_ms=wall_ms())
            found = repository.find("1.2.0", architecture())
            (served_there,) = published.repository.targets.iterdir()
            part = places.archive / f"{served_there.name}.part"
            part.write_bytes(served_there.read_bytes()[:40])
            return repository.fetch(found).read_bytes()

        (whole,) = (tmp_path / "archives").iterdir()
        assert await asyncio.to_thread(fetched) == whole.read_bytes()
        roots = [published.key("root-1"), published.key("root-3")]
        replace_offline(published.repository, "targets", tmp_path / "new", roots, published.online, PASSPHRASE)
        assert await asyncio.to_thread(fetched) == whole.read_bytes()


async def test_files_are_given_in_parts_and_nothing_beside_them(tmp_path: Path):
    async with served(tmp_path) as (published, url), httpx.AsyncClient() as client:
        published.publish("1.2.0")
        (archive,) = published.repository.targets.iterdir()
        whole = archive.read_bytes()
        part = await client.get(f"{url}/targets/{archive.name}", headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, whole[10:20])
        assert "immutable" in part.headers["cache-control"]
        head = await client.head(f"{url}/metadata/timestamp.json")
        assert (head.status_code, head.headers["cache-control"], head.content) == (200, "no-cache", b"")
        (tmp_path / "updates" / "targets" / ".hidden").write_text("x")
        for path in (
            "/targets/", "/targets", "/metadata", "", "/.lock", "/targets/.hidden", "/targets/..%2F.lock",
            "/targets/%2e%2e%2f%2e%2e%2fonline.key", "/metadata/..%5c..%5conline.key", "/targets/" + "x" * 300,
            "/metadata/%00", "/metadata/9.root.json", "/generations/00000001/timestamp.json",
        ):  # fmt: skip
            answer = await client.get(f"{url}{path}")
            assert answer.status_code in {401, 404}, path
        assert (await client.post(f"{url}/metadata/timestamp.json", content=b"x")).status_code in {401, 403, 404, 405}


async def test_only_so_many_archives_are_sent_at_a_time(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(update_files, "MOST_DOWNLOADS", 0)
    async with served(tmp_path) as (published, url), httpx.AsyncClient() as client:
        published.publish("1.2.0")
        (archive,) = published.repository.targets.iterdir()
        answer = await client.get(f"{url}/targets/{archive.name}")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert (await client.get(f"{url}/metadata/timestamp.json")).status_code == 200
