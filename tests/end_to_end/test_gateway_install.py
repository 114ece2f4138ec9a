"""pip install '.[edge]' in a clean environment, as on a Raspberry Pi."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.unit.test_house_rules import FOREIGN_TO_A_GATEWAY, ROOT


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_a_clean_environment_gets_an_agent_that_runs_and_nothing_of_the_cloud(tmp_path: Path):
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    _run(python, "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", f"{ROOT}[edge]")
    packages = {line.split("==")[0].lower() for line in _run(python, "-m", "pip", "freeze").splitlines()}
    assert not packages & FOREIGN_TO_A_GATEWAY
    settings = tmp_path / "edge.toml"
    settings.write_text('[gateway]\nid = "gw-clean"\n')
    assert "gateway gw-clean" in _run(tmp_path / "venv" / "bin" / "siaga-edge", "check", "--config", settings)
    for program, extra in (("siaga-cloud", "cloud"), ("siaga-demo", "demo"), ("siaga-dashboards", "dashboards")):
        ended = subprocess.run(
            [tmp_path / "venv" / "bin" / program, "--help"], capture_output=True, text=True, check=False
        )
        assert (ended.returncode, "Traceback" in ended.stderr) == (2, False), ended.stderr
        assert f'it needs the extra "{extra}"' in ended.stderr
    sys.stdout.write(f"a gateway installs: {', '.join(sorted(packages))}\n")


def _run(*command: str | Path) -> str:
    finished = subprocess.run(
        [str(part) for part in command], cwd="/", capture_output=True, text=True, check=False, env={"HOME": "/tmp"}
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout
