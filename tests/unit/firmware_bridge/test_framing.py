"""The framing core by itself: what is noise, how it is counted, and how little is kept."""

import tracemalloc

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, Sample
from firmware_bridge.families import sds011
from firmware_bridge.framing import MAX_NOISE, Framer, Framing, line
from tests.unit.firmware_bridge.examples import SERIAL, family_of

GOOD = sds011.build(pm2_5=1.2, pm10=3.4)
BAD = GOOD[:8] + bytes((GOOD[8] ^ 1,)) + GOOD[9:]
CLEAN = Frame((Sample("pm2_5", 1.2), Sample("pm10", 3.4)))


def decoder():
    return SERIAL_FAMILIES["sds011"].decoder({}, {})


def test_each_frame_with_a_bad_checksum_is_counted_by_itself():
    assert decoder().feed(BAD + BAD + GOOD) == [Noise(10, "checksum is wrong")] * 2 + [CLEAN]


def test_a_whole_frame_inside_what_looked_like_one_is_found():
    outcomes = decoder().feed(b"\xaa\xc0\x00" + GOOD)
    assert outcomes == [Noise(3, "end mark is not AB"), CLEAN]


def test_a_torn_frame_does_not_swallow_the_next_one():
    assert decoder().feed(GOOD[:6] + GOOD)[-1] == CLEAN


def test_junk_is_one_noise_before_the_frame_however_it_arrives():
    made = decoder()
    assert [outcome for byte in b"junk" + GOOD for outcome in made.feed(bytes((byte,)))] == [
        Noise(4, "no frame starts here"),
        CLEAN,
    ]


def test_endless_junk_is_reported_before_a_frame_comes():
    outcomes = decoder().feed(b"\x17" * (MAX_NOISE * 3 + 5))
    assert outcomes == [Noise(MAX_NOISE, "no frame starts here")] * 3


def test_a_line_without_an_end_is_given_up_at_its_longest():
    made = Framer(Framing(b"$", 8, line(end=b"\n", check=lambda _text: "")), lambda text: Frame((), text.decode()))
    assert made.feed(b"$123456789$12\n") == [Noise(10, "frame has no end"), Frame((), "$12\n")]


HOSTILE = {
    "start marks alone": b"\xaaR\x53",
    "heads of frames": b"\xaa\xc0SG\x6f\x01R1234 ",
    "one endless line": b"R",
    "zeros": b"\x00",
}


def _noise(outcomes: list[Frame | Noise]) -> int:
    """The bytes of noise among them, of which all must be."""
    assert all(isinstance(outcome, Noise) for outcome in outcomes)
    return sum(outcome.size for outcome in outcomes if isinstance(outcome, Noise))


@pytest.mark.parametrize("junk", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("label", SERIAL)
def test_hostile_bytes_leave_nothing_behind(label, junk):
    made = family_of(label).decoder(SERIAL[label].options, {})
    piece = (junk * 4_096)[:4_096]
    made.feed(piece)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    noise = sum(_noise(made.feed(piece)) for _ in range(4))  # twice what may be kept: whoever keeps it all is found
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert kept < 8_192
    assert noise >= 2**14 - 512
