"""What edge.toml says that concerns a download; nothing of it is needed, so mistakes elsewhere in it do not matter.

[uplink] max_kbit_s = 64  tls = { ca = "city.crt" }     [clock] trust_system = true
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from edge.settings_in_use import settings_in_use
from runtime.settings import beside


class LinkSettings(NamedTuple):
    """The city's own authority besides the system's, what the link may carry (0: all), whether the clock is vouched
    for by whoever wrote the settings.
    """

    ca: Path | None = None
    max_kbit_s: float = 0.0
    trusts_system_clock: bool = False


def link_settings(config: Path) -> LinkSettings:
    """Those of the settings file `config`; the usual ones where it cannot be read."""
    document = settings_in_use(config).document
    uplink, clock = _table(document, "uplink"), _table(document, "clock")
    ca, most = _table(uplink, "tls").get("ca"), uplink.get("max_kbit_s")
    return LinkSettings(
        beside(config, Path(ca)) if isinstance(ca, str) and "\0" not in ca else None,
        float(most) if isinstance(most, int | float) and most > 0 else 0.0,
        clock.get("trust_system") is True,
    )


def _table(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    table = document.get(name)
    return table if isinstance(table, Mapping) else {}
