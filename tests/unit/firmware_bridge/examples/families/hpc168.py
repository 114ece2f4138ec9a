"""HPC168 answers as its published receiver reads them; made up, since none of a device is published."""

from firmware_bridge import Sample
from firmware_bridge.families.hpc168 import READ, build, build_totals
from tests.unit.firmware_bridge.examples import Family

EXAMPLES = {
    "hpc168": Family(
        {"channels": {"1": "door-front", "2": "door-back"}},
        (
            b"\x020001931000000005000000030000000000000000AC\x03",
            b"\x0200011300" + b"14\x03",
            build_totals(2, total_in=100, total_out=90),
            build_totals(1, total_in=7, total_out=4),
            build_totals(2, total_in=100, total_out=91),
        ),
        (
            (),
            (),
            (),
            (Sample("people_in", 2.0, "1"), Sample("people_out", 1.0, "1")),
            (Sample("people_in", 0.0, "2"), Sample("people_out", 1.0, "2")),
        ),
        (
            b"\x020001931000000005000000030000000000000000AD\x03",
            b"\x0200019308000000050000000300000000" + b"00000000A4\x03",
            b"\x02000193100000000500000003000000000000000 AC\x03",
            b"0001931000000005000000030000000000000000AC\x03",
            build(1, READ)[:-1],
        ),
        mutant=("sum(body) & 0xFF == check else", "True else"),
    )
}
