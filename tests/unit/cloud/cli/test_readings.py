"""`siaga-cloud readings import`: a file into the databases that cloud.toml names, with a report of what is refused."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.cli.main import main
from cloud.database.engine import Database
from cloud.readings.sqlite import SqliteStore
from cloud.registry.rows import save_registry
from tests.unit.cloud.examples import city

Run = Callable[[str], tuple[int, str, str]]
HEADER = "sensor;quantity;time;value\n"
GOOD = "air-market;pm2_5;2025-01-01 00:00;12,5\nair-market;pm2_5;2025-01-01 00:01;13\n"


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
        code = main(["readings", "import", *line.split(), "--config", str(tmp_path / "cloud.toml")])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


async def _set_up(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'registry.db'}")
    await database.open()
    await database.run(lambda connection: save_registry(connection, city()))
    await database.close()


def stored(folder: Path) -> list[float]:
    async def read() -> list[float]:
        store = SqliteStore(folder / "readings.db")
        await store.open()
        points = await store.history("air-market", "pm2_5", start_ms=0, end_ms=2 * 10**12)
        await store.close()
        return [point.value for point in points]

    return asyncio.run(read())


def test_a_file_is_imported_and_what_is_refused_stands_in_the_report(siaga: Run, tmp_path: Path):
    file, report = tmp_path / "old.csv", tmp_path / "refused.csv"
    file.write_text(HEADER + GOOD + "air-market;pm2_5;soon;1\n")
    line = f"{file} --zone Asia/Jayapura --report {report}"
    code, out, _ = siaga(f"{line} --dry-run")
    assert (code, out.splitlines()[-1]) == (0, "lines 4: 2 would be stored, 0 known, 1 refused")
    assert stored(tmp_path) == []
    code, out, _ = siaga(f"{line} --reason archive")
    assert code == 0
    assert out.splitlines() == [
        "line 4: time 'soon': write ISO 8601, as 2026-01-01T00:10:00+09:00", "lines 4: 2 stored, 0 known, 1 refused"
    ]  # fmt: skip
    assert report.read_text().splitlines()[1].startswith("4,")
    assert stored(tmp_path) == [12.5, 13.0]
    assert "0 stored, 2 known" in siaga(f"{line} --reason archive")[1]


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        (HEADER, "", "--reason: say why"),
        (HEADER, "--reason x --zone Morotai", "--zone: 'Morotai': no such time zone"),
        ("a;b\n", "--reason x", "has no column sensor"),
        (None, "--reason x", "there is no file"),
    ],
)
def test_what_cannot_be_imported_is_one_sentence(
    siaga: Run, tmp_path: Path, text: str | None, options: str, words: str
):
    file = tmp_path / "old.csv"
    if text is not None:
        file.write_text(text)
    code, _, err = siaga(f"{file} {options}")
    assert code != 0
    assert words in err
