"""One planted mutant for each decoder, and a few for the framing core: each must break a golden check or a law.

A mutant is the real source with one expression spoilt; that the text is still there is checked too.
"""

import importlib
import sys
import types
from pathlib import Path

import pytest

import firmware_bridge
from firmware_bridge import MQTT_DIALECTS
from firmware_bridge.families import sds011
from tests.unit.firmware_bridge import laws
from tests.unit.firmware_bridge.examples import MQTT, SERIAL, family_of, file_of

FRAMING_MUTANTS = {
    "a false start costs all it looked like": (
        "        self._skip(1, outcomes)\n        return 1",
        "        return len(window)",
    ),
    "noise is reported as it comes": ("self._held = stream[at:]", "self._held = stream[at:]; self._flush(outcomes)"),
    "torn ends are thrown away": ("self._held = stream[at:]", "self._held = b''"),
    "noise is kept for ever": ("MAX_NOISE = 64", "MAX_NOISE = 10**9"),
}
STREAM = b"\x00\xaa\xc0" + sds011.build(pm2_5=1.2, pm10=3.4)[:7] + b"".join(SERIAL["sds011"].frames) + bytes(300)


def mutant(module: str, sound: str, spoilt: str) -> types.ModuleType:
    """The file `module` (families/sds011) of firmware_bridge with one text spoilt."""
    path = Path(firmware_bridge.__file__).parent / f"{module}.py"
    source = path.read_text(encoding="utf-8")
    assert source.count(sound) == 1, f"{module}.py has {sound!r} {source.count(sound)} times; plant the mutant anew"
    made = types.ModuleType(f"mutant_{path.stem}")
    sys.modules[made.__name__] = made  # where Enum and msgspec look up a class's module
    try:
        exec(compile(source.replace(sound, spoilt), str(path), "exec"), made.__dict__)
    finally:
        del sys.modules[made.__name__]
    return made


@pytest.mark.parametrize("label", SERIAL)
def test_a_spoilt_family_is_caught_by_its_golden_frames(label):
    spoilt = mutant(f"families/{file_of(family_of(label))}", *SERIAL[label].mutant).FAMILY
    with pytest.raises(AssertionError):
        laws.check_golden_frames(spoilt, SERIAL[label])


@pytest.mark.parametrize("name", MQTT)
def test_a_spoilt_dialect_is_caught_by_its_golden_messages(name):
    spoilt = mutant(f"dialects/{file_of(MQTT_DIALECTS[name])}", *MQTT[name].mutant).DIALECT
    with pytest.raises(AssertionError):
        laws.check_golden_messages(spoilt, MQTT[name].messages)


def check_laws(framing: types.ModuleType) -> None:
    def make():
        return framing.Framer(sds011.FRAMING, sds011.parse)

    frames = SERIAL["sds011"].frames
    laws.check_splitting_changes_nothing(make, STREAM, range(len(STREAM)))
    laws.check_what_is_kept_stays_bounded(make, b"\x17" * 5_000)
    for noise in (b"\x17", b"\xaa\xc0", frames[0][:7]):
        laws.check_no_whole_frame_is_lost(make, frames, [noise] * len(frames))


def test_the_sound_framing_keeps_the_laws():
    check_laws(importlib.import_module("firmware_bridge.framing"))


@pytest.mark.parametrize("name", FRAMING_MUTANTS)
def test_a_spoilt_framing_breaks_a_law(name):
    spoilt = mutant("framing", *FRAMING_MUTANTS[name])
    with pytest.raises(AssertionError):
        check_laws(spoilt)
