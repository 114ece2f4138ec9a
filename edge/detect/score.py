"""How well a family explains what was heard:  its frames, what is left over as noise, and how sure that makes it.

AA C0 D4 04 3A 0A A1 60 1D AB … as sds011 ─► 5 frames, 10 readings, no noise: certain        as maxbotix ─► nothing

A line is begun to be heard in the middle of a frame, so noise before the first whole one is no evidence against it.
"""

from collections.abc import Iterable
from enum import Enum

import msgspec

from edge.detect.candidates import HEARD, Candidate
from firmware_bridge.sample import Frame, Noise, Sample

MOST_HEARD = 65_536
"""Bytes of a line that are looked at; the first ones."""
_BEGINNING = 300
"""Bytes: longer than the longest frame of any family."""
_LEAST = 0.25
_WITHOUT_READINGS = 0.6


class Sureness(Enum):
    """How sure it is that a line carries a family."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Scored(msgspec.Struct, frozen=True):
    """What a candidate makes of the bytes of a line; `samples` are the newest of each quantity and channel."""

    candidate: Candidate
    frames: int
    readings: int
    noise_bytes: int
    share: float
    samples: tuple[Sample, ...]
    note: str

    @property
    def worth(self) -> float:
        """From 0, nothing, to 1: all is explained by frames that are hard to mistake, and has readings."""
        return self.share * self.candidate.trust * (1.0 if self.readings else _WITHOUT_READINGS) if self.frames else 0.0

    @property
    def sureness(self) -> Sureness:
        """In a word."""
        is_clean = self.share >= 0.9 and self.candidate.trust >= 0.9
        if is_clean and self.frames > 1 and self.readings:
            return Sureness.CERTAIN
        return Sureness.LIKELY if is_clean or self.worth >= 0.6 else Sureness.POSSIBLE


def score(heard: bytes, candidate: Candidate) -> Scored:
    """What `candidate` makes of the bytes; nothing is asked, so answers to others' questions count too."""
    heard = heard[:MOST_HEARD]
    outcomes = candidate.entry.decoder(candidate.settled(), {}).feed(heard)
    frames = [outcome for outcome in outcomes if isinstance(outcome, Frame)]
    noise = _noise_after_the_beginning(outcomes)
    newest = {(sample.quantity, sample.channel): sample for frame in frames for sample in frame.samples}
    readings = sum(len(frame.samples) for frame in frames)
    notes = [frame.note for frame in frames if frame.note and not frame.samples]
    share = 1.0 - noise / len(heard) if frames else 0.0
    return Scored(candidate, len(frames), readings, noise, share, tuple(newest.values()), notes[-1] if notes else "")


def _noise_after_the_beginning(outcomes: Iterable[Frame | Noise]) -> int:
    noise, before = 0, 0
    has_begun = False
    for outcome in outcomes:
        if isinstance(outcome, Frame):
            has_begun = True
        elif has_begun or before + outcome.size > _BEGINNING:
            noise += outcome.size
        else:
            before += outcome.size
    return noise


def best_of(heard: bytes, candidates: Iterable[Candidate] = HEARD) -> Scored | None:
    """The candidate that explains the bytes best; None where none does."""
    best: Scored | None = None
    for candidate in candidates if heard else ():
        scored = score(heard, candidate)
        if scored.worth >= _LEAST and (best is None or scored.worth > best.worth + 0.01):
            best = scored
    return best
