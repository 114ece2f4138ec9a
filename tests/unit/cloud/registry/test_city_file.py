"""city.toml."""

from pathlib import Path

import pytest

from cloud.registry.city_file import read_city_file
from cloud.registry.records import Calibration, City, Gateway, Site
from runtime.settings import SettingsError
from wire import Stamped

GOOD = """
[city]
name = "Morotai"
zone = "Asia/Jayapura"
[[sites]]
id = "daruba"
name = "Daruba river"
place = "Daruba"
latitude = 2.05
longitude = 128.29
[[sites]]
id = "ternate"
name = "Ternate"
latitude = 0.79
longitude = 127.36
zone = "Asia/Tokyo"
[[gateways]]
id = "gw-daruba"
name = "Daruba"
site = "daruba"
[[sensors]]
id = "river"
name = "River"
site = "daruba"
gateway = "gw-daruba"
quantities = ["water_level", "distance"]
interval_s = 10
mounting_height_cm = 450
calibration = { water_level = { scale = 1.02, offset = -3 } }
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "city.toml").write_text(text)
    with pytest.raises(SettingsError) as refused:
        read_city_file(tmp_path / "city.toml")
    return refused.value.problems


def test_a_city_file_becomes_records(tmp_path: Path):
    (tmp_path / "city.toml").write_text(GOOD)
    registry = read_city_file(tmp_path / "city.toml")
    assert registry.city == City("Morotai", "Asia/Jayapura")
    assert registry.site("daruba") == Site("daruba", "Daruba river", "Daruba", 2.05, 128.29, "Asia/Jayapura")
    assert registry.gateways() == [Gateway("gw-daruba", "Daruba", "daruba")]
    river = registry.sensor("river")
    assert river is not None
    assert river.quantities == ("water_level", "distance")
    assert river.calibration == {"water_level": Calibration(1.02, -3.0)}
    assert (river.interval_s, river.mounting_height_cm) == (10.0, 450.0)


@pytest.mark.parametrize("stamped", list(Stamped))
def test_a_sensor_says_which_end_of_its_interval_its_readings_are_stamped_with(tmp_path: Path, stamped: Stamped):
    (tmp_path / "city.toml").write_text(GOOD + f'stamped = "{stamped}"\n')
    river = read_city_file(tmp_path / "city.toml").sensor("river")
    assert river is not None
    assert river.stamped is stamped


def test_a_stamp_needs_the_interval_that_it_is_an_end_of(tmp_path: Path):
    (found,) = problems(tmp_path, GOOD.replace("interval_s = 10\n", "") + 'stamped = "end"\n')
    assert "sensors[0].stamped" in found
    assert "write interval_s" in found
    (found,) = problems(tmp_path, GOOD + 'stamped = "middle"\n')
    assert "sensors[0].stamped" in found
    assert "start" in found


def test_a_sensor_may_say_since_when_it_is_so(tmp_path: Path):
    dated = "mounting_height_cm = 450\nvalid_from = 2026-11-20T09:00:00+09:00"
    (tmp_path / "city.toml").write_text(GOOD.replace("mounting_height_cm = 450", dated))
    river = read_city_file(tmp_path / "city.toml").sensor("river")
    assert river is not None
    assert river.valid_from_ms == 1_795_132_800_000


@pytest.mark.parametrize(
    ("zone", "offered"),
    [
        ("WIT", "Asia/Jayapura"), ("WITA", "Asia/Makassar"), ("WIB", "Asia/Jakarta"), ("wit", "Asia/Jayapura"),
        ("UTC+9", "Asia/Jayapura"), ("+08:00", "Asia/Makassar"), ("GMT+07", "Asia/Jakarta"),
        ("Jayapura", "Asia/Jayapura"),
        ("Indonesia/Makassar", "Asia/Makassar"), ("asia/jakarta", "Asia/Jakarta"), ("Asia/Jayapur", "Asia/Jayapura"),
    ],
)  # fmt: skip
def test_a_zone_as_people_call_it_is_offered_as_computers_do(tmp_path: Path, zone: str, offered: str):
    file = tmp_path / "city.toml"
    file.write_text(f'[city]\nname = "Morotai"\nzone = "{zone}"\n')
    with pytest.raises(SettingsError) as refusal:
        read_city_file(file)
    assert refusal.value.problems == [f"city.toml: city.zone: '{zone}': no such time zone; write {offered}"]


def test_one_pair_of_brackets_for_many_sites_is_said(tmp_path: Path):
    file = tmp_path / "city.toml"
    file.write_text('[city]\nname = "Morotai"\nzone = "Asia/Jayapura"\n[sites]\nid = "daruba"\n')
    with pytest.raises(SettingsError, match=r"city.toml: sites: write \[\[sites\]\], with two brackets"):
        read_city_file(file)


def test_a_site_without_a_zone_has_the_city_s(tmp_path: Path):
    (tmp_path / "city.toml").write_text(GOOD)
    assert [site.zone for site in read_city_file(tmp_path / "city.toml").sites()] == ["Asia/Jayapura", "Asia/Tokyo"]


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ('zone = "Asia/Jayapura"', 'zone = "Asia/Jayapur"', "city.zone: 'Asia/Jayapur': no such time zone; write Asi"),
        ("latitude = 2.05", "latitude = 205", "sites[0].latitude: 205: write 90 or less"),
        ('id = "river"', 'id = "River 1"', "sensors[0].id: 'River 1': id 'River 1' is not a name"),
        ('id = "river"', 'id = "gw-daruba"', "sensors[0].id: 'gw-daruba': a gateway has this id"),
        ('id = "ternate"', 'id = "daruba"', "sites[1].id: 'daruba': sites[0] has this id already"),
        ('"\n[[sensors]]', 'x"\n[[sensors]]', "gateways[0].site: 'darubax': there is none of that id; did"),
        ('gateway = "gw-daruba"', 'gateway = "x"', "sensors[0].gateway: 'x': there is none of that id; add it to [["),
        ('"distance"', '"distanse"', "sensors[0].quantities[1]: 'distanse': no such quantity; write distance"),
        ('"distance"', '"spool_depth"', "sensors[0].quantities[1]: 'spool_depth': no such quantity"),
        ('"distance"', '"water_level"', "sensors[0].quantities[1]: 'water_level' stands here twice"),
        ("{ water_level", "{ rainfall", "sensors[0].calibration.rainfall: the sensor does not measure it"),
        ("scale = 1.02", "scale = 0", "sensors[0].calibration.water_level.scale: 0: a scale of 0 makes"),
        ("scale = 1.02", "scale = inf", "sensors[0].calibration.water_level.scale: inf"),
        ("_cm = 450", "_cm = 4.5", "sensors[0].mounting_height_cm: 4.5: is not between 30 and 3500 cm (4.5 m are 450"),
        ("_cm = 450", "_cm = 4500", "sensors[0].mounting_height_cm: 4500: is not between 30 and 3500 cm (4500 mm are"),
        ("_cm = 450", "_cm = nan", "sensors[0].mounting_height_cm: nan"),
        ("_cm = 450", '_cm = 450\nvalid_from = "2026-11-20"', "sensors[0].valid_from: '2026-11-20': write a date"),
        ("_cm = 450", "_cm = 450\nvalid_from = 2026-11-20T09:00:00", "sensors[0].valid_from: "),
        ("interval_s = 10", "interval = 10", "sensors[0].interval: unknown key; did you mean interval_s?"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_file_key_and_value_with_what_to_write(
    tmp_path: Path, right: str, wrong: str, sentence: str
):
    assert right in GOOD
    (found,) = problems(tmp_path, GOOD.replace(right, wrong, 1))
    assert found.startswith(f"city.toml: {sentence}")


def gauges(**below: str) -> str:
    """A city with a gauge for each name, whose water goes on to the gauge named."""
    more = [
        f'[[sensors]]\nid = "{name}"\nname = "{name}"\nsite = "daruba"\ngateway = "gw-daruba"\n'
        f'quantities = ["{"rainfall" if name == "rain" else "water_level"}"]\n'
        + (f'next_downstream = "{next_one}"\n' if next_one else "")
        for name, next_one in below.items()
    ]
    return GOOD + "".join(more)


def test_a_gauge_names_the_next_one_downstream(tmp_path: Path):
    (tmp_path / "city.toml").write_text(gauges(upper="bridge", bridge="river"))
    named = {sensor.id: sensor.next_downstream for sensor in read_city_file(tmp_path / "city.toml").sensors()}
    assert named == {"gw-daruba": None, "river": None, "upper": "bridge", "bridge": "river"}


@pytest.mark.parametrize(("below", "sentence"), [
    ({"upper": "bridg", "bridge": ""}, "1].next_downstream: 'bridg': there is none of that id; did you mean bridge?"),
    ({"upper": "upper"}, "1].next_downstream: 'upper': the water would run in a ring, upper → upper; take out the one"),
    ({"a": "b", "b": "c", "c": "b"},
     "2].next_downstream: 'c': the water would run in a ring, b → c → b; take out the one nearest to the sea"),
    ({"upper": "rain", "rain": ""}, "1].next_downstream: 'rain': rain measures no water_level; name two gauges"),
    ({"rain": "river"}, "1].next_downstream: 'river': rain measures no water_level; name two gauges, or take it out"),
])  # fmt: skip
def test_water_that_goes_nowhere_or_in_a_ring_is_refused_in_one_sentence(
    tmp_path: Path, below: dict[str, str], sentence: str
):
    (found,) = problems(tmp_path, gauges(**below))
    assert found.startswith(f"city.toml: sensors[{sentence}")


def test_mistakes_of_form_and_contradictions_are_told_at_once(tmp_path: Path):
    text = GOOD.replace("latitude = 2.05", "latitude = 205").replace('gateway = "gw-daruba"', 'gateway = "gw-darube"')
    assert [problem.split(": ")[1] for problem in problems(tmp_path, text)] == [
        "sites[0].latitude",
        "sensors[0].gateway",
    ]


def test_tables_of_the_wrong_form_are_reported_once_and_break_nothing(tmp_path: Path):
    text = '[city]\nname = "M"\nzone = "Asia/Jayapura"\nsites = 3\nsensors = [3, { id = 4, quantities = 5 }]\n'
    assert any(problem.startswith("city.toml: city.sites") for problem in problems(tmp_path, text))


def test_a_file_that_is_not_there_says_where_it_was_looked_for(tmp_path: Path):
    with pytest.raises(SettingsError, match="there is no such file"):
        read_city_file(tmp_path / "city.toml")


def test_the_city_file_refuses_a_derived_quantity(tmp_path: Path):
    (tmp_path / "city.toml").write_text(GOOD.replace('"distance"', '"rain_day"'))
    with pytest.raises(SettingsError) as refused:
        read_city_file(tmp_path / "city.toml")
    assert any("rain_day" in problem and "no such quantity" in problem for problem in refused.value.problems)


@pytest.mark.parametrize("key", ["id", "site", "gateway", "twin", "next_downstream"])
def test_a_list_where_one_name_belongs_is_said_like_any_other_mistake(tmp_path: Path, key: str):
    others = [line for line in GOOD.splitlines() if not line.startswith(f"{key} =")]
    assert any(f"sensors[0].{key}" in found for found in problems(tmp_path, "\n".join([*others, f'{key} = ["river"]'])))
