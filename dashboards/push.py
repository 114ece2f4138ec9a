"""Dashboards into a running Grafana through its API: folders by UID, and only what differs.

push(grafana, documents, dry_run=True) -> [DashboardChange("siaga-id-flood", new=False, difference="--- …")]

Every dashboard carries a fingerprint of its content in `revision`, a field that Grafana keeps and does not use, so that
no change of ours goes unseen. Grafana adds to what it is given (numbers, defaults, a newer schema): a dashboard is the
same where all of ours stands in Grafana's.
"""

import difflib
import zlib
from collections.abc import Mapping
from typing import Any

import msgspec

from dashboards.catalog import Document, text_of
from dashboards.files import Documents
from dashboards.grafana import Absent, Answer, Denied, Grafana, Taken
from dashboards.installation import CannotUse
from dashboards.kit.frame import TAG
from dashboards.kit.names import GrafanaFolder, folder_of


class DashboardChange(msgspec.Struct, frozen=True):
    """A dashboard that differs: its UID, whether Grafana has none of it yet, and the difference as text."""

    uid: str
    new: bool
    difference: str


def push(grafana: Grafana, documents: Documents, *, dry_run: bool) -> list[DashboardChange]:
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


def _change(grafana: Grafana, document: Document, folder: GrafanaFolder) -> DashboardChange | None:
    uid = document["uid"]
    found = grafana.get(f"/dashboards/uid/{uid}")
    if isinstance(found, Absent):
        return DashboardChange(uid, True, _difference(uid, "", text_of(document)))
    theirs, place = found["dashboard"], found["meta"].get("folderUid", "")
    if TAG not in theirs.get("tags", ()):
        raise CannotUse(f"{grafana.name} has a dashboard {uid} that is not Siaga's; give that one another UID")
    if contains(theirs, _compared(document, found["meta"])) and place == folder.uid:
        return None
    if _is_provisioned(found["meta"]):
        raise CannotUse(f"{grafana.name} has {uid} from files; run `siaga-dashboards provision` on its machine instead")
    before = text_of(_alike(theirs, document)) + f"folder: {place}\n"
    return DashboardChange(uid, False, _difference(uid, before, text_of(document) + f"folder: {folder.uid}\n"))


def _compared(document: Document, meta: Answer) -> Document:
    """What must stand in Grafana's: files have no fingerprint, and Grafana makes the schema newer."""
    without = {"schemaVersion", "revision"} if _is_provisioned(meta) else {"schemaVersion"}
    return {key: value for key, value in document.items() if key not in without}


def _is_provisioned(meta: Answer) -> bool:
    return bool(meta.get("provisioned"))


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


def _make_folder(grafana: Grafana, folder: GrafanaFolder) -> None:
    """Make it where there is none for this token: whether it is only hidden, the attempt tells."""
    if not isinstance(grafana.get(f"/folders/{folder.uid}"), Absent):
        return
    try:
        grafana.write("POST", "/folders", {"uid": folder.uid, "title": folder.title})
    except Denied:
        raise CannotUse(
            f"{grafana.name}: the token may not make the folder {folder.uid}; give its service account the role Editor"
        ) from None
    except Taken as error:
        raise CannotUse(
            f"{error}: the folder {folder.uid} is there and hidden from the token; give its service account Edit on it"
        ) from None


def _upload(grafana: Grafana, document: Document, folder: GrafanaFolder) -> None:
    payload = {"dashboard": document, "folderUid": folder.uid, "overwrite": True, "message": "siaga-dashboards push"}
    answer = grafana.write("POST", "/dashboards/db", payload)
    if answer.get("uid") != document["uid"]:
        raise CannotUse(f"{grafana.name} did not say that it keeps {document['uid']}; look at its log, and push again")
