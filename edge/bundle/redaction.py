"""Secrets taken out, twice: by where they stand in the settings, and then by what they are, wherever they stand.

    password = "s3cr3t"               ─► "(removed)"                a key that names a secret
    url = "mqtt://gw:s3cr3t@host/x"   ─► "mqtt://host/…"            a login or a path in an address
    log: "… refused s3cr3t …"         ─► "… refused (removed) …"    what was found in the settings, in any text
    Bearer …, token=…, PEM blocks     ─► "(removed)"                what looks like one, wherever it came from
    +628123456789                     ─► "(removed)"                whose telephone it is concerns nobody

Pure. What a person reads of the settings otherwise stays: hosts, topics, sensors, paths.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from edge.phone_number import IN_A_TEXT
from runtime.secret_urls import scrubbed as without_urls

REMOVED = "(removed)"
SHORTEST = 4
"""A shorter secret would take letters out of every text; it is removed where it stands in the settings."""
_NAMES = re.compile(
    r"pass(word|wd|phrase|code)?$|^pw$|pwd|secret|token|credential|auth|bearer|cookie|api_?key|key$|^key|psk|pin$|login",
    re.IGNORECASE,
)
"""Keys that name a secret: password, app_key, wifi_psk, api-token, … `password_file` is a path, and stays."""
_NOTHING: tuple[object, ...] = (None, "", [], {}, True, False)
_LOGIN_IN_ADDRESS = re.compile(r"(?<=://)[^\s/@\"']*@")
_LOOKS_SECRET = re.compile(
    r"-----BEGIN [A-Z0-9 ]+-----.*?(-----END [A-Z0-9 ]+-----|\Z)"
    r"|(?i:(?<=bearer )|(?<=basic ))[A-Za-z0-9._~+/=-]{8,}",
    re.DOTALL,
)
_NAMED = re.compile(
    r"(?i)\b((?:[\w-]*[_-])?(?:password|passwd|passphrase|secret|token|psk|api[_-]?key|pwd)[\"']?\s*[=:]\s*[\"']?)"
    r"([^\s\"',;&}]+)"
)


def redacted(document: Any, name: str = "") -> Any:
    """The settings without what is secret by its key or its form."""
    if name and _NAMES.search(name) and document not in _NOTHING:
        return REMOVED
    if isinstance(document, dict):
        return {key: redacted(value, str(key)) for key, value in document.items()}
    if isinstance(document, list):
        return [redacted(value, name) for value in document]
    return scrubbed(document, ()) if isinstance(document, str) else document


def secrets_in(document: Any, name: str = "") -> Iterator[str]:
    """Every value that `redacted` takes out because of its key, and every login in an address."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from secrets_in(value, str(key))
    elif isinstance(document, list):
        for value in document:
            yield from secrets_in(value, name)
    elif isinstance(document, str):
        if name and _NAMES.search(name):
            yield document
        for login in _LOGIN_IN_ADDRESS.findall(document):
            yield from login[:-1].split(":", 1)


def scrubbed(text: str, secrets: Iterable[str]) -> str:
    """`text` without each of `secrets`, also as an address writes it, and without what looks like one."""
    for secret in sorted({each for each in secrets if len(each) >= SHORTEST}, key=len, reverse=True):
        for written in {secret, quote(secret, safe="")}:
            text = text.replace(written, REMOVED)
    text = IN_A_TEXT.sub(REMOVED, _LOOKS_SECRET.sub(REMOVED, without_urls(text)))
    return _NAMED.sub(rf"\g<1>{REMOVED}", text)


def scrubbed_texts(document: Any, secrets: Iterable[str]) -> Any:
    """The same with each text in it scrubbed: before it becomes JSON, whose marks no pattern may take away."""
    known = list(secrets)
    if isinstance(document, dict):
        return {scrubbed(str(key), known): scrubbed_texts(value, known) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [scrubbed_texts(value, known) for value in document]
    return scrubbed(document, known) if isinstance(document, str) else document
