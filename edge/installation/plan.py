"""What belongs to an installation, in the order in which it is made:

user siaga · /etc/siaga 0750 root:siaga · /var/lib/siaga 0700 siaga:siaga · systemd unit · udev rules · a polkit rule
for the modem · completion for bash and zsh · /usr/local/bin/siaga-edge · systemd and udev read it, and the agent starts
with the machine
where versions stand beside each other (/opt/siaga/current): /opt/siaga/update, and the units that update

Below another root, which is a folder for an image or a test, only files are made: no user, no owner, no command.
"""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from edge.command_line import completion
from edge.installation.parts import Folder, InstallationPart, Link, ServiceUser, SystemCommand, TextFile
from edge.update import places
from edge.update.places import INSTALLED
from i18n.catalog import LanguageCode

ETC = Path("etc/siaga")
SETTINGS = ETC / "edge.toml"
STATE = Path("var/lib/siaga")
UNIT = "siaga-edge.service"
UPDATE_UNITS = ("siaga-edge-update.service", "siaga-edge-update.path")
RULES = "60-siaga-edge.rules"
MODEM_RULES = "60-siaga-edge.polkit.rules"
CURRENT = INSTALLED / places.CURRENT
_PROGRAM_OF_UNIT = f"{CURRENT}/bin/siaga-edge"


def program_of(prefix: Path, current: Path = CURRENT) -> Path:
    """The program as the unit starts it: by the link, where the environment `prefix` is the one in use."""
    folder = current if current.is_symlink() and current.resolve() == prefix.resolve() else prefix
    return folder / "bin" / "siaga-edge"


def plan(root: Path, program: Path, *, language: LanguageCode, has_systemd: bool) -> list[InstallationPart]:
    """The parts of an installation below `root` that starts `program`."""
    is_real = root == Path("/")
    parts: list[InstallationPart] = []
    if is_real:
        parts.append(ServiceUser("siaga", ("dialout", "gpio"), "/var/lib/siaga"))
    parts += folders(root, is_owned=is_real)
    parts += _files(root, program, language)
    updates = _is_linked(program)
    if updates:
        parts += _of_updates(root, program.parents[2])
    if is_real and has_systemd:
        parts += [*reload(), SystemCommand(("systemctl", "enable", UNIT), undo=("systemctl", "disable", "--now", UNIT))]
        if updates:
            parts += _turn_updates_on()
        if (root / SETTINGS).exists():
            parts.append(SystemCommand(("systemctl", "restart", UNIT)))  # a new version, or the first start
    return parts


def reload() -> list[SystemCommand]:
    """What lets udev and systemd read their files again."""
    return [
        SystemCommand(("udevadm", "control", "--reload")),
        SystemCommand(("udevadm", "trigger", "--subsystem-match=tty", "--subsystem-match=gpio")),
        SystemCommand(("systemctl", "daemon-reload")),
    ]


def folders(root: Path, *, is_owned: bool) -> list[InstallationPart]:
    """Where settings and secrets are, which the service reads, and where the spool is, which nobody else reads."""
    if not is_owned:
        return [Folder(root / ETC, 0o750), Folder(root / STATE, 0o700)]
    return [Folder(root / ETC, 0o750, "root", "siaga"), Folder(root / STATE, 0o700, "siaga", "siaga")]


def _files(root: Path, program: Path, language: LanguageCode) -> Iterator[InstallationPart]:
    unit = text_of(UNIT).replace(_PROGRAM_OF_UNIT, str(program))
    yield TextFile(root / "etc/systemd/system" / UNIT, unit)
    yield TextFile(root / "etc/udev/rules.d" / RULES, text_of(RULES))
    yield TextFile(root / "etc/polkit-1/rules.d" / RULES, text_of(MODEM_RULES))
    yield TextFile(root / "etc/bash_completion.d/siaga-edge", completion("bash", language) + "\n")
    yield TextFile(root / "usr/local/share/zsh/site-functions/_siaga-edge", completion("zsh", language) + "\n")
    yield Link(root / "usr/local/bin/siaga-edge", str(program))
    pages = program.parent.parent / "share" / "doc" / "siaga"
    if pages.is_dir():
        yield Link(root / "usr/share/doc/siaga", str(pages))


def _is_linked(program: Path) -> bool:
    """Whether the program is reached by the link that an update changes."""
    return program.parents[1].name == places.CURRENT


def _of_updates(root: Path, installed: Path) -> list[InstallationPart]:
    """What updates the versions in `installed`; nobody but root writes there."""
    texts = {unit: text_of(unit).replace(str(INSTALLED), str(installed)) for unit in UPDATE_UNITS}
    units = [TextFile(root / "etc/systemd/system" / unit, text) for unit, text in texts.items()]
    return [Folder(installed / places.WORK, 0o755), *units]


def _turn_updates_on() -> list[InstallationPart]:
    """The service runs at a boot where an update is under way; it is not started here: it may be what runs this."""
    service, path = UPDATE_UNITS
    return [
        SystemCommand(("systemctl", "enable", service), undo=("systemctl", "disable", "--now", service)),
        SystemCommand(("systemctl", "enable", "--now", path), undo=("systemctl", "disable", "--now", path)),
    ]


def text_of(name: str) -> str:
    """A file of this package, which is where it is written and from where it is installed."""
    return (resources.files("edge.installation") / name).read_text(encoding="utf-8")
