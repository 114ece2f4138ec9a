"""What settings ask of the machine they are on, as sentences:  files that cannot be read, folders, ports, secrets.

uplink.password_file: '/etc/siaga/uplink.password' cannot be read: No such file or directory; name one that …
"""

import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

from i18n.message import LocalizedMessage
from runtime.broker_settings import TLS_PORT, BrokerSettings, TlsSettings
from runtime.reasons import reason_of

OTHERS = 0o007
"""Permission bits of users who are neither a file's owner nor in its group."""


def mistakes_of_a_broker(key: str, broker: BrokerSettings) -> Iterator[str]:
    """What of a broker's table cannot be used on this machine; each sentence opened by its key."""
    if broker.password_file is not None:
        yield from mistakes_of_a_secret(f"{key}.password_file", broker.password_file)
    tls = broker.tls
    if tls is None:
        if any(node.port == TLS_PORT for node in broker.nodes()):
            yield LocalizedMessage(
                "{key}.tls: is missing, and port {port} is MQTT over TLS; add tls = {{ }}, and its ca if need be",
                key=key, port=TLS_PORT,
            )  # fmt: skip
        return
    unreadable = [(name, path) for name, path in files_of(tls) if not os.access(path, os.R_OK)]
    for name, path in unreadable:
        yield LocalizedMessage(
            "{key}: '{path}' cannot be read; name a PEM file that this user may read",
            key=f"{key}.tls.{name}", path=str(path),
        )  # fmt: skip
    if not unreadable:
        try:
            tls.context()
        except (OSError, ssl.SSLError, ValueError) as error:
            yield LocalizedMessage(
                "{key}.tls: its files cannot be used: {reason}; ca, cert and key are PEM, and key belongs to cert",
                key=key, reason=reason_of(error),
            )  # fmt: skip


def files_of(tls: TlsSettings) -> list[tuple[str, Path]]:
    """The files of a TLS table, by their keys."""
    return [(name, path) for name in ("ca", "cert", "key") if (path := getattr(tls, name)) is not None]


def mistakes_of_a_secret(key: str, file: Path) -> Iterator[str]:
    """Why the secret in `file` cannot be used."""
    try:
        if not file.read_text(encoding="utf-8").strip():
            yield LocalizedMessage("{key}: '{file}' is empty; write the secret into it", key=key, file=str(file))
    except (OSError, UnicodeDecodeError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else LocalizedMessage("is no text")
        yield LocalizedMessage(
            "{key}: '{file}' cannot be read: {reason}; name one that this user may read",
            key=key, file=str(file), reason=reason,
        )  # fmt: skip


def warnings_of_secrets(named: dict[str, Path | None]) -> Iterator[str]:
    """Which of the secrets, by their keys, other users of this machine may read."""
    for key, file in named.items():
        if file is not None and _is_open_to_others(file):
            yield LocalizedMessage(
                "{key}: '{file}' can be read by every user of this machine; chmod 600 '{file}'", key=key, file=str(file)
            )


def secrets_of_a_broker(key: str, broker: BrokerSettings) -> dict[str, Path | None]:
    """The secrets that a broker's table names, by their keys."""
    tls_key = None if broker.tls is None else broker.tls.key
    return {f"{key}.password_file": broker.password_file, f"{key}.tls.key": tls_key}


def mistakes_of_a_file_to_write(key: str, path: Path) -> Iterator[str]:
    """Why a database or the like cannot be kept in `path`; folders that are missing will be made."""
    if path.is_dir():
        yield LocalizedMessage("{key}: '{path}' is a folder; name a file in it", key=key, path=str(path))
        return
    yield from mistakes_of_a_folder(key, path.parent)
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        yield LocalizedMessage(
            "{key}: '{path}' may not be read and written by this user; change its owner or name another",
            key=key, path=str(path),
        )  # fmt: skip


def is_on_a_read_only_disk(path: Path) -> bool:
    """Whether the disk of `path` is mounted so that nobody can write to it."""
    try:
        return bool(os.statvfs(_nearest(path)).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _nearest(path: Path) -> Path:
    """The path, or of the folders above it the first that is there."""
    return next((place for place in (path, *path.parents) if place.exists()), Path("/"))


def mistakes_of_a_folder(key: str, folder: Path) -> Iterator[str]:
    """Why nothing can be written into `folder`, which is made if it is missing."""
    there = _nearest(folder)
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        yield LocalizedMessage(
            "{key}: '{folder}': {there} is no folder that this user may write to; name another",
            key=key, folder=str(folder), there=str(there),
        )  # fmt: skip


def port_is_busy(host: str, port: int) -> str | None:
    """Why a server cannot listen there now; None where it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return None
    except OSError as error:
        return LocalizedMessage(
            "port {port} on {host} cannot be used: {reason}; stop what uses it or set another",
            port=port, host=host, reason=_reason_without_address(error),
        )  # fmt: skip


def _reason_without_address(error: OSError) -> str:
    return reason_of(error if error.errno is None else OSError(error.errno, os.strerror(error.errno)))


def _is_open_to_others(file: Path) -> bool:
    try:
        return bool(file.stat().st_mode & OTHERS)
    except OSError:
        return False  # that it cannot be read is told by others
