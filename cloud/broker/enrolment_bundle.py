"""What a client of the broker is handed: its password, the authority to trust, and the lines for its settings.

FOLDER/gw-daruba/  uplink.toml  uplink.password  ca.crt        for its reader alone (0600)
"""

from collections.abc import Mapping
from pathlib import Path

from cloud.broker.settings import EnrolSettings
from runtime.whole_files import replace_file


def bundle_for(name: str, enrol: EnrolSettings, password: str) -> dict[str, str]:
    """Make the files of a bundle, by name; OSError where the authority's certificate cannot be read."""
    authority = {} if enrol.ca is None else {"ca.crt": enrol.ca.read_text(encoding="utf-8")}
    tls = '{ ca = "ca.crt" }' if authority else "{ }"
    table = (
        f'[uplink]\nhost = "{enrol.host}"\nport = {enrol.port}\nusername = "{name}"\n'
        f'password_file = "uplink.password"\ntls = {tls}\n'
    )
    return {"uplink.toml": table, "uplink.password": f"{password}\n", **authority}


def write_bundle(folder: Path, name: str, bundle: Mapping[str, str]) -> Path:
    """Write the files into `folder`/`name`, made if needed; OSError where that fails."""
    place = folder / name
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file, text in bundle.items():
        replace_file(place / file, text)
    return place
