"""What a sensor's family calls one thing and the city another."""

from pathlib import Path

import pytest

from edge.sources.configured import MqttSource
from edge.sources.renaming import renamed
from firmware_bridge.sample import Frame, Sample
from tests.unit.edge.test_check import GATEWAY, JSON, OWN, check, mistakes

BOARD = (
    '[[sources]]\nname = "b"\nfamily = "board"\nport = "/dev/null"\nchannels = { "0" = "mic-1" }\n'
    'quantities = { noise = "leq" }\n'
)


def test_samples_take_the_citys_names_and_keep_all_else():
    frame = Frame((Sample("noise", 61.5, "0", 7, "x"), Sample("co", 3.0)), "note", (Sample("noise", 60.0),))
    assert renamed(frame, {"noise": "leq"}) == Frame(
        (Sample("leq", 61.5, "0", 7, "x"), Sample("co", 3.0)), "note", (Sample("leq", 60.0),)
    )
    assert renamed(frame, {}) is frame


def test_a_message_is_read_under_the_citys_names(tmp_path: Path):
    text = JSON.replace('co2 = "co2"', 'noise = "db"') + 'quantities = { noise = "leq" }\n'
    (source,) = check(tmp_path, GATEWAY + OWN + text).sources
    assert isinstance(source, MqttSource)
    assert [sample.quantity for sample in source.parse("sensors/mic/r", b'{"db": 61.5}').samples] == ["leq"]


def test_a_board_may_measure_what_only_the_city_knows(tmp_path: Path):
    (source,) = check(tmp_path, GATEWAY + OWN + BOARD).sources
    assert source.table.quantities == {"noise": "leq"}


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ('{ noize = "leq" }', "sources[0].quantities.noize: this source gives no such quantity; did you mean noise?"),
        ('{ noise = "leqq" }', "sources[0].quantities.noise: 'leqq' is no quantity; did you mean leq?"),
        ('{ co = "leq" }', "sources[0].quantities.co: leq is in dB[SPL], and what comes is in ug/m3; name a quantity"),
        ('{ pm2_5 = "pm10" }', "sources[0].quantities.pm2_5: two of this source would be 'pm10'; write another"),
        ('{ pm1 = "so2_vent", pm2_5 = "so2_vent" }', "sources[0].quantities.pm2_5: two of this source would be"),
        ("{ noise = 5 }", "sources[0].quantities.noise: 5: write text in quotes"),
        ('"leq"', "sources[0].quantities: 'leq': write a table"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, names: str, sentence: str):
    vent = '[[quantities]]\nid = "so2_vent"\nunit = "ug/m3"\n'
    found = mistakes(tmp_path, GATEWAY + OWN + vent + BOARD.replace('{ noise = "leq" }', names))
    assert any(sentence in each for each in found), found


def test_names_may_be_exchanged(tmp_path: Path):
    check(tmp_path, GATEWAY + BOARD.replace('{ noise = "leq" }', '{ pm10 = "pm2_5", pm2_5 = "pm10" }'))
