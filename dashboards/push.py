"""Dashboards into a running Grafana through its API: folders by UID, and only what differs.

push(grafana, documents, dry_run=True) -> [DashboardChange("siaga-id-flood", new=False, difference="--- …")]

Every dashboard carries a fingerprint of its content in `revision`, a field that Grafana keeps and does not use, so that
no change of ours goes unseen. Grafana adds to what it is given (numbers, defaults, a newer schema): a dashboard is the
same where all of ours stands in Grafana's.
"""

import difflib
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaException, GrafanaTimeoutError, GrafanaUnauthorizedError
from niquests.exceptions import RequestException

from dashboards.catalog import Document, text_of
from dashboards.files import Documents
from dashboards.installation import CannotUse
from dashboards.kit.frame import TAG
from dashboards.kit.names import GrafanaFolder, folder_of

OLDEST = (12, 0)
"""The oldest Grafana that the dashboards are written for: it is the first of their schema version."""
TIMEOUT_S = 15.0
_NOT_FOUND, _FORBIDDEN = 404, 403


class DashboardChange(msgspec.Struct, frozen=True):
    """A dashboard that differs: its UID, whether Grafana has none of it yet, and the difference as text."""

    uid: str
    new: bool
    difference: str


def connect(url: str, token: str) -> GrafanaApi:
    """The Grafana at `url` (with its sub-path, if any); CannotUse where it cannot be used as it is."""
    # the client puts "api" straight behind the path
    grafana: GrafanaApi = GrafanaApi.from_url(url.rstrip("/") + "/", token, timeout=TIMEOUT_S)
    version = str(_asked(grafana, grafana.health.check).get("version", ""))
    numbers = tuple(int(part) for part in version.split("-")[0].split(".")[:2] if part.isdecimal())
    if numbers < OLDEST:
        found = version or "of no known version"
        raise CannotUse(f"Grafana at {grafana.url} is {found}; Siaga's dashboards need {_version(OLDEST)} or newer")
    return grafana


def push(grafana: GrafanaApi, documents: Documents, *, dry_run: bool) -> list[DashboardChange]:
    """Make Grafana's dashboards as `documents` are, or with `dry_run` only say what would change.

    CannotUse where Grafana refuses; what was pushed before that stays, and the next run goes on from there.
    """
    changes = []
    for language, of_language in documents.items():
        folder = folder_of(language)
        if not dry_run:
            _make_folder(grafana, folder)
        for document in map(fingerprinted, of_language.values()):
            change = _change(grafana, document, folder)
            if change is not None:
                changes.append(change)
            if change is not None and not dry_run:
                _upload(grafana, document, folder)
    return changes


def fingerprinted(document: Document) -> Document:
    """The document with the fingerprint of its content."""
    return document | {"revision": zlib.crc32(text_of(document).encode()) & 0x7FFF_FFFF}


def contains(theirs: Any, ours: Any) -> bool:
    """Whether all of `ours` stands in `theirs`, which may have more keys; lists are of one length."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return all(key in theirs and contains(theirs[key], value) for key, value in ours.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(contains, theirs, ours))
    return bool(theirs == ours)


def _change(grafana: GrafanaApi, document: Document, folder: GrafanaFolder) -> DashboardChange | None:
    found = _found(grafana, grafana.dashboard.get_dashboard, document["uid"])
    if found is None:
        return DashboardChange(document["uid"], True, _difference(document["uid"], "", text_of(document)))
    theirs, place = found["dashboard"], found["meta"].get("folderUid", "")
    if TAG not in theirs.get("tags", ()):
        uid = document["uid"]
        raise CannotUse(
            f"Grafana at {grafana.url} has a dashboard {uid} that is not Siaga's; give that one another UID"
        )
    if contains(theirs, _but_schema(document)) and place == folder.uid:
        return None
    before = text_of(_alike(theirs, document)) + f"folder: {place}\n"
    return DashboardChange(
        document["uid"], False, _difference(document["uid"], before, text_of(document) + f"folder: {folder.uid}\n")
    )


def _but_schema(document: Document) -> Document:
    return {key: value for key, value in document.items() if key != "schemaVersion"}


def _alike(theirs: Any, ours: Any) -> Any:
    """What of `theirs` has a counterpart in `ours`, so that a difference shows no additions of Grafana's own."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return {key: _alike(theirs[key], value) for key, value in ours.items() if key in theirs}
    if isinstance(ours, list) and isinstance(theirs, list):
        paired = [_alike(their, our) for their, our in zip(theirs, ours, strict=False)]
        return paired + theirs[len(ours) :]
    return theirs


def _difference(uid: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"grafana/{uid}", f"siaga/{uid}", n=2
    )
    return "".join(lines)


def _make_folder(grafana: GrafanaApi, folder: GrafanaFolder) -> None:
    if _found(grafana, grafana.folder.get_folder, folder.uid) is None:
        _asked(grafana, grafana.folder.create_folder, folder.title, uid=folder.uid)


def _upload(grafana: GrafanaApi, document: Document, folder: GrafanaFolder) -> None:
    payload = {"dashboard": document, "folderUid": folder.uid, "overwrite": True, "message": "siaga-dashboards push"}
    _asked(grafana, grafana.dashboard.update_dashboard, payload)


def _found(grafana: GrafanaApi, ask: Callable[..., Any], uid: str) -> Any:
    """The answer, or None where Grafana has no such thing."""
    return _asked(grafana, ask, uid, missing=None)


_NEEDED: object = object()


def _asked(
    grafana: GrafanaApi, ask: Callable[..., Any], *given: object, missing: object = _NEEDED, **named: object
) -> Any:
    """Grafana's answer; `missing` where it says that there is no such thing; CannotUse for everything else."""
    where = f"Grafana at {grafana.url}"
    try:
        return ask(*given, **named)
    except GrafanaUnauthorizedError:
        raise CannotUse(f"{where} does not take the token; make one for a service account and name its file") from None
    except GrafanaTimeoutError:
        raise CannotUse(f"{where} did not answer within {TIMEOUT_S:g} s; try again, or look at its log") from None
    except GrafanaException as error:
        if error.status_code == _NOT_FOUND and missing is not _NEEDED:
            return missing
        raise CannotUse(f"{where}: {_advised(error)}") from None
    except RequestException as error:
        raise CannotUse(f"{where} cannot be reached: {type(error).__name__}; check --url and the network") from None


def _advised(error: GrafanaException) -> str:
    if error.status_code == _FORBIDDEN:
        return "the token may not write; give its service account the role Editor, and leave to create folders"
    return f"{error.message}; dashboards that Grafana provisions from files can only be changed there"


def _version(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
