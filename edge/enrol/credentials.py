"""The files of a login beside edge.toml, each for the agent's user alone:  ca.crt   gw-daruba.password

A password stands in a file that is named for its login, so that edge.toml alone decides which one holds: replacing it
is the one moment at which the gateway changes from one login to the next, over a power cut too.
"""

import base64
import hashlib
import textwrap
from pathlib import Path

from edge.enrol.failed import EnrolmentFailed
from i18n.message import LocalizedMessage
from runtime.address import parse_address
from runtime.broker_settings import TLS_PORT, BrokerSettings, TlsSettings
from runtime.reasons import reason_of
from runtime.whole_files import replace_file
from wire.enrolment_bundle import EnrolmentBundle

CA_FILE = "ca.crt"
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def password_file(username: str) -> str:
    """The name of the file with the password of `username`."""
    return f"{username}.password"


def write_password(folder: Path, username: str, password: str) -> None:
    """Keep the password of `username`; EnrolmentFailed where the disk does not take it."""
    _write(folder / password_file(username), f"{password}\n")


def settle_authority(folder: Path, bundle: EnrolmentBundle, beside: Path) -> bool:
    """Bring the authority of `bundle` to ca.crt in `folder`; False where the system's authorities count.

    Where the bundle has its fingerprint alone the file ca.crt must be there already, or in `beside`.
    """
    if bundle.ca is not None:
        _write(folder / CA_FILE, _pem(bundle.ca))
        return True
    if bundle.ca_sha256 is None:
        return False
    for place in dict.fromkeys((beside / CA_FILE, folder / CA_FILE)):
        text = _text(place)
        if text and hashlib.sha256(b"".join(_certificates(text))).digest() == bundle.ca_sha256:
            if place.parent != folder:
                _write(folder / CA_FILE, text)
            return True
    raise EnrolmentFailed(
        LocalizedMessage(
            "this bundle has only the fingerprint of the server's authority; bring the file {file} of the same "
            "enrolment too, and put it beside the bundle or into {folder}",
            file=CA_FILE, folder=str(folder),
        )
    )  # fmt: skip


def uplink_keys(bundle: EnrolmentBundle, username: str, *, own_authority: bool) -> dict[str, str]:
    """The keys of [uplink] that an enrolment decides, as TOML."""
    nodes = [parse_address(text, port=TLS_PORT) for text in bundle.addresses]
    if len(nodes) == 1:
        where = {"host": f'"{nodes[0].host}"', "port": str(nodes[0].port)}
    else:
        where = {"addresses": "[" + ", ".join(f'"{node}"' for node in nodes) + "]"}
    tls = f'{{ ca = "{CA_FILE}" }}' if own_authority else "{ }"
    return {**where, "username": f'"{username}"', "password_file": f'"{password_file(username)}"', "tls": tls}


def broker_of(folder: Path, bundle: EnrolmentBundle, username: str, *, own_authority: bool) -> BrokerSettings:
    """The broker with the login `username`; its certificate is verified always."""
    return BrokerSettings(
        addresses=tuple(str(parse_address(text, port=TLS_PORT)) for text in bundle.addresses),
        username=username,
        password_file=folder / password_file(username),
        tls=TlsSettings(ca=folder / CA_FILE if own_authority else None),
    )


def _write(file: Path, text: str) -> None:
    if _text(file) == text and file.stat().st_mode & 0o077 == 0:
        return
    try:
        replace_file(file, text)
    except OSError as error:
        said = LocalizedMessage(
            "{file}: cannot be written: {reason}; run this as the user who may, or name another --config",
            file=str(file), reason=reason_of(error),
        )  # fmt: skip
        raise EnrolmentFailed(said) from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


def _certificates(pem: str) -> list[bytes]:
    """The certificates of a PEM file in DER (RFC 7468)."""
    parts = pem.split(_BEGIN)[1:]
    try:
        return [base64.b64decode(part.partition(_END)[0]) for part in parts]
    except ValueError:
        return []


def _pem(certificates: bytes) -> str:
    """PEM of certificates in DER that follow each other."""
    text, rest = "", certificates
    while rest:
        size = _der_size(rest)
        lines = textwrap.wrap(base64.b64encode(rest[:size]).decode(), 64)
        text += "\n".join([_BEGIN, *lines, _END, ""])
        rest = rest[size:]
    return text


def _der_size(der: bytes) -> int:
    """How long the value is that begins here (X.690, 8.1.3); all of it where that makes no sense."""
    if len(der) < 2 or der[1] < 0x80:
        return 2 + der[1] if len(der) > 1 else len(der)
    count = der[1] & 0x7F
    return 2 + count + int.from_bytes(der[2 : 2 + count])
