"""deploy/scale: what it gives the brokers' users, and that its files belong together."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloud.process.settings import load_cloud_settings
from tests.servers import require
from wire import Channel, topic_of
from wire.topics import SHARDS

ROOT = Path(__file__).parents[3]
SCALE = ROOT / "deploy" / "scale"
GATEWAYS = ["gw-daruba", "gw-utara", "gw-daruba-2"]
FROM_GATEWAY = {Channel.UP, Channel.STATUS, Channel.CONFIG_REPORTED, Channel.CMD_REPLY}


def accounts(folder: Path, gateways: list[str] = GATEWAYS) -> subprocess.CompletedProcess[str]:
    (folder / "city.toml").write_text("".join(f'[[gateways]]\nid = "{gateway}"\n' for gateway in gateways))
    return subprocess.run(
        [sys.executable, SCALE / "accounts.py", "--city", "city.toml", "--to", "secrets"],
        cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def definitions(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "secrets" / "definitions.json").read_text()))


def nats_users(folder: Path) -> dict[str, dict[str, Any]]:
    rows = [line for line in (folder / "secrets" / "accounts.conf").read_text().splitlines() if '"user"' in line]
    return {user["user"]: user["permissions"] for user in map(json.loads, rows)}


def _is_of(name: str, gateway: str, subject: str, way: str) -> bool:
    """Whether `name` must be let do `way` on a subject of `gateway`."""
    if name == "siaga-cloud":
        return True
    channel = subject.split(".", 4)[4].replace(".", "/")
    return name == gateway and (Channel(channel) in FROM_GATEWAY) == (way == "write")


@pytest.mark.parametrize("name", [*GATEWAYS, "siaga-cloud"])
def test_a_gateway_may_write_and_read_its_own_topics_and_none_of_another(tmp_path: Path, name: str):
    assert accounts(tmp_path).returncode == 0
    (rabbit,) = [each for each in definitions(tmp_path)["topic_permissions"] if each["user"] == name]
    nats = nats_users(tmp_path)[name]
    ways = {"write": nats["publish"]["allow"], "read": nats["subscribe"]["allow"]}
    for gateway in GATEWAYS:
        for channel in Channel:
            subject = topic_of(gateway, channel).replace("/", ".")
            for way, allowed in ways.items():
                must = _is_of(name, gateway, subject, way)
                assert bool(re.search(rabbit[way], subject)) == must, (way, subject)
                assert any(fnmatchcase(subject, each.replace(">", "*")) for each in allowed) == must, (way, subject)
    assert not re.search(rabbit["read"], "siaga.v1.#" if name != "siaga-cloud" else "other.v1.x")


def test_a_gateway_has_the_queue_of_its_own_client_and_no_other(tmp_path: Path):
    accounts(tmp_path)
    queues = {each["user"]: each["configure"] for each in definitions(tmp_path)["permissions"]}
    clients = {name: f"mqtt-subscription-siaga-edge-{name}qos1" for name in GATEWAYS}
    clients["siaga-cloud"] = "mqtt-subscription-siaga-cloud-0-31qos1"
    for user, pattern in queues.items():
        assert [name for name, queue in clients.items() if re.search(pattern, queue)] == [user]


def test_passwords_are_hashed_as_rabbitmq_checks_them_and_are_for_one_reader(tmp_path: Path):
    accounts(tmp_path)
    for user in definitions(tmp_path)["users"]:
        kept = base64.b64decode(user["password_hash"])
        password = (tmp_path / "secrets" / "passwords" / user["name"]).read_bytes().strip()
        assert len(password) >= 32
        assert hashlib.sha256(kept[:4] + password).digest() == kept[4:]
    files = [file for file in (tmp_path / "secrets").rglob("*") if file.is_file()]
    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o600"}


def test_running_again_keeps_every_password_and_adds_the_new_gateway(tmp_path: Path):
    def kept() -> dict[str, str]:
        return {file.name: file.read_text() for file in (tmp_path / "secrets").rglob("*") if file.is_file()}

    accounts(tmp_path, GATEWAYS[:2])
    before = kept()
    accounts(tmp_path, GATEWAYS[:2])
    assert kept() == before
    accounts(tmp_path, GATEWAYS)
    assert {name: text for name, text in kept().items() if name in before and name[-5:] not in (".json", ".conf")} == {
        name: text for name, text in before.items() if name[-5:] not in (".json", ".conf")
    }
    assert set(nats_users(tmp_path)) == {*GATEWAYS, "siaga-cloud"}


@pytest.mark.parametrize("gateway", ["siaga-cloud", "Gateway 7", "../up"])
def test_what_is_no_name_of_a_gateway_is_refused_in_one_sentence(tmp_path: Path, gateway: str):
    finished = accounts(tmp_path, [gateway])
    assert finished.returncode == 2
    assert finished.stderr.startswith("city.toml: ")
    assert finished.stderr.count("\n") == 1
    assert not (tmp_path / "secrets").exists()


COMPOSE: dict[str, Any] = yaml.safe_load((SCALE / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_every_shard_is_taken_in_by_one_ingester_of_the_compose_file():
    taken: Counter[int] = Counter()
    for name in SERVICES:
        if name.startswith("ingest-"):
            taken.update(load_cloud_settings(SCALE / f"{name}.toml").ingest.shard_range)
    assert taken == Counter(range(SHARDS))


def test_the_screens_take_nothing_in_and_all_speak_to_the_same_nodes_store_and_registry():
    screens, *ingesters = [load_cloud_settings(SCALE / f"{name}.toml") for name in ("screens", "ingest-1", "ingest-2")]
    assert not screens.ingest.enabled
    for ingester in ingesters:
        assert (ingester.broker, ingester.store, ingester.registry) == (screens.broker, screens.store, screens.registry)
    aliases = {alias for service in SERVICES.values() for alias in _aliases(service)}
    assert {node.host for node in screens.broker.nodes()} == aliases


def _aliases(service: dict[str, Any]) -> list[str]:
    networks = service["networks"]
    return list(networks["inside"]["aliases"]) if isinstance(networks, dict) else []


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_and_has_few_rights(name: str):
    service = SERVICES[name]
    assert re.search(r":(\$\{\w+:-)?[\w./-]*\d+\.\d+(\.\d+)?[\w.-]*\}?$", service["image"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"].split(":")[0] not in ("0", "root")
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["healthcheck"]["test"][0] == "CMD"


def test_every_folder_for_data_and_its_owner_is_in_the_instructions():
    instructions = (SCALE / "docker-compose.yml").read_text().partition("name: siaga-scale")[0]
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            if volume.startswith("./data/"):
                folder = re.sub(r"\d$", "?", volume.partition(":")[0].removeprefix("./data/"))
                owner = service["user"].partition(":")[0]
                assert re.search(rf"chown {owner} .*{re.escape(folder)}", instructions), (name, folder, owner)


def test_only_brokers_and_the_proxy_can_be_reached_from_outside():
    published = {name for name, service in SERVICES.items() if "ports" in service}
    assert published == {f"{kind}-{number}" for kind in ("rabbit", "nats") for number in (1, 2, 3)} | {"proxy"}


def test_the_files_that_are_mounted_are_here_or_are_made_by_accounts(tmp_path: Path):
    accounts(tmp_path)
    mounted = [volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    mounted += [secret["file"] for secret in COMPOSE["secrets"].values()]
    by_hand = {"./city.toml", "./secrets/tls", "./secrets/tls/ca.crt"}
    ours = {path for path in mounted if not path.startswith("./data/")} - by_hand
    for path in ours:
        assert (SCALE / path).exists() or (tmp_path / path).exists(), path


def test_caddy_takes_its_configuration_and_it_names_the_services_that_serve_screens():
    checked = subprocess.run(
        [require("caddy"), "validate", "--adapter", "caddyfile", "--config", SCALE / "Caddyfile"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr
    named = re.search(r"reverse_proxy (.*) \{", (SCALE / "Caddyfile").read_text())
    assert named is not None
    assert {f"{name}:8080" for name in SERVICES if name.startswith("screens-")} == set(named[1].split())
