"""docs/operations.md against what it speaks of."""

import re
from pathlib import Path

import pytest

from cloud.cli.main import main
from dashboards.platform_alerts import RULES
from tests.unit.deploy.test_compose import SERVICES

ROOT = Path(__file__).parents[3]
RUNBOOK = (ROOT / "docs" / "operations.md").read_text()


def anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


ANCHORS = {anchor(heading) for heading in re.findall(r"^#+ (.*)$", RUNBOOK, re.MULTILINE)}


def test_every_alert_of_the_platform_finds_its_part_of_the_runbook():
    assert {rule.runbook for rule in RULES} <= ANCHORS


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)]+)\)", RUNBOOK))))
def test_every_link_of_the_runbook_leads_somewhere(target: str):
    file, _, part = target.partition("#")
    if not file:
        assert part in ANCHORS
        return
    page = ROOT / "docs" / file
    assert page.exists()
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    assert not part or part in {anchor(heading) for heading in headings}


def test_every_command_of_the_runbook_exists(capsys: pytest.CaptureFixture[str]):
    commands = set(re.findall(r"operator (\w+ (?:add|change|disable|enrol|list|rotate|revoke)|check|restore)", RUNBOOK))
    assert len(commands) > 8
    for command in commands:
        assert main([*command.split(), "--help"]) == 0, command
    assert "Usage: siaga-cloud" in capsys.readouterr().out


def test_every_service_that_the_runbook_names_is_one():
    named = re.findall(r"docker compose (?:up -d|stop|restart|logs|kill -s HUP|run --rm) (\w+)", RUNBOOK)
    assert set(named) <= set(SERVICES)
    assert {"operator", "backup", "broker", "proxy", "influxdb", "postgresql"} <= set(named)
