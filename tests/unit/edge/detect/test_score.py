"""How well a family explains what was heard: its own recorded bytes, noise among them, and bytes of nobody."""

from random import Random

import pytest

from edge.detect.candidates import Candidate
from edge.detect.garbage import turned
from edge.detect.score import MOST_HEARD, Sureness, best_of, score
from firmware_bridge.families import sds011
from tests.unit.firmware_bridge.examples import SERIAL

FRAME = sds011.build(pm2_5=12.3, pm10=30.1)
NEEDS_A_QUESTION_OR_A_PERSON = ("generic", "sdi12", "tipping_bucket", "toa5", "modbus")


@pytest.mark.parametrize("label", [one for one in SERIAL if one.partition("/")[0] not in NEEDS_A_QUESTION_OR_A_PERSON])
def test_recorded_bytes_of_a_family_are_known_for_its_own_and_for_no_other(label: str):
    heard = b"".join(SERIAL[label].frames) * 3
    found = best_of(heard[5:])  # one begins to listen in the middle of a frame
    assert found is not None
    assert (found.candidate.family, found.sureness) == (label.partition("/")[0], Sureness.CERTAIN)


def test_noise_before_the_first_frame_is_no_evidence_against_it_and_noise_behind_it_is():
    clean = score(b"\x00" * 40 + FRAME * 5, Candidate("sds011"))
    assert (clean.frames, clean.noise_bytes, clean.sureness) == (5, 0, Sureness.CERTAIN)
    noisy = score(FRAME * 5 + b"\x00" * 40 + FRAME, Candidate("sds011"))
    assert (noisy.frames, noisy.noise_bytes) == (6, 40)
    assert noisy.sureness is not Sureness.CERTAIN
    assert noisy.worth < clean.worth


def test_a_single_frame_or_one_without_a_reading_is_not_certain():
    assert score(FRAME, Candidate("sds011")).sureness is Sureness.LIKELY
    asleep = score(sds011.build(pm2_5=0, pm10=0) * 5, Candidate("sds011"))
    assert (asleep.sureness, asleep.note, asleep.readings) == (Sureness.LIKELY, "warming up", 0)


@pytest.mark.parametrize("seed", range(12))
def test_random_bytes_and_those_of_a_wrong_rate_are_nobodys(seed: int):
    dice = Random(seed)
    assert best_of(dice.randbytes(2_000)) is None
    assert best_of(bytes(dice.choices(b"\x00\x80\xf8\xe0\xfe\xc0", k=2_000))) is None


def test_a_flood_is_looked_at_in_part():
    assert score(FRAME * 20_000, Candidate("sds011")).frames == MOST_HEARD // len(FRAME)


def test_text_that_was_turned_round_is_turned_back():
    assert turned(bytes(~(byte << 1) & 0xFF for byte in b"R1234\r")) == b"R1234\r"
