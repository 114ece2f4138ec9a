"""What the settings can give to Home Assistant, and which mistakes around it `siaga-edge check` names."""

from pathlib import Path

import pytest

from edge.check import CheckedSettings, check_file
from edge.home_assistant.configured import could_give
from runtime.settings import SettingsError

BEGIN = '[gateway]\nid = "gw-1"\n[uplink]\nhost = "127.0.0.1"\n'
BROKER = "[local_broker]\nport = 1884\n"
LINE = '[[sources]]\nname = "river"\nfamily = "maxbotix"\nport = "/dev/null"\nsensor = "river-1"\n'
BOARD = (
    '[[sources]]\nname = "b"\nfamily = "board"\nport = "/dev/null"\nchannels = { "0" = "rain-1", "1" = "people-1" }\n'
)
JSON = (
    '[[sources]]\nname = "a"\nfamily = "json"\ntopic = "sensors/+/r/kota"\nsensor_level = 1\nvalues = { co2 = "co2" }\n'
)


def check(folder: Path, text: str) -> CheckedSettings:
    settings = folder / "edge.toml"
    settings.write_text(text)
    return check_file(settings)


@pytest.mark.parametrize(
    ("sources", "series", "could"),
    [
        (LINE, ("river-1", "water_level"), True),
        (LINE, ("river-1", "pm2_5"), False),
        (LINE, ("river-2", "water_level"), False),
        (LINE + "quantities = { water_level = 'stage' }\n[[quantities]]\nid = 'stage'\nunit = 'cm'\n",
         ("river-1", "stage"), True),
        (BOARD, ("people-1", "people_in"), True),
        (BOARD, ("people-2", "people_in"), False),
        (JSON, ("air-7", "co2"), True),
        (JSON.replace("sensor_level = 1", "sensor_level = 3"), ("kota", "co2"), True),
        (JSON.replace("sensor_level = 1", "sensor_level = 3"), ("air-7", "co2"), False),
        (JSON.replace("sensor_level = 1", 'sensor = "air-8"'), ("air-7", "co2"), False),
        (LINE, ("gw-1", "disk_free"), True),
        (LINE, ("gw-1", "water_level"), False),
        (LINE + "[health]\nevery_s = 0\n", ("gw-1", "disk_free"), False),
    ],
)  # fmt: skip
def test_what_no_source_can_give_is_known(tmp_path: Path, sources: str, series: tuple[str, str], could: bool):
    assert could_give(check(tmp_path, BEGIN + BROKER + sources), series) is could


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (BEGIN + "[home_assistant]\n", "home_assistant: has no broker; add [local_broker], or [home_assistant.broker]"),
        (BEGIN + BROKER + "[home_assistant]\nevery_s = 0.1\n", "home_assistant.every_s: 0.1: write 1 or more"),
        (BEGIN + BROKER + '[home_assistant]\nprefix = "ha/#"\n', "home_assistant.prefix: 'ha/#': is no topic"),
        (BEGIN + BROKER + '[home_assistant]\nlanguage = "fr"\n', "home_assistant.language: 'fr': write one of"),
        (BEGIN + BROKER + '[home_assistant]\nbrocker = "x"\n', "home_assistant.brocker: unknown key"),
        (BEGIN + '[home_assistant.broker]\nusername = "u"\npassword_file = "nope"\n',
         "nope' cannot be read"),
        (BEGIN + BROKER + "[home_assistant]\n" + JSON.replace("sensors/+/r/kota", "#"),
         "sources[0].topic: '#' takes in what [home_assistant] gives out on siaga-edge/gw-1"),
        (BEGIN + BROKER + '[home_assistant]\n[[sources]]\nname = "h"\nfamily = "homeassistant"\n'
         'topic = "homeassistant/#"\nstate_topics = "siaga-edge/+/values/#"\nchannels = { "a" = "b" }\n',
         "sources[0].topic: 'siaga-edge/+/values/#' takes in"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence(tmp_path: Path, text: str, sentence: str):
    with pytest.raises(SettingsError) as caught:
        check(tmp_path, text)
    assert [said for said in caught.value.problems if sentence in said], caught.value.problems


def test_files_of_its_broker_are_beside_the_settings(tmp_path: Path):
    (tmp_path / "pw").write_text("secret")
    text = BEGIN + '[home_assistant.broker]\nhost = "10.0.0.2"\nusername = "u"\npassword_file = "pw"\n'
    home = check(tmp_path, text).settings.home_assistant
    assert home is not None
    assert home.broker is not None
    assert home.broker.password_file == tmp_path / "pw"


def test_it_is_off_where_the_table_is_missing(tmp_path: Path):
    assert check(tmp_path, BEGIN + BROKER + LINE).settings.home_assistant is None
