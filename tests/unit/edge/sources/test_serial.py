"""One serial line: a port that does not open, and a line without a free time."""

from pathlib import Path
from typing import Any

import pytest

from edge.check import check_file
from edge.clock import GatewayClock, Tick
from edge.sources.line import LineGone, open_line
from edge.sources.serial import SerialLine
from edge.sources.tally import SourceTally
from edge.stamping import NoFreeTime, Stamper
from firmware_bridge import Frame, Sample
from firmware_bridge.families import sds011
from wire import Reading

NOW_MS = 1_764_000_000_000


def tally(**how: Any) -> SourceTally:
    chosen = {"silent_s": 60.0, "now_s": 0.0, "on_change": lambda: None, **how}
    return SourceTally("river", **chosen)


@pytest.mark.parametrize(("port", "why"), [("/dev/ttyUSB77", "does not exist"), ("/dev/null", "cannot be opened")])
def test_a_port_that_does_not_open_is_one_sentence(port: str, why: str):
    with pytest.raises(LineGone, match=why) as caught, open_line(port, 9_600):
        pass
    assert "\n" not in str(caught.value)


async def test_a_channel_without_a_sensor_is_said_and_the_others_are_read(tmp_path: Path):
    (tmp_path / "edge.toml").write_text(
        '[gateway]\nid = "gw-1"\n[[sources]]\nname = "bus"\nfamily = "board"\nport = "/dev/ttyX"\n'
        'channels = { "1" = "people-1" }\n'
    )
    (source,) = check_file(tmp_path / "edge.toml").serial_sources
    spooler = type("Spooler", (), {"spool": type("Spool", (), {"kept": {}})()})()
    counts = tally()
    stamper = Stamper(GatewayClock(Tick(NOW_MS, 100, synced=True)))
    line = SerialLine(source, counts, boot="boot", stamper=stamper, spooler=spooler)
    readings = line._stamp(Frame((Sample("occupancy", 4.0, "1"), Sample("occupancy", 5.0, "a"))), None)
    assert [(reading.sensor, reading.value) for reading in readings] == [("people-1", 4.0)]
    assert counts.detail == "channel a has no sensor: name it in channels"


async def test_readings_of_a_line_for_which_no_time_is_free_are_declared_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "edge.toml").write_text(
        '[gateway]\nid = "gw-1"\n[[sources]]\nname = "air"\nfamily = "sds011"\nport = "/dev/ttyX"\nsensor = "air-1"\n'
    )
    (source,) = check_file(tmp_path / "edge.toml").serial_sources
    lost: list[tuple[int, str]] = []

    def full(*_: Any, **__: Any) -> list[Reading]:
        raise NoFreeTime

    monkeypatch.setattr(Stamper, "stamp", full)

    spooler = type("Spooler", (), {"spool": type("Spool", (), {"kept": {}})()})()
    spooler.refuse = lambda readings, reason: lost.append((len(readings), reason))
    stamper = Stamper(GatewayClock(Tick(NOW_MS, 100, synced=True)))
    line = SerialLine(source, tally(), boot="boot", stamper=stamper, spooler=spooler)
    line._decode(source.family.decoder(source.options, {}), sds011.build(pm2_5=1.0, pm10=2.0))
    assert lost == [(2, "more readings of one series than milliseconds")]
