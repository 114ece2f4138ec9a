"""Made-up serial captures of an SDS011:  AA C0 | pm2_5 x10 u16 le | pm10 x10 u16 le | id | sum of six bytes | AB"""

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
