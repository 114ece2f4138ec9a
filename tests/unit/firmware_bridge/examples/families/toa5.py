"""TOA5 of a Campbell logger: made by hand after the LoggerNet manual."""

from firmware_bridge import Sample
from tests.unit.firmware_bridge.examples import Family

_AT = 1_795_917_900_000  # 2026-11-29 02:05 UTC

EXAMPLES = {
    "toa5": Family(
        {"zone": "+08:00", "columns": {"water_level": "Lvl_m_Avg", "temperature": "AirTC_Avg"}},
        (
            b'"TOA5","daruba","CR1000","1031","CR1000.Std.32","CPU:river.CR1","4062","Hourly"\r\n',
            b'"TIMESTAMP","RECORD","Lvl_m_Avg","AirTC_Avg"\r\n',
            b'"TS","RN","m","Deg C"\r\n',
            b'"","","Avg","Avg"\r\n',
            b'"2026-11-29 10:05:00",17,1.82,28.5\r\n',
            b'"2026-11-29 10:05:00",18,1.82,"NAN"\r\n',
            b'"2026-11-29 10:05:00",19,"NAN","NAN"\r\n',
        ),
        (
            (), (), (), (),
            (Sample("water_level", 182.0, time_ms=_AT), Sample("temperature", 28.5, time_ms=_AT)),
            (Sample("water_level", 182.0, time_ms=_AT),),
            (),
        ),
        (
            b'"2026-11-29 10:05",17,1.82",28.5\r\n', b'2026-11-29,17,1.82,28.5\r\n', b'"TOB1","daruba"\r\n',
            b'"2026-11-29 10:05:00",17,1.82,28.5\0',
        ),
        mutant=('msgspec.structs.replace(shape, convert=convert)', 'shape'),
        longest=4_096,
    ),
    "short cut": Family(
        {"zone": "Z", "mounting_height_cm": 450},
        (
            b'"TOA5","daruba","CR300","1031","CR300.Std.10","CPU:river.CR300","4062","Tides"\r\n',
            b'"TIMESTAMP","RECORD","BattV_Min","TCDT_Avg","RH_TMx"\r\n',
            b'"TS","RN","Volts","mm",""\r\n',
            b'"","","Min","Avg","TMx"\r\n',
            b'"2026-11-29 02:05:00.0","17","12.9","1820","2026-11-29 01:12:00"\r\n',
            b'"2026-13-29 02:05:00.0","18","12.9","1820","2026-11-29 01:12:00"\r\n',
        ),
        (
            (), (), (), (),
            (Sample("distance", 182.0, time_ms=_AT), Sample("water_level", 268.0, time_ms=_AT)),
            (),
        ),
        (),
        mutant=('"tcdt": "distance"', '"tcdt": "water_level"'),
        longest=4_096,
    ),
}  # fmt: skip
