"""What a write in lines touches, whatever stands in them."""

from cloud.readings.blocks import Block
from cloud.readings.contract import EncodedWrite, Verdict
from cloud.readings.influx_rollup_lines import touched_by_write
from cloud.readings.lines import lines_of, lines_of_verdicts
from cloud.readings.rollups import hour_of

T0 = 1_764_000_000_000
RIVER = Block("daruba", "river", "gw-daruba", "flood", 0, [T0, T0 + 1_000], (("water_level", [1.0, 2.0]),))
VERDICT = Verdict("air", "pm2_5", T0 + 7_200_000, 8)


def test_lines_of_readings_and_of_verdicts_touch_the_hours_that_they_are_of():
    form = lines_of([RIVER]) + b"".join(line + b"\n" for line in lines_of_verdicts([VERDICT]))
    found = [(sensor, list(names), set(hours)) for sensor, names, hours in touched_by_write(EncodedWrite(form))]
    assert found == [
        ("river", ["water_level"], {hour_of(T0)}),
        ("air", ["pm2_5"], {hour_of(T0 + 7_200_000)}),
    ]
    assert list(touched_by_write(EncodedWrite(b"".join(line + b"\n" for line in lines_of_verdicts([VERDICT]))))) == [
        ("air", ("pm2_5",), (hour_of(VERDICT.time_ms),))
    ]
