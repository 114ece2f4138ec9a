"""The simulated devices speak frames that the real decoders read."""

import contextlib
import os
import select
from pathlib import Path
from random import Random

from demo.devices.__main__ import _writer
from demo.devices.instruments import Board, Bucket, Gate, ParticulateSensor, WaterGauge
from demo.devices.line import PtyLine, spoiled
from demo.devices.network import climate, plain, street_air
from demo.figures import figures_of, silent
from demo.island.particulates import MARKET, particulates_of
from demo.island.visitors import ARMY_DOCK, Crowd
from demo.island.weather import Air
from firmware_bridge import MQTT_DIALECTS, SERIAL_FAMILIES, Frame, Noise
from firmware_bridge.families import sds011
from i18n.catalog import catalog_of
from tests.servers import wait_until
from wire import QUANTITIES

NOON_S = 1_764_039_600.0  # 12:00 in Morotai


def _read(family: str, data: bytes, **options: object) -> dict[str, float]:
    outcomes = SERIAL_FAMILIES[family].decoder(options, {}).feed(data)
    samples = [sample for outcome in outcomes if isinstance(outcome, Frame) for sample in outcome.samples]
    return {f"{sample.channel}/{sample.quantity}".lstrip("/"): sample.value for sample in samples}


def test_a_gauge_shows_the_level_above_which_it_hangs():
    gauge = WaterGauge(420, lambda _: 120.0, Random(1))
    lines = b"".join(gauge.message(NOON_S) for _ in range(7))
    assert abs(_read("maxbotix", lines, mounting_height_cm=420)["water_level"] - 120.0) < 2


def test_a_particulate_sensor_shows_the_air():
    shown = _read("sds011", ParticulateSensor(lambda _: particulates_of(MARKET, 7, 0)).message(NOON_S))
    assert shown == {"pm2_5": 24.0, "pm10": 44.8}


def test_a_board_counts_tips_and_people_and_starts_again_with_another_boot_number():
    crowd = Crowd(ARMY_DOCK, NOON_S, Random(1))
    board = Board([Bucket(0, lambda _: 360.0), Gate(1, crowd)], Random(1))
    decoder = SERIAL_FAMILIES["board"].decoder({"tip_mm": 0.2}, {})
    rain_mm = came = 0.0
    for step in range(1_000):
        if step == 500:
            board._start()
        (frame,) = decoder.feed(board.message(NOON_S + 2 * step))
        assert isinstance(frame, Frame)
        rain_mm += sum(sample.value for sample in frame.samples if sample.quantity == "rainfall")
        came += sum(sample.value for sample in frame.samples if sample.quantity == "people_in")
    # the first frame is where counting starts, and the part of a tip that a restart spills is lost with the bucket
    assert abs(rain_mm - 0.2 * 999) < 0.5
    assert crowd.came - 2 <= came <= crowd.came


def test_a_board_shows_the_rate_of_the_rain_that_falls_and_none_when_it_is_over():
    fallen_s = 600
    board = Board([Bucket(3, lambda time_s: 36.0 if time_s < NOON_S + fallen_s else 0.0)], Random(1))
    shown = {after_s: _read("board", board.message(NOON_S + after_s)) for after_s in range(0, 1_000, 2)}
    assert shown[0]["3/rain_rate"] == 0
    assert abs(shown[fallen_s]["3/rain_rate"] - 36) < 3
    assert shown[fallen_s + 310]["3/rain_rate"] == 0


