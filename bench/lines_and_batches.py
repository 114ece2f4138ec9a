"""The load of the ingest measurements: the same readings as batches, as lines, and as a registry.

40 gateways x 20 sensors x (pm2_5, pm10, temperature), 6 times in each batch: 360 readings a batch
"""

from collections.abc import Iterator

from wire import Reading, encode_batch

GATEWAYS = [f"gw-{number:02d}" for number in range(40)]
SENSORS_EACH = 20
TIMES_EACH = 6
QUANTITIES = ("pm2_5", "pm10", "temperature")
READINGS_EACH = SENSORS_EACH * TIMES_EACH * len(QUANTITIES)
STREAM = "beac4bea7beac4be"


def batch_of(gateway: str, number: int, t0_ms: int) -> list[Reading]:
    """The readings of a gateway's batch `number`: a minute of its sensors, every ten seconds."""
    start_ms = t0_ms + number * TIMES_EACH * 10_000
    return [
        Reading(f"{gateway}-air-{sensor:02d}", quantity, start_ms + 10_000 * step + 137 * sensor, value)
        for step in range(TIMES_EACH)
        for sensor in range(SENSORS_EACH)
        for quantity, value in zip(QUANTITIES, _values(number, sensor, step), strict=True)
    ]


def payloads(batches_each: int, t0_ms: int) -> Iterator[tuple[str, bytes]]:
    """(gateway, payload of `…/up`) of `batches_each` batches of every gateway, gateways in turn."""
    for number in range(batches_each):
        for gateway in GATEWAYS:
            yield gateway, encode_batch(STREAM, 1 + number * READINGS_EACH, batch_of(gateway, number, t0_ms))


def lines(batches_each: int, t0_ms: int) -> Iterator[str]:
    """The same readings in line protocol, times in ms: a line for each sensor and time."""
    for number in range(batches_each):
        for gateway in GATEWAYS:
            readings = batch_of(gateway, number, t0_ms)
            for fine, coarse, warm in zip(*[iter(readings)] * 3, strict=True):
                yield (
                    f"air,gateway={gateway},sensor={fine.sensor},site=bench "
                    f"pm2_5={fine.value},pm10={coarse.value},temperature={warm.value} {fine.time_ms}"
                )


def city() -> str:
    """The registry of these gateways and sensors, as city.toml."""
    gateways = "".join(f'[[gateways]]\nid = "{gateway}"\nname = "{gateway}"\nsite = "bench"\n' for gateway in GATEWAYS)
    sensors = "".join(
        f'[[sensors]]\nid = "{gateway}-air-{number:02d}"\nname = "air"\nsite = "bench"\ngateway = "{gateway}"\n'
        f"quantities = {list(QUANTITIES)}\n"
        for gateway in GATEWAYS
        for number in range(SENSORS_EACH)
    )
    site = '[[sites]]\nid = "bench"\nname = "Bench"\nplace = "Daruba"\nlatitude = 2.05\nlongitude = 128.29\n'
    return f'[city]\nname = "Bench"\nzone = "Asia/Jayapura"\n{site}{gateways}{sensors}'


def _values(number: int, sensor: int, step: int) -> tuple[float, float, float]:
    wobble = ((step * 7 + sensor * 13 + number * 5) % 23) / 10
    return round(12.3 + sensor + wobble, 1), round(30.1 + sensor + 2 * wobble, 1), round(27.5 + wobble / 4, 1)
