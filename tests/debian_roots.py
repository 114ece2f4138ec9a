"""Debian roots of other machines, in which a gateway's archive is installed and its agent started:

root = debian_root(tmp_path, "armhf", "bookworm");  root.run("sh /root/…/install.sh", network=False);  root.program(…)

Made by mmdebstrap, once, into build/roots; programs of another machine run under qemu-user-static through binfmt_misc.
Each command has mounts of its own (/proc, /dev) that end with it; without `network` it has not even a loopback.
"""

import os
import platform
import subprocess
from pathlib import Path

import pytest

from tests.servers import Program, require

ROOTS = Path(__file__).parents[1] / "build" / "roots"
_NATIVE = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "armhf"}
_QEMU = {"arm64": "qemu-aarch64-static", "armhf": "qemu-arm-static"}
_BINFMT = Path("/proc/sys/fs/binfmt_misc")
# what the agent needs of Debian: Python; groupadd and useradd; awk, of which each Debian has one
_PACKAGES = "python3,passwd,mawk"
# the release as it came out: lists of what changes daily may be ahead of their files
_AS_RELEASED = '--setup-hook=sed -i "/security\\|-updates/d" "$1/etc/apt/sources.list"'
_MOUNTS = 'mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'


class DebianRoot:
    """A Debian in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _words(self, words: list[str], *, network: bool) -> list[str]:
        own = ["unshare", "--mount", *([] if network else ["--net"])]
        fixed = ["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]
        return [*own, "sh", "-c", _MOUNTS, str(self.folder), *fixed, *words]

    def run(self, line: str, *, network: bool = True) -> str:
        """What a line of shell prints; the test fails where its exit code is not 0."""
        words = self._words(["sh", "-c", line], network=network)
        ended = subprocess.run(words, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, f"{line}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def program(self, name: str, words: list[str], folder: Path) -> Program:
        """A program of the root as a process of the test, with the network of this machine."""
        return Program(name, self._words(words, network=True), folder)


def debian_root(folder: Path, architecture: str, suite: str) -> DebianRoot:
    """A fresh Debian of `architecture` (as Debian calls it) in `folder`; skipped where it cannot be made here."""
    if os.geteuid() != 0:
        pytest.skip("a root of another Debian is entered by root alone")
    made = ROOTS / f"{architecture}-{suite}.tar"
    if architecture != _NATIVE.get(platform.machine()):
        _run_programs_of(architecture)
    if not made.exists():
        ROOTS.mkdir(parents=True, exist_ok=True)
        fresh = made.with_suffix(".new")
        subprocess.run(
            [require("mmdebstrap"), "--quiet", "--variant=essential", "--format=tar",
             f"--architectures={architecture}", f"--include={_PACKAGES}", _AS_RELEASED, suite, fresh],
            check=True,
        )  # fmt: skip
        fresh.replace(made)
    root = folder / f"{architecture}-{suite}"
    root.mkdir()
    subprocess.run(["tar", "--extract", "--file", made, "--directory", root, "--exclude=./dev/*"], check=True)
    return DebianRoot(root)


def _run_programs_of(architecture: str) -> None:
    """Let the kernel run programs of another machine, where a container has not done so already."""
    qemu = require(_QEMU[architecture])
    name = qemu.name.removesuffix("-static")
    if not (_BINFMT / "register").exists():
        subprocess.run(["mount", "-t", "binfmt_misc", "none", str(_BINFMT)], check=False, capture_output=True)
    rule = Path(f"/usr/lib/binfmt.d/{name}.conf")
    if not (_BINFMT / name).exists() and rule.exists():
        try:
            (_BINFMT / "register").write_text(rule.read_text().strip())
        except OSError as error:
            pytest.skip(f"the kernel takes no programs of {architecture}: {error}")
    if not (_BINFMT / name).exists():
        pytest.skip(f"binfmt_misc does not know {name}, so programs of {architecture} cannot be run here")
