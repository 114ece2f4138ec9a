"""Every Compose file as the Compose specification wants it, by the schema that comes with check-jsonschema.

docker-compose.yml, deploy/scale/docker-compose.yml ─► merged (<<) ─► compose-spec.json, and what the schema cannot say:
that all which a service names is there
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FILES = sorted([*ROOT.glob("*compose*.y*ml"), *(ROOT / "deploy").rglob("*compose*.y*ml")])
NOBODY = "http://127.0.0.1:9"
"""A proxy that is not there: whatever asks the network fails."""

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))


def mistakes(*files: Path) -> dict[str, list[str]]:
    """By file, what the specification does not allow; asked without a network."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "-o", "json"]
    cut_off = os.environ | {"http_proxy": NOBODY, "https_proxy": NOBODY, "no_proxy": ""}
    finished = subprocess.run([*command, *files], env=cut_off, capture_output=True, text=True)
    answer = json.loads(finished.stdout)
    assert not answer.get("parse_errors"), answer["parse_errors"]
    found: dict[str, list[str]] = {str(file): [] for file in files}
    for error in answer["errors"]:
        found[error["filename"]].append(f"{error['path']}: {error['message']}")
    return found


def test_both_installations_are_looked_at():
    assert {file.parent.relative_to(ROOT).as_posix() for file in FILES} >= {".", "deploy/scale"}


def test_every_compose_file_is_what_the_specification_allows():
    assert mistakes(*FILES) == {str(file): [] for file in FILES}


PLANTED = {
    "a_key_that_is_misspelled": ("mem_limit: 512m", "memlimit: 512m"),
    "a_condition_that_there_is_not": ("condition: service_healthy", "condition: service_ready"),
    "a_list_where_there_must_be_a_map": ("  broker: {internal: true}", "  broker: [internal]"),
    "a_switch_that_is_neither_on_nor_off": ("read_only: true", "read_only: [yes]"),
    "a_check_of_health_in_the_wrong_place": ("    working_dir: /mosquitto", "    working_dir: {test: NONE}"),
}


def test_a_mistake_is_found_in_the_file_that_has_it(tmp_path: Path):
    whole = (ROOT / "docker-compose.yml").read_text()
    for name, (right, wrong) in PLANTED.items():
        assert right in whole, name
        (tmp_path / f"{name}.yml").write_text(whole.replace(right, wrong, 1))
    found = mistakes(*sorted(tmp_path.iterdir()))
    assert [Path(file).stem for file, told in found.items() if not told] == []
    assert len(found) == len(PLANTED)


def _named(document: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """All that services name: by whom, of which section, and what."""
    for name, service in document["services"].items():
        for section, key in (("networks", "networks"), ("secrets", "secrets"), ("services", "depends_on")):
            yield from ((name, section, named) for named in service.get(key, ()))


@each_file
def test_all_that_a_service_names_is_declared(file: Path):
    document = yaml.safe_load(file.read_text())
    missing = [(who, section, what) for who, section, what in _named(document) if what not in document.get(section, {})]
    assert not missing
