"""DFRobot URM: frames of its pages; the others are built by hand after them."""

from firmware_bridge import Sample
from tests.unit.firmware_bridge.examples import Family, of_hex

EXAMPLES = {
    "urm": Family(
        {"unit": "cm", "mounting_height_cm": 450},
        of_hex(
            "55aa11020200cade",  # 202 cm
            "55aa11000212",  # the question of a master
            "55aa11020300ff14",  # 25.5 Cel
            "55aa110202ffff12",
            "55aa110202123" + "45a",  # 4660 cm: no cm
            "55aa12020200cadf",  # another sensor
            "55aa110155cc32",  # the reply to a setting
        ),
        (
            (Sample("distance", 202.0, "17"), Sample("water_level", 248.0, "17")),
            (),
            (Sample("temperature", 25.5, "17"),),
            (),
            (),
            (),
            (),
        ),
        of_hex("55aa11020200cadd", "55ab11020200cadf", "55aa10020200cadd", "55aa11030200cadf", "55aa020200cacd"),
        mutant=('"cm": 10}', '"cm": 1}'),
    ),
    "urm06": Family(
        {"model": "urm06", "channels": {"17": "river-1", "18": "river-2"}, "temperature": True},
        of_hex("55aa110202123" + "45a", "55aa1202020bb8d8", "55aa120203fff60b"),
        (
            (Sample("distance", 466.0, "17"),),
            (Sample("distance", 300.0, "18"),),
            (Sample("temperature", -1.0, "18"),),
        ),
        of_hex("55aa110202123" + "45b"),
        mutant=("signed=True", "signed=False"),
    ),
    "urm07": Family(
        {"model": "urm07"},
        of_hex("55aa11020200cade", "55aa110202001529"),
        ((Sample("distance", 202.0, "17"),), (Sample("distance", 21.0, "17"),)),
        (),
        mutant=('UrmModel("cm", 200, 7_500)', 'UrmModel("mm", 200, 7_500)'),
    ),
}
