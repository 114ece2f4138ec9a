"""make demo STORY=…: a power cut loses nothing, the console begins another story, and Ctrl-C in it leaves nothing."""

import re
import signal
import sys
from pathlib import Path

import pytest

from tests.end_to_end.test_demo import _living, _parts_of, _visitor
from tests.servers import Command, Program, free_port, wait_until

SHORT_OUTAGES = "import demo.cli, demo.stories.powercut as told; told.OUTAGE_S = 1.5; raise SystemExit(demo.cli.main())"


def _demo(folder: Path, story: str, *, code: str = "import demo.cli; raise SystemExit(demo.cli.main())") -> Program:
    data, port = str(folder / "data"), str(free_port())
    options = ["--port", port, "--data", data, "--history", "0", "--story", story]
    options += ["--store", "sqlite", "--grafana", "none", "--language", "en"]
    command: Command = [sys.executable, "-c", code, *options]
    return Program("demo", command, folder)


def _has_said(demo: Program, text: str) -> bool:
    demo.must_live()
    return text in demo.log.read_text()


def test_a_power_cut_loses_nothing_and_the_console_begins_the_next_story(tmp_path: Path):
    with _demo(tmp_path, "powercut", code=SHORT_OUTAGES) as demo:
        wait_until(lambda: _has_said(demo, "The end of the story"), "the end of the story", patience_s=120)
        said = demo.log.read_text()
        counted = re.search(
            r"the gateways have numbered (\d+) readings; of these (\d+) are stored, (\d+) missing", said
        )
        assert counted is not None, said
        assert int(counted[1]) == int(counted[2]) > 100
        assert counted[3] == "0"
        assert "NOT SEEN" not in said
        assert "NOT COUNTED" not in said
        assert re.findall(r"without a (\w+) the store has [1-9]\d* readings", said) == ["broker", "cloud"]

        operator, viewer = _visitor(demo, "operator"), _visitor(demo)
        for visitor, buttons in ((operator, 4), (viewer, 0)):
            page = visitor.get(str(visitor.base_url).replace("/api/v1/", "/console/en")).text
            assert "Play a story" in page
            assert page.count('class="story"') == buttons
        csrf = {"X-CSRF-Token": operator.get("/session").json()["csrf"]}
        asked = str(operator.base_url).replace("/api/v1/", "/demo/stories/flood")
        assert operator.post(asked).status_code == 403
        assert operator.post(asked, headers=csrf).status_code == 202
        wait_until(lambda: _has_said(demo, "Story: a flood at Daruba"), "the second story begins")
        assert operator.post(asked, headers=csrf).status_code == 409

        parts = _parts_of(demo)
        assert len(parts) == 5
        demo.signal(signal.SIGINT)
        assert demo.wait() == 0
    assert _living(parts) == {}


@pytest.mark.proof
@pytest.mark.timeout(420)
@pytest.mark.parametrize("story", ["flood", "smoke", "crowd", "powercut"])
def test_a_whole_story_sees_all_that_it_tells(tmp_path: Path, story: str):
    with _demo(tmp_path, story) as demo:
        wait_until(lambda: _has_said(demo, "The end of the story"), "the end of the story", patience_s=360)
        assert not re.search("NOT SEEN|NOT COUNTED", demo.log.read_text())
        assert demo.stop() == 0
