"""Made-up serial captures.

SDS011      AA C0 | pm2_5 x10 u16 le | pm10 x10 u16 le | id | sum of six bytes | AB
PMS5003     42 4D | 28 u16 | 13 words, big-endian | sum u16 of all before it
"""

import random
from typing import NamedTuple

DEVICE = (0x3C, 0x71)
FIRST_S, EVERY_S = 1_767_225_600, 10


class Measured(NamedTuple):
    """What the sensor had measured, in tenths of ug/m3."""

    pm2_5: int
    pm10: int

    def frame(self) -> bytes:
        """The bytes of the data sheet, made without the code that is tested."""
        body = bytes([*self.pm2_5.to_bytes(2, "little"), *self.pm10.to_bytes(2, "little"), *DEVICE])
        return b"\xaa\xc0" + body + bytes([sum(body) % 256, 0xAB])


def _measured(count: int, seed: int) -> list[Measured]:
    chance = random.Random(seed)
    return [Measured(chance.randint(1, 900), chance.randint(1, 2_500)) for _ in range(count)]


def sds011_hexdump() -> str:
    """Ten frames as `hexdump -C` writes them, one a line."""
    rows = enumerate(_measured(10, seed=31))
    return "\n".join(f"{10 * number:08x}: {one.frame().hex(' ')}  .........." for number, one in rows)


def sds011_csv() -> str:
    """What those frames say: time, pm25, pm10."""
    rows = enumerate(_measured(10, seed=31))
    lines = [f"{FIRST_S + EVERY_S * number}, {one.pm2_5 / 10}, {one.pm10 / 10}" for number, one in rows]
    return "\n".join(["time, pm25, pm10", *lines])


def captures_of_several_sensors() -> str:
    """One frame a row, of the SDS011 and of a sensor that is another: time, sensor, hex."""
    rows = enumerate(_measured(10, seed=32))
    lines = [f"{FIRST_S + EVERY_S * number},SDS01x,{one.frame().hex()}" for number, one in rows]
    return "\n".join(["time,sensor,hex", f"{FIRST_S},PMS3003,424d0014{'00' * 18}00b3", *lines])


_WORDS = [[n, 3 * n, 4 * n, n, 3 * n, 4 * n, 200 * n, 60 * n, 9 * n, 3 * n, n, 0, 0x9700] for n in range(1, 11)]


def plantower_hexdump() -> str:
    """Ten frames of a PMS5003 as `hexdump -C` writes them, one a line."""
    lines = []
    for number, words in enumerate(_WORDS):
        body = b"\x42\x4d\x00\x1c" + b"".join(word.to_bytes(2, "big") for word in words)
        frame = body + (sum(body) % 65_536).to_bytes(2, "big")
        lines.append(f"{32 * number:08x}: {frame.hex(' ')}  ................................")
    return "\n".join(lines)


def plantower_csv() -> str:
    """What those frames say of the air: time, pm01, pm25, pm10."""
    lines = [f"{FIRST_S + EVERY_S * n}, {words[3]}, {words[4]}, {words[5]}" for n, words in enumerate(_WORDS)]
    return "\n".join(["time, pm01, pm25, pm10", *lines])
