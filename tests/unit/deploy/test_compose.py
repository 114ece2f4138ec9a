"""docker-compose.yml, the Dockerfile and what bootstrap makes, held against each other."""

import configparser
import importlib.machinery
import importlib.util
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from cloud.broker.grants import ingester_grant
from cloud.process.settings import load_cloud_settings
from cloud.readings.settings import InfluxSettings
from tests.servers import Command, require

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {"operator", "backup", "dashboards", "store"}
WITH_PORTS = {"broker", "proxy"}
EXAMPLE = (ROOT / ".env.example").read_text()
each_service = pytest.mark.parametrize("name", SERVICES)


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("bootstrap", str(ROOT / "deploy" / "bootstrap"))
    spec = importlib.util.spec_from_loader("bootstrap", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which bootstrap has run."""
    folder = tmp_path_factory.mktemp("installation")
    (folder / ".env").write_text(EXAMPLE)
    subprocess.run([ROOT / "deploy" / "bootstrap", "--keep-owner", "--root", folder], check=True, capture_output=True)
    return folder


def mounts(name: str) -> dict[str, tuple[str, bool]]:
    """Where in the container: what of the host, and whether it is read-only there."""
    found = {}
    for volume in SERVICES[name].get("volumes", ()):
        if isinstance(volume, str):
            source, target, *options = volume.split(":")
            found[target] = (source, "ro" in options)
        else:
            found[volume["target"]] = (volume["source"], volume.get("read_only", False))
    return found


def in_installation(source: str, folder: Path) -> Path:
    """A mount's source after bootstrap: the installation's own, or the project's."""
    path = Path(source.replace("${SIAGA_DATA:-./data}", "./data"))
    return folder / path if path.parts[0] in {"secrets", "data", "city"} else ROOT / path


@each_service
def test_every_image_is_pinned_to_a_version(name: str):
    image = SERVICES[name]["image"]
    assert re.fullmatch(r"[a-z/-]+:(\d+\.\d+\.\d+|\d+\.\d+-|\$\{SIAGA_VERSION:-\d+\.\d+\.\d+\})[a-z-]*", image), image


def test_only_the_broker_and_the_proxy_have_published_ports():
    assert {name for name, service in SERVICES.items() if "ports" in service} == WITH_PORTS
    assert SERVICES["broker"]["ports"] == ["${SIAGA_MQTT_PORT:-8883}:8883"]
    assert "listener 8883\n" in (ROOT / "deploy" / "mosquitto" / "mosquitto.conf").read_text()


@each_service
def test_a_service_may_do_no_more_than_it_must(name: str):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "pid", "devices", "ipc"} & set(service)
    assert service.get("network_mode", "none") == "none"
    uid, gid = service["user"].split(":")
    assert int(uid) > 0
    assert int(gid) > 0


@each_service
def test_a_service_has_limits_and_its_logs_are_turned_over(name: str):
    service = SERVICES[name]
    assert {"mem_limit", "cpus", "pids_limit"} <= set(service)
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}


@each_service
def test_a_service_that_stays_is_started_again_and_has_a_health_check(name: str):
    service = SERVICES[name]
    if name in ONE_SHOT:
        assert service["restart"] == "no"
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] == "CMD"


def test_who_is_waited_for_says_when_it_is_ready():
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            assert how["condition"] == ("service_completed_successfully" if needed in ONE_SHOT else "service_healthy")
            assert needed in ONE_SHOT or "healthcheck" in SERVICES[needed]
            assert "profiles" not in SERVICES[needed] or how["required"] is False


def test_only_what_must_be_reached_from_outside_or_reach_out_is_on_a_network_that_does():
    outward = {name for name, network in COMPOSE["networks"].items() if not (network or {}).get("internal")}
    assert {name for name, service in SERVICES.items() if outward & set(service.get("networks", ()))} == {
        *WITH_PORTS,
        "cloud",
        "web",
    }
    for one in outward:  # each alone there: nobody reaches another by the way out
        assert len([name for name, service in SERVICES.items() if one in service.get("networks", ())]) == 1


def test_the_database_is_on_no_network_with_the_broker_or_the_proxy():
    for name in ("influxdb", "postgresql"):
        assert SERVICES[name]["networks"] == ["storage"]
    for name in WITH_PORTS:
        assert "storage" not in SERVICES[name]["networks"]


@each_service
def test_what_is_mounted_is_there_after_bootstrap(name: str, installation: Path):
    for source, _ in mounts(name).values():
        assert in_installation(source, installation).exists(), source


@each_service
def test_configuration_and_secrets_are_mounted_read_only(name: str):
    for source, read_only in mounts(name).values():
        assert read_only or source.startswith("${SIAGA_DATA:-./data}/"), source


