"""Archives of versions that are tiny:

tiny_archive(folder, "1.2.0")       an install.sh of the test: a folder, its mark, a python that says 2
linked_archive(folder, "1.2.0")     the same, with a siaga-edge that runs from these sources and says that it is 1.2.0
real_archive(folder, "1.2.0")       the real install.sh; a wheel whose siaga-edge leads back to these sources
"""

import ensurepip
import hashlib
import io
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

from edge.architecture import architecture
from edge.spool.schema import OPENED_FROM
from wire.gateway_update import archive_name

ROOT = Path(__file__).parents[1]
_INSTALL = """set -eu
[ "$1" = --beside ]
here=$(dirname "$0")
into=$SIAGA_TO/versions/$(cat "$here/VERSION")
mkdir -p "$into/bin"
printf '#!/bin/sh\\necho {opened_from}\\n' > "$into/bin/python"
chmod 755 "$into/bin/python"
touch "$into/.complete"
"""


_COPY = """set -eu
[ "$1" = --beside ]
into=$SIAGA_TO/versions/$(cat "$(dirname "$0")/VERSION")
mkdir -p "$into"
cp -R "$(dirname "$0")/files/." "$into"
chmod 755 "$into"/bin/*
touch "$into/.complete"
"""
_RUN = """#!/bin/sh
PYTHONPATH=$(dirname "$(dirname "$(readlink -f "$0")")")/lib:{root} exec {python} {words} "$@"
"""


def pack(file: Path, members: dict[str, bytes]) -> Path:
    """A .tar.gz with these files in a folder of the archive's name."""
    top = file.name.removesuffix(".tar.gz")
    with tarfile.open(file, "w:gz") as packed:
        for name, content in members.items():
            member = tarfile.TarInfo(f"{top}/{name}")
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return file


def tiny_archive(folder: Path, version: str, *, install: str = "", opened_from: int = OPENED_FROM) -> Path:
    """An archive whose install.sh does the least; `install` is another one."""
    script = install or _INSTALL.format(opened_from=opened_from)
    members = {
        "install.sh": script.encode(),
        "VERSION": f"{version}\n".encode(),
        "ARCH": f"{architecture()}\n".encode(),
    }
    return pack(folder / archive_name(version, architecture()), members)


def linked_archive(folder: Path, version: str, *, start: str = "") -> Path:
    """An archive whose siaga-edge is that of these sources, in an environment that only says its version.

    `start` is Python that is run before it, such as what makes a version that does not work.
    """
    run, python = (
        _RUN.format(root=ROOT, python=sys.executable, words=words) for words in ("-m siaga_edge_of_a_test", "")
    )
    members = {
        "install.sh": _COPY, "VERSION": f"{version}\n", "ARCH": f"{architecture()}\n",
        "files/bin/siaga-edge": run, "files/bin/python": python,
        "files/lib/siaga_edge_of_a_test.py": f"{start}\nimport sys\nfrom edge.cli import main\nsys.exit(main())\n",
        f"files/lib/siaga-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: siaga\nVersion: {version}\n",
    }  # fmt: skip
    files = {name: text.encode() for name, text in members.items()}
    return pack(folder / archive_name(version, architecture()), files | _sums(files))


def real_archive(folder: Path, version: str) -> Path:
    """An archive with the real install.sh and pip, whose wheel is tiny and leads back to these sources."""
    top = archive_name(version, architecture()).removesuffix(".tar.gz")
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    script = (ROOT / "deploy" / "wheelhouse" / "install.sh").read_text()
    install = script.replace('PYTHONS="3.11 3.13"', f'PYTHONS="{here}"')
    (pip,) = (Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")
    members = {
        "install.sh": install.encode(), "VERSION": f"{version}\n".encode(), "ARCH": f"{architecture()}\n".encode(),
        f"wheels/{pip.name}": pip.read_bytes(), f"wheels/siaga-{version}-py3-none-any.whl": _wheel(version),
        "docs/edge.md": b"", "examples/edge.toml": b"",
    }  # fmt: skip
    return pack(folder / f"{top}.tar.gz", members | _sums(members))


def _sums(files: dict[str, bytes]) -> dict[str, bytes]:
    lines = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    return {"SHA256SUMS": "".join(lines).encode()}


def _wheel(version: str) -> bytes:
    info = f"siaga-{version}.dist-info"
    files = {
        "siaga.pth": f"{ROOT}\n{sysconfig.get_path('purelib')}\n",
        "siaga_edge_of_a_test.py": "from edge.cli import main\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: siaga\nVersion: {version}\nProvides-Extra: edge\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nsiaga-edge = siaga_edge_of_a_test:main\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as wheel:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(name, text)
    return made.getvalue()
