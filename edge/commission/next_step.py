"""What a person types next: the service is started where the file is the service's, else the agent by hand.

/etc/siaga/edge.toml, and the unit is there     sudo siaga-edge check --connect, then: sudo systemctl restart siaga-edge
mine/edge.toml                                  siaga-edge check --connect --config …, then: siaga-edge run --config …
a file without sources                          siaga-edge init
"""

from pathlib import Path

from edge.commission.settings_file import has_sources
from edge.settings import INSTALLED
from i18n.message import LocalizedMessage

UNIT = Path("/etc/systemd/system/siaga-edge.service")


def next_step(config: Path, *, offline: bool, unit: Path = UNIT) -> LocalizedMessage:
    """After a file with sources is written; `offline`: the way to the cloud cannot be tried from here."""
    check = "siaga-edge check" if offline else "siaga-edge check --connect"
    if _is_of_the_service(config, unit):
        start = f"sudo systemctl restart {unit.stem}"
        return LocalizedMessage("next: {check}, then: {start}", check=f"sudo {check}", start=start)
    named = _named(config)
    return LocalizedMessage("next: {check}, then: {start}", check=f"{check}{named}", start=f"siaga-edge run{named}")


def next_after_enrolment(config: Path, *, offline: bool, unit: Path = UNIT) -> LocalizedMessage:
    """After the gateway is enrolled: its sources come, unless the file has them."""
    if has_sources(config.read_text(encoding="utf-8-sig")):
        return next_step(config, offline=offline, unit=unit)
    init = "sudo siaga-edge init" if _is_of_the_service(config, unit) else f"siaga-edge init{_named(config)}"
    return LocalizedMessage("next, its sources: {command}", command=init)


def _is_of_the_service(config: Path, unit: Path) -> bool:
    return config.absolute() == INSTALLED and unit.exists()


def _named(config: Path) -> str:
    return "" if config == Path(INSTALLED.name) else f" --config {config}"