@each_service
def test_the_folders_of_a_service_belong_to_its_user(name: str, bootstrap: ModuleType):
    uid = int(SERVICES[name]["user"].split(":")[0])
    for source, _ in mounts(name).values():
        parent, _, folder = source.rpartition("/")
        if parent == "./secrets":
            assert bootstrap.OWNERS[folder] == uid
        elif parent == "${SIAGA_DATA:-./data}":
            assert bootstrap.DATA[folder] == uid


def test_nobody_gets_anothers_secrets():
    readers: dict[str, set[str]] = {}
    for name in SERVICES:
        for source, _ in mounts(name).values():
            if source.startswith("./secrets/"):
                readers.setdefault(source.removeprefix("./secrets/"), set()).add(name)
    assert readers["cloud"] == {"cloud", "web", "operator", "backup", "store"}
    assert all(len(names) == 1 for folder, names in readers.items() if folder != "cloud"), readers
    assert "ca" not in readers, "the authority's key stays on the host"


def test_every_file_that_a_service_reads_from_its_secrets_is_made_by_bootstrap(installation: Path):
    caddyfile = (ROOT / "deploy" / "caddy" / "Caddyfile").read_text()
    asked = {
        "proxy": caddyfile,
        "cloud": (ROOT / "deploy" / "cloud" / "cloud.toml").read_text(),
    }
    for name in SERVICES:
        text = yaml.safe_dump(SERVICES[name].get("environment", {})) + asked.get(name, "")
        for file in re.findall(r"/run/secrets/([\w.]+)", text):
            assert (installation / "secrets" / name / file).exists(), f"{name}: {file}"


def test_secrets_are_for_their_owner_alone_and_no_two_are_alike(installation: Path):
    for file in (installation / "secrets").rglob("*"):
        assert stat.S_IMODE(file.stat().st_mode) == (0o700 if file.is_dir() else 0o600), file
    for folder in ("secrets", "data"):
        assert stat.S_IMODE((installation / folder).stat().st_mode) == 0o711
    passwords = [file.read_text() for file in (installation / "secrets").rglob("*.password")]
    assert all(len(password) >= 43 for password in passwords)
    assert len(set(passwords)) == len(passwords) - 1, "Grafana's login at InfluxDB stands in two, each else in one"


def test_what_was_put_back_from_a_copy_gets_its_owner_and_its_mode_again(bootstrap: ModuleType, tmp_path: Path):
    keep = [] if os.geteuid() == 0 else ["--keep-owner"]  # only root may give files away
    (tmp_path / ".env").write_text(EXAMPLE)
    command: Command = [ROOT / "deploy" / "bootstrap", "--root", tmp_path, *keep]
    subprocess.run(command, check=True, capture_output=True)
    password = tmp_path / "secrets" / "cloud" / "broker.password"
    secret = password.read_text()
    os.chown(password, os.geteuid(), os.getegid())
    password.chmod(0o644)
    subprocess.run(command, check=True, capture_output=True)
    assert (password.read_text(), stat.S_IMODE(password.stat().st_mode)) == (secret, 0o600)
    for parent, owners in (("secrets", bootstrap.OWNERS), ("data", bootstrap.DATA)):
        for name, uid in owners.items():
            for file in (tmp_path / parent / name, *(tmp_path / parent / name).rglob("*")):
                assert file.stat().st_uid == (os.geteuid() if keep else uid), file


def test_the_file_of_postgresqls_client_has_its_password(installation: Path):
    password = (installation / "secrets" / "postgresql" / "password").read_text()
    assert (installation / "secrets" / "cloud" / "pgpass").read_text() == f"postgresql:5432:siaga:siaga:{password}\n"


def test_bootstrap_gives_the_cloud_the_rights_of_an_ingester_of_all_shards(bootstrap: ModuleType):
    state = bootstrap.first_state(administrator="a", cloud="c", health="h")
    (role,) = [role for role in state["roles"] if role["rolename"] == "ingester-siaga-cloud"]
    grant = ingester_grant("siaga-cloud", range(64))
    assert role["rolename"] == grant.role
    assert sorted(map(str, role["acls"])) == sorted(map(str, grant.acls))
    assert {kind for kind, allowed in state["defaultACLAccess"].items() if allowed} == {"unsubscribe"}


def test_the_cloud_takes_the_settings_that_bootstrap_writes(installation: Path):
    settings = load_cloud_settings(installation / "city" / "cloud.toml")
    assert settings.enrol is not None
    assert settings.enrol.host == "siaga.example.org"
    assert settings.notify.console == "https://siaga.example.org"
    assert settings.broker.tls is not None


