"""How fast each family reads what comes over its line: MB of stream per second of one core.

The stream is the golden frames again and again, every tenth with noise before it, fed 512 bytes at a time as a line of
115200 baud brings them in 44 ms. The fastest line of any family is 11.5 kB/s, so 1 MB/s is near a hundred of them.
Beside it stands the same of bytes of chance, as a wrong baud rate brings them.
"""

import time
from collections.abc import Iterator
from itertools import cycle, islice
from random import Random

from bench.figures import Figure
from tests.unit.firmware_bridge.examples import SERIAL, family_of

TARGET_MB_S = 1.0
_STREAM_BYTES = 1_000_000
_FED_BYTES = 512
_REPEATS = 3
_NOISE = Random(7).randbytes(_STREAM_BYTES)  # noqa: S311 - noise of a line


def figures() -> Iterator[Figure]:
    """MB/s of each example in the catalog, by CPU time, the best of a few runs."""
    for label in SERIAL:
        rate, of_noise = (
            max(_mb_a_second(label, stream) for _ in range(_REPEATS)) for stream in (_stream_of(label), _NOISE)
        )
        met = min(rate, of_noise) >= TARGET_MB_S
        yield Figure(f"(m) {label}", rate, "MB/s", f"{of_noise:.1f} of noise", f"≥ {TARGET_MB_S:g}", met)


def _mb_a_second(label: str, stream: bytes) -> float:
    decoder = family_of(label).decoder(SERIAL[label].options, {})
    fed = [stream[at : at + _FED_BYTES] for at in range(0, len(stream), _FED_BYTES)]
    start_s = time.process_time()
    for data in fed:
        decoder.feed(data)
    return len(stream) / 1e6 / (time.process_time() - start_s)


def _stream_of(label: str) -> bytes:
    """A million bytes of the line that the example of this label is on."""
    dice, frames = Random(3), SERIAL[label].frames  # noqa: S311 - noise of a line
    noisy = (dice.randbytes(7) + frame if number % 10 == 0 else frame for number, frame in enumerate(cycle(frames)))
    found = b"".join(islice(noisy, _STREAM_BYTES // min(map(len, frames)) + 1))
    return found[:_STREAM_BYTES]
