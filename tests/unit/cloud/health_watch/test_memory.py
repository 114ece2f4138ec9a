"""What the watch keeps over a restart, in a file whose form older watches have written."""

import json
from pathlib import Path

import pytest

from cloud.health_watch.memory import MOST_WAITING, WatchMemory, load, save
from tests.unit.cloud.notify.examples import line, notification

URL = "https://siaga.test/api/v1/health"


def test_the_file_of_an_older_watch_is_read_and_written_in_the_same_form(tmp_path: Path):
    file = tmp_path / "watch-state.json"
    file.write_text(json.dumps({"told": {URL: 7}, "life_sign_ms": 9, "waiting": []}))
    memory = load(file)
    assert (memory.notified, memory.life_sign_ms) == ({URL: 7}, 9)
    memory.waiting.append(notification(line()))
    save(file, memory)
    assert json.loads(file.read_bytes())["told"] == {URL: 7}
    assert load(file) == memory


@pytest.mark.parametrize("content", ["", "{", '{"told": 7}', "\udcff"])
def test_a_file_that_cannot_be_read_is_a_first_start(tmp_path: Path, content: str):
    file = tmp_path / "watch-state.json"
    file.write_bytes(content.encode(errors="surrogateescape"))
    assert load(file) == WatchMemory()


def test_of_what_waits_the_newest_are_kept(tmp_path: Path):
    file = tmp_path / "new" / "watch-state.json"
    memory = WatchMemory(waiting=[notification(line(), key=str(n)) for n in range(MOST_WAITING + 5)])
    save(file, memory)
    assert [each.key for each in load(file).waiting] == [str(n) for n in range(5, MOST_WAITING + 5)]


def test_a_disk_that_takes_nothing_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    (tmp_path / "file").write_text("")
    save(tmp_path / "file" / "watch-state.json", WatchMemory())
    assert "cannot be written" in caplog.text
