"""The bundle as a file, or as what somebody pastes, scans or types:  gw-daruba.siaga   -   SIAGA1:ABJAY…

What is wrong with it is said in a sentence: cut off, mistyped, for a newer siaga-edge, no bundle at all.
"""

import sys
from pathlib import Path

from edge.enrol.failed import EnrolmentFailed
from i18n.catalog import N_
from i18n.message import LocalizedMessage
from runtime.reasons import reason_of
from wire.enrolment_bundle import LONGEST_BUNDLE, BundleDamage, DamagedBundle, EnrolmentBundle, decode_bundle

_SENTENCES = {
    BundleDamage.NO_BUNDLE: N_(
        "{place}: this is no enrolment bundle; one begins with SIAGA1: and is made by `siaga-cloud gateway enrol`"
    ),
    BundleDamage.NEWER: N_("{place}: this bundle is for a newer siaga-edge; update the gateway first"),
    BundleDamage.MISTYPED: N_("{place}: the bundle is mistyped, its checksum does not fit; scan or paste it again"),
    BundleDamage.CUT_OFF: N_("{place}: the bundle is cut off, its end is missing; scan or paste all of it"),
    BundleDamage.TOO_MUCH: N_("{place}: something follows the end of the bundle; take out what does not belong to it"),
    BundleDamage.UNUSABLE: N_("{place}: the bundle is whole and cannot be used ({reason}); ask for a new one"),
}


def bundle_in(source: str) -> EnrolmentBundle:
    """Read the bundle in the file `source`, on the standard input (`-`), or in the text itself; EnrolmentFailed."""
    place, text = _text(source)
    try:
        return decode_bundle(text)
    except DamagedBundle as error:
        raise EnrolmentFailed(_sentence(place, error)) from None


def _text(source: str) -> tuple[str, str]:
    if source.strip().upper().startswith("SIAGA") and ":" in source:
        return "SIAGA…", source
    try:
        if source == "-":
            return "-", sys.stdin.read(LONGEST_BUNDLE + 1)
        with Path(source).open(encoding="utf-8", errors="replace") as file:
            return source, file.read(LONGEST_BUNDLE + 1)
    except OSError as error:
        said = LocalizedMessage("{file}: cannot be read: {reason}", file=source, reason=reason_of(error))
        raise EnrolmentFailed(said) from None


def _sentence(place: str, error: DamagedBundle) -> LocalizedMessage:
    if error.damage is BundleDamage.MISTYPED and error.place is not None:
        return LocalizedMessage(
            "{place}: character {at} of the bundle is {character}, which none has; scan or paste it again",
            place=place, at=error.place, character=repr(error.character),
        )  # fmt: skip
    form = _SENTENCES[error.damage]
    return LocalizedMessage(form, place=place, reason=str(error).partition(": ")[2])
