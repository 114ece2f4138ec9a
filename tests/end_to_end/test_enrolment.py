"""From `siaga-cloud gateway enrol` to an agent that is connected, by one file, over real TLS and a real access list."""

import contextlib
import re
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from edge.check import check_file
from edge.cli import main
from edge.commands import BROKEN, WELL
from tests.end_to_end.rehearsal_logins import A, B
from tests.rehearsal import Rehearsal
from tests.servers import all_of, siaga_edge, wait_until

NOTHING = "no old login is to be ended yet\n"


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """The deployment's broker, cloud and pages; readings go into SQLite, which is up at once."""
    folder = tmp_path_factory.mktemp("enrolment")
    made = Rehearsal(folder)
    store = f'[store]\nengine = "sqlite"\npath = "{folder}/readings.db"\n\n'
    made.cloud_toml.write_text(
        re.sub(r"\[store\].*?(?=\[registry\])", store, made.cloud_toml.read_text(), flags=re.DOTALL)
    )
    with all_of(made.broker, made.cloud, made.web):
        wait_until(lambda: "connected to broker" in made.cloud.tail(), "the cloud is connected to the broker")
        yield made


def enrol(bundle: Path, folder: Path, *options: str) -> int:
    folder.mkdir(exist_ok=True)
    return main(["enrol", str(bundle), "--config", str(folder / "edge.toml"), *options])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retained messages of two gateways come at once."""
    monkeypatch.setattr("cloud.broker.retained_statuses.LISTEN_S", 0.5)


def settled(rehearsal: Rehearsal) -> str:
    said = rehearsal.operator("gateway", "settle")
    assert said.code == 0, said.err
    return said.out


def made_bundle(rehearsal: Rehearsal, gateway: str, folder: Path) -> Path:
    made = rehearsal.operator("gateway", "enrol", gateway, "--into", str(folder))
    assert made.code == 0, made.err
    return folder / gateway / f"{gateway}.siaga"


def leads_nowhere(rehearsal: Rehearsal, gateway: str) -> bool:
    """Whether the running cloud has taken the login that a bundle leads to off the gateway's configuration."""
    with contextlib.closing(sqlite3.connect(rehearsal.folder / "data" / "cloud" / "registry.db")) as registry:
        waits = "SELECT count(*) FROM gateway_logins WHERE gateway = ? AND handed_over != ''"
        return registry.execute(waits, (gateway,)).fetchone() == (0,)


@contextlib.contextmanager
def api_of(rehearsal: Rehearsal) -> Iterator[httpx.Client]:
    """A client of the running cloud, with an administrator's token."""
    token = rehearsal.operator("token", "add", secrets.token_hex(4), "--role", "administrator").out.strip()
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{rehearsal.api_port}", headers=headers, timeout=60) as client:
        yield client


def set_and_asked_over_the_api(api: httpx.Client, gateway: str) -> None:
    """Want a setting of a running agent, see it in force, and hear its answer."""
    path = f"/api/v1/gateways/{gateway}"
    wanted = api.put(f"{path}/config", json={"settings": {"health": {"every_s": 60}}, "word": "seldom"}).json()

    def reported() -> tuple[str, int] | None:
        report = api.get(f"{path}/config").json()["reported"]
        return report and (report["state"], report["desired"])

    wait_until(lambda: reported() == ("in_force", wanted["revision"]), "the agent has confirmed the revision")
    wait_until(lambda: api.get(path).json()["state"] == "online", "the agent is online")
    asked = api.post(f"{path}/commands", json={"command": "ping", "wait_s": 15})
    assert (asked.status_code, asked.json()["state"]) == (200, "done"), asked.text
    assert asked.json()["answer"]["connected_s"] > 0


def bundle_over_the_api(rehearsal: Rehearsal, gateway: str, folder: Path) -> Path:
    """Let a gateway in as the console does: with the administrator's password, typed for this once."""
    password = (rehearsal.folder / "secrets" / "operator" / "broker.password").read_text().strip()
    with api_of(rehearsal) as client:
        path = f"/api/v1/gateways/{gateway}/enrolment"
        wrong = client.post(path, json={"password": "a guess"})
        assert (wrong.status_code, wrong.json()["type"]) == (409, "urn:siaga:problem:wrong-administrator")
        made = client.post(path, json={"password": password})
        assert made.status_code == 201, made.text
        assert made.json()["qr_svg"].startswith("<svg")
        again = client.post(path, json={"password": password})
        assert "knows gw-utara already" in again.json()["detail"]
    assert password not in rehearsal.cloud.tail() + rehearsal.web.tail() + made.text
    (folder / "bundle.siaga").write_text(made.json()["bundle"])
    return folder / "bundle.siaga"


def test_one_file_connects_a_gateway_and_later_logins_come_by_the_link(
    rehearsal: Rehearsal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    bundle, folder = made_bundle(rehearsal, A, tmp_path), tmp_path / "first"
    assert enrol(bundle, folder) == WELL
    uplink = check_file(folder / "edge.toml").settings.uplink
    assert (uplink.username, uplink.password()) == (A, (tmp_path / A / "uplink.password").read_text().strip())
    assert "river-daruba" in (folder / "edge.toml").read_text()
    assert settled(rehearsal) == NOTHING
    with siaga_edge(folder, folder / "edge.toml") as agent, api_of(rehearsal) as api:
        wait_until(lambda: leads_nowhere(rehearsal, A), "the agent has used the lasting login")
        capsys.readouterr()
        assert enrol(bundle, tmp_path / "again") == BROKEN
        assert "it was used already" in capsys.readouterr().err, "though its one-time login lives until it is settled"
        set_and_asked_over_the_api(api, A)
        assert settled(rehearsal) == f"{A}.0 has ended\n"
        assert rehearsal.operator("gateway", "rotate", A).code == 0
        wait_until(lambda: f"the login is {A}.2 from now on" in agent.tail(), "the agent changes its login")
        wait_until(lambda: settled(rehearsal) == f"{A} has ended\n", "the agent says that it uses the new login")
    assert check_file(folder / "edge.toml").settings.uplink.username == f"{A}.2"
    capsys.readouterr()
    assert enrol(bundle, tmp_path / "second") == BROKEN
    assert "it was used, or has ended, or was revoked" in capsys.readouterr().out
    assert not (tmp_path / "second" / "edge.toml").exists()


def test_a_gateway_that_was_enrolled_without_a_link_changes_to_its_lasting_login_by_itself(
    rehearsal: Rehearsal, tmp_path: Path
):
    folder = tmp_path / "box"
    assert enrol(bundle_over_the_api(rehearsal, B, tmp_path), folder, "--offline") == WELL
    assert check_file(folder / "edge.toml").settings.uplink.username == f"{B}.0"
    with siaga_edge(folder, folder / "edge.toml") as agent:
        wait_until(lambda: f"the login is {B} from now on" in agent.tail(), "the agent changes its login")
        wait_until(lambda: f"{B}.0 has ended" in settled(rehearsal), "the agent says that it uses the lasting login")
    assert check_file(folder / "edge.toml").settings.uplink.username == B
