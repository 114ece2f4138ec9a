"""From the archive of `make wheelhouse` to a reading that the (simulated) cloud acknowledges, in a Debian of each kind.

Python 3.11 of bookworm and 3.13 of trixie; armhf and arm64 are emulated, so nothing here measures them.
"""

import functools
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.debian_roots import DebianRoot, debian_root
from tests.end_to_end.edge_gateway import Cloud
from tests.servers import free_port, mosquitto, wait_until
from tests.unit.edge.enrol.cloud_of_a_test import BUNDLE
from wire.enrolment_bundle import encode_bundle

ROOT = Path(__file__).parents[2]
EMULATED_S = 300.0
AS_SIAGA = ["setpriv", "--reuid=siaga", "--regid=siaga", "--init-groups"]

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1_800)]


@functools.cache
def archive_for(machine: str) -> Path:
    """The archive as the sources are now; what is built from source for it is built once."""
    subprocess.run([sys.executable, ROOT / "deploy" / "wheelhouse" / "make", machine], check=True, cwd=ROOT)
    (archive,) = (ROOT / "build" / "wheelhouse").glob(f"siaga-edge-*-{machine}.tar.gz")
    return archive


def put(root: DebianRoot, archive: Path) -> str:
    """Bring the archive, as a USB stick would; the name of its folder."""
    (root.folder / "root" / archive.name).write_bytes(archive.read_bytes())
    return archive.name.removesuffix(".tar.gz")


@pytest.mark.parametrize(
    ("machine", "debian", "suite", "python"),
    [
        ("aarch64", "arm64", "bookworm", "3.11"),
        ("aarch64", "arm64", "trixie", "3.13"),
        ("armv7l", "armhf", "bookworm", "3.11"),
        ("armv7l", "armhf", "trixie", "3.13"),
    ],
)
def test_an_agent_from_the_archive_runs_on_a_raspberry_pi(
    machine: str, debian: str, suite: str, python: str, tmp_path: Path
):
    root = debian_root(tmp_path, debian, suite)
    name = put(root, archive_for(machine))
    said = root.run(f"cd /root && tar xzf {name}.tar.gz && sh {name}/install.sh", network=False)
    assert "systemd does not run here" in said
    kept = root.run("/opt/siaga/current/bin/python -c 'import sys, platform, struct, msgspec, pydantic_core, cbor2\n"
                    "print(sys.version_info[:2], platform.machine(), struct.calcsize(\"P\") * 8)'")  # fmt: skip
    assert kept.split(")")[0] == f"({python.replace('.', ', ')}"
    assert ("64" in kept.split()[-1]) == (machine == "aarch64")
    assert "0700 siaga" in root.run("stat -c '0%a %U' /var/lib/siaga")
    again = root.run(f"sh /root/{name}/install.sh", network=False)
    assert "is there already" in again
    assert "made: folder" not in again
    reads_and_sends(root, tmp_path, patience_s=EMULATED_S)


def reads_and_sends(root: DebianRoot, folder: Path, *, patience_s: float) -> None:
    """A simulated sensor beside the agent, both as the user of the service; the simulated cloud gets what it says."""
    port = free_port()
    (root.folder / "etc/siaga/edge.toml").write_text(
        f'[gateway]\nid = "gw-test"\n[uplink]\nport = {port}\n[clock]\ntrust_system = true\n[health]\nevery_s = 0\n'
        '[[sources]]\nname = "air"\nfamily = "sds011"\nport = "/tmp/air"\nsensor = "air-1"\n'
    )
    sensor = root.program("sensor", [*AS_SIAGA, "siaga-edge", "simulate", "sds011", "/tmp/air"], folder)
    edge = root.program("edge", [*AS_SIAGA, "siaga-edge", "run", "--config", "/etc/siaga/edge.toml"], folder)
    with mosquitto(folder, port, settings="allow_anonymous true\n"), sensor, edge:
        cloud = Cloud(port)
        try:
            wait_until(lambda: cloud.values("pm2_5"), "a reading of the archive's agent is here", patience_s=patience_s)
            wait_until(lambda: cloud.source_state("air") == "ok", "its status says so", patience_s=patience_s)
        finally:
            cloud.close()
        assert edge.stop() == 0
    assert (root.folder / "var/lib/siaga/spool.db").exists()


