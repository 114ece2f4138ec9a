"""A monitor for rooms, one for outdoors with two channels, and values that were not measured."""

from firmware_bridge import Frame, Sample
from tests.unit.firmware_bridge.examples import Dialect, Message

_ID = "0a1b2c3d4e5f"


def _samples(**values: float) -> tuple[Sample, ...]:
    return tuple(Sample(quantity, value, _ID) for quantity, value in values.items())


EXAMPLE = Dialect(
    (
        Message(
            {},
            b'{"wifi":-46,"serialno":"0a1b2c3d4e5f","rco2":447,"pm01":3,"pm02":7,"pm10":8,"pm003Count":442,'
            b'"pm02Compensated":6,"atmp":25.87,"rhum":43,"tvocIndex":100,"tvocRaw":33051,"noxIndex":1,"boot":6}',
            Frame(
                _samples(
                    pm1=3.0, pm2_5=7.0, pm10=8.0, particles_0_3=442.0, co2=447.0, temperature=25.87, humidity=43.0,
                    voc_index=100.0, nox_index=1.0, signal=-46.0,
                )
            ),
        ),
        Message(
            {"channel": "2", "compensated": True},
            b'{"serialno":"0a1b2c3d4e5f","pm02":7,"pm02Compensated":5,"atmp":29.1,"rco2":-1,"channels":{'
            b'"1":{"pm02":6,"atmp":29},"2":{"pm02":8,"pm02Compensated":5.5,"atmp":-1,"rhum":71}}}',
            Frame(
                _samples(pm2_5=5.5, humidity=71.0),
                "co2 is -1: the monitor has not measured it; temperature is -1: the monitor has not measured it",
            ),
        ),
    ),
    mutant=('("pm2_5", "ug/m3", ("pm02",)', '("pm2_5", "ug/m3", ("pm10",)'),
)  # fmt: skip
