"""InfluxDB line protocol."""

from typing import Any

import pytest

from cloud.readings.blocks import Block
from cloud.readings.lines import blocks_of, lines_of
from rules.marks import Mark
from wire import Domain


def block(**changes: Any) -> Block:
    given: dict[str, Any] = {
        "site": "daruba", "sensor": "air-market", "gateway": "gw-daruba", "domain": Domain.AIR, "marks": 0,
        "times_ms": [1_764_000_000_000], "fields": (("pm2_5", [12.0]),),
    }  # fmt: skip
    return Block(**(given | changes))


def test_one_line_carries_all_quantities_that_share_a_time():
    two = block(times_ms=[1, 1_000], fields=(("pm10", [30.5, 31.0]), ("pm2_5", [12.0, 12.1])))
    assert lines_of([two]) == (
        b"air,gateway=gw-daruba,sensor=air-market,site=daruba pm10=30.5,pm2_5=12.0 1\n"
        b"air,gateway=gw-daruba,sensor=air-market,site=daruba pm10=31.0,pm2_5=12.1 1000\n"
    )


def test_marks_are_a_whole_number_and_left_out_where_there_are_none():
    assert lines_of([block(marks=Mark.BACKFILL | Mark.CLOCK_UNKNOWN)]).endswith(b" pm2_5=12.0,marks=5i 1764000000000\n")


def test_values_are_floats_whatever_they_are():
    values = [31.0, 0.0, -0.0, 1e22, 1e-7, 123456789.125]
    lines = lines_of([block(times_ms=list(range(6)), fields=(("flow", values),))]).split(b"\n")
    written = [line.split(b"flow=")[1].split(b" ")[0] for line in lines[:-1]]
    assert written[0] == b"31.0"
    assert [float(text) for text in written] == values
    assert all(b"." in text or b"e" in text for text in written)


def test_what_would_break_a_line_is_escaped():
    odd = block(site="a b", sensor="c,d=e", gateway="100%s", fields=(("x y", [1.0]),))
    assert lines_of([odd]) == b"air,gateway=100%s,sensor=c\\,d\\=e,site=a\\ b x\\ y=1.0 1764000000000\n"


def test_blocks_follow_each_other_in_their_order():
    lines = lines_of([block(sensor="b"), block(sensor="a", times_ms=[1, 2], fields=(("pm1", [1.0, 2.0]),))])
    assert [line.split(b"sensor=")[1][:1] for line in lines.splitlines()] == [b"b", b"a", b"a"]


def test_lines_are_read_back_as_the_blocks_they_were_written_from():
    blocks = [
        block(times_ms=[1, 1_000], fields=(("pm10", [30.5, 1e22]), ("pm2_5", [12.0, -0.0]))),
        block(times_ms=[2_000], fields=(("pm10", [1e-7]), ("pm2_5", [12.0])), marks=int(Mark.BACKFILL)),
        block(sensor="river", domain=Domain.FLOOD, times_ms=[-5], fields=(("water_level", [250.0]),)),
        block(site="a b", sensor="c,d=e", gateway="100%s\\n", fields=(("x y", [1.0]),)),
    ]
    assert list(blocks_of(lines_of(blocks).splitlines(keepends=True))) == blocks


@pytest.mark.parametrize(
    "line",
    [b"", b"air,sensor=a pm10=1.0", b"air,sensor=a pm10=x 5", b"air,sensor=a pm10=1.0 soon", b"air,sensor=a pm10 5"],
)  # fmt: skip
def test_what_is_no_line_of_readings_is_refused(line: bytes):
    with pytest.raises(ValueError, match="is no line of readings"):
        list(blocks_of([line]))