def test_network_stations_are_read_by_their_dialects():
    air = Air(29.14, 71.26, 1009.3)
    tasmota = MQTT_DIALECTS["tasmota"].parser({})
    dust = lambda _: particulates_of(MARKET, 7, 0)  # noqa: E731
    cases = [
        (tasmota, climate(lambda _: air), {"temperature", "humidity", "pressure"}),
        (tasmota, street_air(dust, lambda _: air), {"pm2_5", "pm10", "temperature", "humidity"}),
        (
            MQTT_DIALECTS["json"].parser({"values": {"pm2_5": "pm.2_5", "pm10": "pm.10"}, "time": "ts"}),
            plain(dust),
            {"pm2_5", "pm10"},
        ),
    ]
    for parse, message, quantities in cases:
        frame = parse("any/topic", message(NOON_S))
        assert isinstance(frame, Frame)
        assert {sample.quantity for sample in frame.samples} == quantities
        assert all(QUANTITIES[s.quantity].low <= s.value <= QUANTITIES[s.quantity].high for s in frame.samples)


def test_a_bad_cable_spoils_some_frames_and_the_decoder_reads_the_others():
    dice = Random(1)
    sensor = ParticulateSensor(lambda _: particulates_of(MARKET, 7, 0))
    stream = b"".join(spoiled(sensor.message(NOON_S + second), dice) for second in range(2_000))
    outcomes = SERIAL_FAMILIES["sds011"].decoder({}, {}).feed(stream)
    frames = sum(isinstance(outcome, Frame) for outcome in outcomes)
    assert 1_940 <= frames < 2_000
    assert any(isinstance(outcome, Noise) for outcome in outcomes)


def test_a_line_is_a_real_terminal_behind_a_link_and_writing_to_nobody_blocks_nobody(tmp_path: Path):
    line = PtyLine(tmp_path / "river", Random(5))
    for _ in range(10_000):
        line.write(b"R1234\r")
    port = os.open(tmp_path / "river", os.O_RDONLY | os.O_NONBLOCK)
    assert os.isatty(port)
    assert select.select([port], [], [], 1)[0]
    assert b"R1234\r" in os.read(port, 4_096)
    os.close(port)


def test_the_particulate_sensor_on_its_line_answers_to_a_gateway(tmp_path: Path):
    line = PtyLine(tmp_path / "air", Random(5))
    work = _writer(line, ParticulateSensor(lambda _: particulates_of(MARKET, 7, 0)))
    port = os.open(tmp_path / "air", os.O_RDWR | os.O_NONBLOCK)
    os.write(port, sds011.encode(sds011.MODE, 1))
    for quarter in range(40):  # ten seconds, in which it would report ten times
        work(NOON_S + quarter / 4)
    os.write(port, sds011.encode(sds011.QUERY))
    heard = bytearray()

    def answered() -> bool:  # the kernel hands over what is written a moment later
        work(NOON_S + 11)
        with contextlib.suppress(BlockingIOError):
            heard.extend(os.read(port, 4_096))
        return len(heard) >= 20

    wait_until(answered, "both commands are answered")
    os.close(port)
    outcomes = SERIAL_FAMILIES["sds011"].decoder({}, {}).feed(bytes(heard))
    assert [bool(outcome.samples) for outcome in outcomes if isinstance(outcome, Frame)] == [False, True]


def test_the_figures_add_up_over_gateways():
    account = {"received": 90, "missing": 10, "declared_lost": 0}
    figures = figures_of(
        {"newest_age_s": {"flood": 0.4, "air": 1.0, "footfall": None}},
        [{"account": account}, {"account": account}],
        [
            {"quantity": "spool_depth", "value": 7.0},
            {"quantity": "spool_depth", "value": 5.0},
            {"quantity": "lost", "value": 0},
        ],
    )
    assert figures.said(catalog_of("en")) == ("sent 200 · stored 180 · in spool 12 · lost 0 · newest 1.0 s")


def test_a_sensor_is_silent_until_one_of_its_series_has_a_fresh_reading():
    newest = [{"sensor": "rain", "age_s": 0.5}, {"sensor": "rain", "age_s": 90.0}, {"sensor": "river", "age_s": 3.0}]
    assert silent(["rain", "river", "gw-utara"], newest, within_s=3.0) == ["river", "gw-utara"]