def test_wrong_machines_and_damaged_archives_are_refused_in_a_sentence(tmp_path: Path):
    root = debian_root(tmp_path, "amd64", "bookworm")
    name = put(root, archive_for("x86_64"))
    root.run(f"cd /root && tar xzf {name}.tar.gz && mkdir /refused")
    unpacked = root.folder / "root" / name

    def refusal(line: str) -> str:
        return root.run(f"if {line} 2>/refused/said; then exit 1; fi; cat /refused/said", network=False)

    (unpacked / "ARCH").write_text("armv7l\n")
    assert "This archive is for armv7l; this machine is x86_64. Take siaga-edge-" in refusal(
        f"sh /root/{name}/install.sh"
    )
    assert "Arsip ini untuk armv7l" in refusal(f"SIAGA_LANGUAGE=id sh /root/{name}/install.sh")
    assert "a file is missing or damaged" not in refusal(f"sh /root/{name}/install.sh")
    (unpacked / "ARCH").write_text("x86_64\n")
    assert "This needs root" in refusal(f"cp -r /root/{name} /tmp/a && setpriv --reuid=1000 sh /tmp/a/install.sh")
    wheel = next((unpacked / "wheels").glob("h11-*.whl"))
    whole = wheel.read_bytes()
    wheel.write_bytes(whole[:-1])
    assert "a file is missing or damaged" in refusal(f"sh /root/{name}/install.sh")
    wheel.write_bytes(whole)
    root.run(f"sh /root/{name}/install.sh && mv /opt/siaga/versions/* /opt/siaga/versions/99.0.0", network=False)
    root.run("ln -sfn versions/99.0.0 /opt/siaga/current")
    assert "Version 99.0.0 is in use, which is newer" in refusal(f"sh /root/{name}/install.sh")
    root.run(f"sh /root/{name}/install.sh --downgrade", network=False)
    assert (root.folder / "opt/siaga/current").readlink() == Path("versions") / name.split("-")[2]
    assert (root.folder / "opt/siaga/versions/99.0.0").is_dir(), "the one before is kept, to go back to"


def test_a_power_cut_while_it_is_installed_costs_nothing(tmp_path: Path):
    root = debian_root(tmp_path, "amd64", "bookworm")
    name = put(root, archive_for("x86_64"))
    root.run(f"cd /root && tar xzf {name}.tar.gz && sh {name}/install.sh", network=False)
    version = next((root.folder / "opt/siaga/versions").iterdir())
    (version / ".complete").unlink()  # as a cut leaves it: some files, and no mark that they are all there
    next(version.glob("lib/python3*/site-packages/msgspec/*.so")).unlink()
    (root.folder / "opt/siaga/current").unlink()
    root.run(f"sh /root/{name}/install.sh", network=False)
    assert "siaga-edge" in root.run("siaga-edge --version")


def typed_on(page: str) -> list[str]:
    """What the first block of a page of the technician's guide lets somebody type."""
    block = (ROOT / page).read_text(encoding="utf-8").split("```sh\n", 1)[1].split("```", 1)[0]
    return [line.split("  #")[0].strip() for line in block.splitlines()]


def test_a_technicians_walk_without_a_network_from_the_archive_to_the_first_reading(tmp_path: Path):
    """As the guide has it, but as root, with a simulated sensor, and without systemd: what it is told is read here."""
    typed = typed_on("docs/start/technician.md")
    assert typed == typed_on("docs/mulai/teknisi.md")
    assert len(typed) <= 10
    assert typed[4:] == ["sudo systemctl start siaga-edge", "systemctl status siaga-edge"]
    root = debian_root(tmp_path, "amd64", "bookworm")
    name = put(root, archive_for("x86_64"))
    (root.folder / "root" / "gw-daruba.siaga").write_text(encode_bundle(BUNDLE))
    lines = [line.removeprefix("sudo ").replace("siaga-edge-0.1.0-aarch64", name) for line in typed]
    said = ""
    began_s = time.monotonic()
    for line in lines[:2]:
        said += root.run(f"cd /root && {line}", network=False)
    sensor = root.program("sensor", [*AS_SIAGA, "siaga-edge", "simulate", "sds011", "/tmp/air"], tmp_path)
    with sensor:
        wait_until(lambda: (root.folder / "tmp/air").is_symlink(), "the simulated sensor is there")
        for line in (f"{lines[2]} --yes --port /tmp/air", lines[3]):
            said += root.run(f"cd /root && {line}", network=False)
        status = until_status(root, tmp_path, "1 of 1 sources ok")
    took_s = time.monotonic() - began_s
    assert "Nova SDS011" in said
    assert "no mistakes; gateway gw-daruba, 1 serial" in said
    assert took_s < 60
    sys.stdout.write(f"from the archive to the first reading: {took_s:.0f} s of machine time; then: {status}\n{said}")


def until_status(root: DebianRoot, folder: Path, wanted: str) -> str:
    """Start what the installed unit starts, as systemd would, until systemctl would show `wanted`; what it shows."""
    unit = (root.folder / "etc/systemd/system/siaga-edge.service").read_text()
    (start,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(root.folder / "run/notify"))
        systemd.settimeout(60)
        (root.folder / "run/notify").chmod(0o777)
        words = ["env", "NOTIFY_SOCKET=/run/notify", "WATCHDOG_USEC=900000", *AS_SIAGA, *start.split()]
        with root.program("edge", words, folder):
            assert systemd.recv(2_000).startswith(b"READY=1")
            while True:
                shown = systemd.recv(2_000).decode()
                if wanted in shown:
                    return shown