def test_every_variable_is_documented_and_every_documented_one_is_used():
    used = set(re.findall(r"\$\{(SIAGA_\w+)", (ROOT / "docker-compose.yml").read_text())) | {"SIAGA_NAMES"}
    documented = re.findall(r"^(SIAGA_\w+)=", EXAMPLE, re.MULTILINE)
    assert sorted(documented) == sorted(used)
    assert 'settings.get("SIAGA_NAMES"' in (ROOT / "deploy" / "bootstrap").read_text()
    for variable in documented:  # a comment stands above each
        before = EXAMPLE.split(f"\n{variable}=")[0].rpartition("\n\n")[2]
        assert before.startswith("#"), variable


def test_defaults_in_compose_are_those_of_the_example():
    example = dict(re.findall(r"^(SIAGA_\w+)=(.*)$", EXAMPLE, re.MULTILINE))
    for variable, default in re.findall(r"\$\{(SIAGA_\w+):-([^}]*)\}", (ROOT / "docker-compose.yml").read_text()):
        assert example[variable] == default


def test_the_proxys_network_is_the_one_that_the_cloud_believes():
    (subnet,) = COMPOSE["networks"]["pages"]["ipam"]["config"]
    settings = (ROOT / "deploy" / "cloud" / "cloud.toml").read_text()
    assert f'proxies = ["{subnet["subnet"].partition(":-")[2].rstrip("}")}"]' in settings


