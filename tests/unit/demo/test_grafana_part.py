"""What the terminal says of Grafana while nobody waits for it."""

import subprocess
from pathlib import Path

from demo.grafana_part import OthersGrafana, OwnGrafana
from demo.processes import DemoProcess
from tests.servers import free_port


class EndedProcess(DemoProcess):
    """A part that has ended with `code`, and has said `line` before."""

    def __init__(self, folder: Path, code: int, line: str = "") -> None:
        self.log = folder / "part.log"
        self.log.write_text(f"{line}\n")
        self.process = subprocess.Popen(["sh", "-c", f"exit {code}"], stdin=subprocess.PIPE)
        self.process.wait()


def test_that_its_own_has_ended_is_said_once(tmp_path: Path):
    grafana = OwnGrafana(EndedProcess(tmp_path, 1), f"http://127.0.0.1:{free_port()}")
    assert grafana.news() == f"Grafana has ended, and the demo goes on without it; see {tmp_path / 'part.log'}"
    assert grafana.news() == ""


def test_that_another_has_the_dashboards_or_why_not_is_said_once(tmp_path: Path):
    address = "http://127.0.0.1:3000/d/siaga-en-command"
    well = OthersGrafana(EndedProcess(tmp_path, 0, "all dashboards made"), address)
    assert (well.news(), well.news()) == (f"Grafana has the dashboards: {address}", "")
    badly = OthersGrafana(EndedProcess(tmp_path, 2, "Grafana cannot be reached"), address)
    assert badly.news() == "Grafana does not have the dashboards: Grafana cannot be reached"
