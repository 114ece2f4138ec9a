"""`siaga-cloud readings export`: whole files alone, of what the API would give."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from cloud.cli.main import main
from cloud.database.engine import Database
from cloud.exports.exports import Export
from cloud.readings.blocks import Block
from cloud.readings.contract import StoreUnavailable
from cloud.readings.sqlite import SqliteStore
from cloud.registry.rows import save_registry
from tests.unit.cloud.examples import city
from wire import Domain

Run = Callable[[str], tuple[int, str, str]]
START = 1_795_489_200_000
"""2026-11-24T03:00:00Z."""
HOUR = "--start 2026-11-24T03:00:00Z --end 2026-11-24T04:00:00Z"
ALL = f"--site daruba {HOUR}"


@pytest.fixture
def siaga(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    (tmp_path / "cloud.toml").write_text(
        '[broker]\nhost = "127.0.0.1"\n[store]\nengine = "sqlite"\npath = "readings.db"\n'
        f'[registry]\nurl = "sqlite:///{tmp_path / "registry.db"}"\ncity = "city.toml"\n'
    )
    (tmp_path / "city.toml").write_text("")
    asyncio.run(_set_up(tmp_path))

    def run(line: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["readings", "export", str(tmp_path / "out"), *line.split(), "--config", f"{tmp_path}/cloud.toml"])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


async def _set_up(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'registry.db'}")
    await database.open()
    await database.run(lambda connection: save_registry(connection, city()))
    await database.close()
    store = SqliteStore(folder / "readings.db", durable=False)
    await store.open()
    times_ms = [START + minute * 60_000 for minute in range(90)]
    values = [float(minute) for minute in range(90)]
    block = Block("daruba", "air-market", "gw-daruba", Domain.AIR, 0, times_ms, (("pm2_5", values), ("pm10", values)))
    await store.write([store.encode([block])])
    await store.close()


@pytest.mark.parametrize(
    ("options", "rows", "first"),
    [
        (ALL, 120, "air-market,pm10,2026-11-24T03:00:00.000Z,0.0,"),
        (f"--sensor air-market --quantity pm2_5 {HOUR}", 60, "air-market,pm2_5,2026-11-24T03:00:00.000Z,0.0,"),
        (f"{ALL} --quantity pm2_5 --every 10m", 6, "air-market,pm2_5,2026-11-24T03:00:00.000Z,4.5,"),
    ],
    ids=["site", "series", "steps"],
)
def test_what_is_asked_for_is_written_and_nothing_beside_it(
    siaga: Run, tmp_path: Path, options: str, rows: int, first: str
):
    before = {file.name for file in tmp_path.iterdir()}
    code, out, err = siaga(options)
    assert (code, out) == (0, f"{tmp_path / 'out'}: {rows} rows\n"), err
    lines = (tmp_path / "out").read_text().splitlines()
    assert len(lines) == rows + 1
    assert lines[1].startswith(first)
    assert {file.name for file in tmp_path.iterdir()} - before == {"out"}


def test_a_file_that_breaks_off_leaves_what_was_there(siaga: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def cut(_export: Export) -> AsyncIterator[bytes]:
        yield b"sensor,quantity"
        raise StoreUnavailable("the store went away")

    (tmp_path / "out").write_text("of yesterday")
    before = {file.name for file in tmp_path.iterdir()}
    monkeypatch.setattr(Export, "pieces", cut)
    code, _, err = siaga(ALL)
    assert code != 0
    assert "the store went away" in err
    assert (tmp_path / "out").read_text() == "of yesterday"
    assert {file.name for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (HOUR, "--site, --sensor: name one of the two"),
        (f"--site daruba --sensor air-market {HOUR}", "--site, --sensor: name one of the two"),
        (f"--site darubb {HOUR}", "--site darubb: the registry has no such site"),
        (f"--sensor nobody {HOUR}", "--sensor nobody: the registry has no such sensor"),
        (f"--site daruba --quantity mood {HOUR}", "--quantity mood: there is no such quantity"),
        ("--site daruba --start yesterday", "--start yesterday: write RFC 3339"),
        ("--site daruba --start 2026-11-24T03:00:00Z --end 2026-11-24T03:00:00Z", "is not before the end"),
        ("--site daruba --start 2010-01-01T00:00:00Z --end 2026-11-24T03:00:00Z", "at most 3660 days"),
    ],
    ids=["neither", "both", "site", "sensor", "quantity", "time", "empty", "too long"],
)
def test_what_cannot_be_written_is_one_sentence(siaga: Run, tmp_path: Path, options: str, words: str):
    code, _, err = siaga(options)
    assert code != 0
    assert words in err
    assert not (tmp_path / "out").exists()