def test_the_service_dashboards_writes_what_grafana_provisions_from(installation: Path):
    (line,) = SERVICES["dashboards"]["command"]
    line = line.replace("$$", "$").replace("/provisioning", str(installation / "data" / "provisioning"))
    line = line.replace("/etc/siaga/", f"{installation / 'city'}/")
    given = dict(re.findall(r"^(SIAGA_\w+)=(.*)$", EXAMPLE, re.MULTILINE))
    given |= {"SIAGA_COASTLINE": str(installation / "city" / "coast.geojson"), "SIAGA_PLATFORM_ALERTS": "yes"}
    path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    finished = subprocess.run(["/bin/sh", "-c", line], env=given | path, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    tree = installation / "data" / "provisioning"
    (source,) = yaml.safe_load((tree / "datasources" / "siaga.yaml").read_text())["datasources"]
    assert (source["url"], source["user"]) == ("http://influxdb:8086", "grafana")
    assert "$__file{/run/secrets/influxdb.password}" in str(source)
    assert yaml.safe_load((tree / "alerting" / "siaga.yaml").read_text())["groups"]
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    for language in ("id", "en"):
        seen = home.replace("${SIAGA_LANGUAGE:-id}", language).removeprefix("/etc/grafana/provisioning/")
        assert (tree / seen).exists(), seen


def test_grafana_lets_nobody_in_without_a_login_and_nobody_sign_up():
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(ROOT / "deploy" / "grafana" / "grafana.ini")
    assert settings["auth.anonymous"]["enabled"] == "false"
    assert settings["users"]["allow_sign_up"] == "false"
    assert settings["users"]["auto_assign_org_role"] == "Viewer"
    assert settings["server"]["serve_from_sub_path"] == "true"
    assert "password" not in settings["security"]


def test_no_password_stands_in_a_file_of_the_project():
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            is_secret = re.search(r"PASSWORD|TOKEN|SECRET", variable)
            assert not is_secret or str(value).startswith("/run/secrets/"), f"{name}: {variable}"


INSTRUCTION = re.compile(r"^([A-Z]+)\s+((?:.*\\\n)*.*)$", re.MULTILINE)
STAGES = [
    INSTRUCTION.findall(stage)
    for stage in re.split(r"(?m)^(?=FROM )", re.sub(r"(?m)^#.*\n", "", (ROOT / "Dockerfile").read_text()))
    if stage.startswith("FROM ")
]
NAMES = {stage[0][1].split(" AS ")[1]: stage for stage in STAGES}
FINAL = {"edge": "siaga-edge", "demo": "python", "cloud": "siaga-cloud"}


def test_the_images_begin_with_one_pinned_base():
    froms = [stage[0][1].split(" AS ")[0] for stage in STAGES]
    assert [image for image in froms if image not in NAMES] == ["python:3.11.15-slim-bookworm"]


@pytest.mark.parametrize("target", FINAL)
def test_an_image_runs_as_nobody_special_and_says_how_it_is(target: str):
    words = dict(NAMES[target])
    assert words["USER"] == "10001:10001"
    assert "CMD [" in words["HEALTHCHECK"]
    assert words["ENTRYPOINT"].startswith(f'["{FINAL[target]}"')


def test_images_are_made_of_our_own_files_and_pinned_packages():
    kinds = {kind for stage in STAGES for kind, _ in stage}
    assert "ADD" not in kinds
    everything = (ROOT / "Dockerfile").read_text()
    assert not re.search(r"https://|curl|wget|apt-get|--platform|TARGETARCH", everything)
    assert dict(NAMES["source"])["ENV"].endswith("PIP_CONSTRAINT=/src/constraints.txt")
    copied = {words.split()[0] for kind, words in NAMES["source"] if kind == "COPY"}
    kept = set((ROOT / ".dockerignore").read_text().replace("!", "").splitlines())
    assert {name for name in copied if name.isalpha()} <= kept


def test_every_package_of_the_distribution_gets_into_the_images():
    wheel = re.search(r"packages = \[(.*)\]", (ROOT / "pyproject.toml").read_text().partition("targets.wheel")[2])
    assert wheel is not None
    copied = {words.split()[0] for kind, words in NAMES["source"] if kind == "COPY"}
    assert set(re.findall(r'"(\w+)"', wheel[1])) <= copied


@pytest.mark.parametrize("script", ["rehearse", "install-test-servers", "wheelhouse/install.sh"])
def test_shell_scripts_are_as_shellcheck_wants_them(script: str):
    finished = subprocess.run([require("shellcheck"), ROOT / "deploy" / script], capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout


def _bootstrap(folder: Path, *options: str) -> str:
    command: Command = [ROOT / "deploy" / "bootstrap", "--keep-owner", "--root", folder, *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_bootstrap_carries_the_ports_of_the_environment_into_the_settings(tmp_path: Path):
    text = EXAMPLE.replace("SIAGA_MQTT_PORT=8883", "SIAGA_MQTT_PORT=18883").replace(
        "SIAGA_HTTPS_PORT=443", "SIAGA_HTTPS_PORT=8443"
    )
    (tmp_path / ".env").write_text(text)
    _bootstrap(tmp_path)
    settings = load_cloud_settings(tmp_path / "city" / "cloud.toml")
    assert settings.enrol is not None
    assert (settings.enrol.port, settings.notify.console) == (18883, "https://siaga.example.org:8443")


def test_bootstrap_offers_to_renew_when_the_names_have_changed(tmp_path: Path):
    (tmp_path / ".env").write_text(EXAMPLE)
    assert "SIAGA_HOST in .env is still siaga.example.org" in _bootstrap(tmp_path)
    changed = EXAMPLE.replace("siaga.example.org", "siaga.morotai.test").replace("SIAGA_NAMES=", "SIAGA_NAMES=10.0.0.7")
    (tmp_path / ".env").write_text(changed)
    said = _bootstrap(tmp_path)
    assert "do not have siaga.morotai.test, 10.0.0.7: run deploy/bootstrap --renew" in said
    assert "do not have" not in _bootstrap(tmp_path, "--renew")
    assert "do not have" not in _bootstrap(tmp_path)


def test_without_docker_everything_is_put_where_its_service_looks_and_kept_there(installation: Path, tmp_path: Path):
    command: Command = [
        ROOT / "deploy" / "without-docker",
        "--keep-owner",
        "--root",
        installation,
        "--dest",
        tmp_path,
    ]
    subprocess.run(command, check=True, capture_output=True)
    siaga = tmp_path / "etc" / "siaga"
    text = (siaga / "cloud.toml").read_text()
    assert not re.findall(r"/run/|influxdb:8086|0\.0\.0\.0|172\.30|\"broker\"", text)
    here = text.replace("/etc/siaga/", f"{siaga}/")
    (siaga / "cloud.toml").write_text(here)
    settings = load_cloud_settings(siaga / "cloud.toml")
    assert settings.broker.password()
    assert settings.enrol is not None
    assert settings.enrol.password_file.read_text()
    assert isinstance(settings.store, InfluxSettings)
    assert settings.store.password()
    broker = tmp_path / "var" / "lib" / "siaga-broker"
    for name in ("mosquitto.conf", "secrets/broker.key", "secrets/mosquitto_sub", "data/dynamic-security.json"):
        assert (broker / name).exists(), name
    caddy = (tmp_path / "etc" / "systemd" / "system" / "caddy.service.d" / "siaga.conf").read_text()
    assert 'Environment="SIAGA_HTTPS_PORT=443"' in caddy
    subprocess.run(command, check=True, capture_output=True)
    assert (siaga / "cloud.toml").read_text() == here, "what somebody has changed is kept"


def test_no_document_tells_to_install_a_name_that_nobody_has_registered():
    for file in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.service")]:
        assert not re.search(r"pip install[^\n]*['\" ]siaga\b", file.read_text()), file
