"""The house rules that a program can check: imports, types, style, and what the gateway brings along."""

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def _run(*command: str) -> str:
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if finished.returncode == 0 else finished.stdout + finished.stderr


def test_rooms_import_only_what_the_architecture_allows():
    assert _run(str(BIN / "lint-imports"), "--no-cache") == ""


def test_the_code_keeps_to_the_style():
    assert _run(str(BIN / "ruff"), "check", ".") == ""
    assert _run(str(BIN / "ruff"), "format", "--check", ".") == ""


def test_types_are_whole():
    assert _run(str(BIN / "mypy")) == ""


def test_every_dependency_is_pinned():
    pinned = {re.split(r"[=<> ;\[]", line)[0] for line in (ROOT / "constraints.txt").read_text().splitlines()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    names = {re.split(r"[=<> ;\[]", requirement)[0] for requirement in asked} - {"siaga"}
    assert names <= pinned, f"run `make constraints`: {sorted(names - pinned)} have no pinned version"


FOREIGN_TO_A_GATEWAY = {
    "fastapi", "starlette", "uvicorn", "sqlalchemy", "alembic", "httpx", "aiohttp", "influxdb-client",
    "amqtt", "babel", "grafana-client", "rich", "psycopg", "jinja2", "prometheus-client",
}  # fmt: skip


def test_a_gateway_installs_no_web_framework_database_server_client_or_dashboard_library():
    brought = _brought_by(Requirement("siaga[edge]"), set())
    assert {"siaga", "msgspec", "paho-mqtt", "pyserial"} <= brought
    assert not brought & FOREIGN_TO_A_GATEWAY


def _brought_by(wanted: Requirement, brought: set[str]) -> set[str]:
    """Adds to `brought`, and returns, what pip installs for `wanted`, by the metadata of what is installed here."""
    for extra in ("", *wanted.extras):
        if (key := str(canonicalize_name(wanted.name)) + (f"[{extra}]" if extra else "")) in brought:
            continue
        brought.add(key)
        for text in metadata.requires(wanted.name) or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                _brought_by(needed, brought)
    return brought


def test_nothing_that_the_agent_imports_is_foreign_to_a_gateway():
    listing = subprocess.run(
        [sys.executable, "-c", "import sys, edge.commands.run; print(*{m.split('.')[0] for m in sys.modules})"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not set(listing.stdout.split()) & {name.replace("-", "_") for name in FOREIGN_TO_A_GATEWAY}


def test_the_agent_does_not_load_what_few_gateways_use():
    listing = subprocess.run(
        [sys.executable, "-c", "import sys, edge.cli, edge.commands.run; print(*sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    rarely_used = {
        "difflib",
        "h11",
        "jeepney",
        "edge.alarms",
        "edge.bundle",
        "edge.connection",
        "edge.control.status",
        "edge.control.tap",
        "edge.indicator",
        "edge.status_screen",
        "edge.enrol",
        "edge.commission",
        "edge.detect",
        "edge.doctor",
        "edge.home_assistant",
        "edge.http",
        "edge.installation",
        "edge.modem",
        "edge.page",
        "edge.status_view",
        "edge.sources.push",
        "edge.sources.serial",
        "edge.spool.salvage",
        "edge.systemd",
        "edge.terminal",
        "edge.update.repository",
        "edge.update.updater",
        "runtime.connect",
        "serial",
        "shtab",
        "statistics",
        "tarfile",
        "tuf",
        "wire.sealed_login",
    }
    assert not rarely_used & set(listing.stdout.split())


ROOMS = ("wire", "i18n", "firmware_bridge", "rules", "runtime", "edge", "cloud", "dashboards")
ONE_PLACE = {
    "the wall clock": (r"time\.time_ns\(", {"runtime/clock.py"}),
    "waiting twice as long": (r"2(\.0)? \*\* min\(|_s \* 2\b", {"runtime/backoff.py"}),
    "inserts of a dialect": (r"(postgresql|sqlite)\.insert\b", {"cloud/database/upsert.py"}),
    # before Python 3.12 wait_for may swallow a cancel, and its task never ends: asyncio.timeout does not
    "a wait with an end": (r"asyncio\.wait_for\(", set()),
    "an hour and a day in ms": (r"\b86_?400_?000\b|\b3_?600_?000\b", set()),
    "the order of severities": (r"enumerate\(Severity|tuple\(Severity\)|list\(Severity\)\.index", {"rules/rule.py"}),
    "units as people read them": (r'"ug/m3": ', {"i18n/units.py", "wire/units.py"}),
}
"""What was written again in several rooms; of a unit Tasmota has its own factors."""


@pytest.mark.parametrize("fact", ONE_PLACE)
def test_each_fact_is_written_in_one_place(fact):
    pattern, places = ONE_PLACE[fact]
    files = [file for room in ROOMS for file in (ROOT / room).rglob("*.py")]
    found = {str(file.relative_to(ROOT)) for file in files if re.search(pattern, file.read_text(encoding="utf-8"))}
    assert found <= places, f"{fact}: {sorted(found - places)} have it too; import it from where it is"
