"""[[domains]] and [[quantities]] of city.toml: what a city adds to Siaga's own quantities."""

from pathlib import Path

import pytest

from cloud.registry.city_file import read_city_file
from cloud.registry.snapshot import Registry
from runtime.settings import SettingsError
from tests.own_quantities import CITY_TOML, TABLE
from tests.unit.cloud.registry.test_city_file import GOOD, problems
from wire import BUILT_IN, Stamped, Worse

MIC = """
[[sensors]]
id = "mic"
name = "Microphone"
site = "daruba"
gateway = "gw-daruba"
quantities = ["leq", "horn_count", "battery"]
calibration = { leq = { offset = 1.5 } }
"""


def city_of(tmp_path: Path, text: str) -> Registry:
    (tmp_path / "city.toml").write_text(text)
    return read_city_file(tmp_path / "city.toml")


def test_a_city_without_them_has_what_every_city_has(tmp_path: Path):
    assert dict(city_of(tmp_path, GOOD).quantities) == dict(BUILT_IN)


def test_what_is_declared_can_be_measured_with_routes_in_its_own_domain(tmp_path: Path):
    city = city_of(tmp_path, GOOD + CITY_TOML + MIC)
    assert dict(city.quantities) == dict(TABLE)
    assert dict(city.quantities.domains) == dict(TABLE.domains)
    routes = city.routes("gw-daruba") or {}
    leq, horns, battery = (routes["mic", name] for name in ("leq", "horn_count", "battery"))
    assert (leq.domain, leq.low, leq.high) == ("noise", 20.0, 140.0)
    assert leq.calibration is not None
    assert (horns.domain, battery.domain) == ("noise", "gateway")


def test_every_key_of_a_quantity_is_kept(tmp_path: Path):
    text = CITY_TOML.replace('hour = "max"', 'hour = "last"\nworse = "down"\nstamped = "end"')
    row = city_of(tmp_path, GOOD + text).quantities["so2_column"]
    assert (row.hour, row.worse, row.stamped, row.decimals) == ("last", Worse.DOWN, Stamped.END, 2)
    neither = city_of(tmp_path, GOOD + text.replace('"down"', '"neither"')).quantities["so2_column"]
    assert neither.worse is None


LEQ = 'id = "leq"'
MISTAKES = [
    (LEQ, 'id = "LEQ"', "quantities[0].id: 'LEQ': use 1 to 40 of a-z, 0-9 and '_', starting with a letter"),
    (LEQ, f'id = "{"q" * 41}"', "quantities[0].id: "),
    (LEQ, 'id = "pm2_5"', "quantities[0].id: 'pm2_5': every city has this quantity; take it out here"),
    (LEQ, 'id = "rain"', "quantities[0].id: 'rain': every city has rain_hour, which would be computed of it"),
    (LEQ, 'id = "marks"', "quantities[0].id: 'marks': the name stands for something else"),
    (LEQ, 'id = "horn_count"', "quantities[1].id: 'horn_count': quantities[0] has this id already"),
    (LEQ, 'id = "horn_count_hour"', "horn_count_hour is taken by quantity horn_count_hour; write another id"),
    (LEQ, 'id = "noise_computation"', "noise_computation is taken by the version of domain noise"),
    ('id = "noise"', 'id = "air"', "domains[0].id: 'air': every city has this domain; take it out here"),
    ('id = "noise"', 'id = "situation"', "domains[0].id: 'situation': the name stands for something else"),
    ('id = "noise"', 'id = "rollup_hour"', "domains[0].id: 'rollup_hour': the name stands for something else"),
    ('id = "noise"', 'id = "all"', "domains[0].id: 'all': the name stands for something else"),
    ('id = "noise"', 'id = "volcano"', "domains[1].id: 'volcano': domains[0] has this id already"),
    ('domain = "noise"', 'domain = "noize"', "quantities[0].domain: 'noize': no such domain; write noise"),
    ('category = "Geo"', 'category = "Gas"', "domains[1].category: 'Gas': write one of: 'Geo', 'Met'"),
    ('unit = "g/m2"', 'unit = "g/m²"', "quantities[2].unit: 'g/m²': is no UCUM code; write 'g/m2'"),
    ('unit = "g/m2"', 'unit = "wibble"', "quantities[2].unit: 'wibble': is no UCUM code; write one such as"),
    ("low = 20\n", "low = 140\n", "quantities[0].high: 140: is not above low, which is 140"),
    ("low = 20\n", "low = nan\n", "quantities[0].low: nan: write a finite number"),
    ("high = 100\n", "high = inf\n", "quantities[2].high: inf: write a finite number"),
    ("decimals = 2", "decimals = 9", "quantities[2].decimals: 9: write 6 or less"),
    ("step = 60", "step = 0", "quantities[0].step: 0"),
    ('hour = "max"', 'hour = "median"', "quantities[2].hour: 'median': write one of: 'mean', 'sum', 'last' or 'max'"),
    ('name = "Noise level"\n', "", "quantities[0].name: is missing; add it"),
    ('name = "Noise level"\n', f'name = "{"x" * 61}"\n', "quantities[0].name: "),
    ('name = "Noise level"\n', 'name = "a\\u0000b"\n', "quantities[0].name: "),
    ('"leq", "horn_count", "battery"', '"leqq"', "sensors[1].quantities[0]: 'leqq': no such quantity; write leq"),
    ('"leq", "horn_count", "battery"', '"zzzz"', "'zzzz': no such quantity; add it to [[quantities]]"),
    ('"battery"', '"spool_depth"', "sensors[1].quantities[2]: 'spool_depth': no such quantity"),
    ('"battery"', '"leq_hour"', "sensors[1].quantities[2]: 'leq_hour': no such quantity; add it"),
]


@pytest.mark.parametrize(("old", "new", "sentence"), MISTAKES)
def test_a_mistake_is_told_in_one_sentence(tmp_path: Path, old: str, new: str, sentence: str):
    text = GOOD + CITY_TOML + MIC
    assert old in text
    found = problems(tmp_path, text.replace(old, new, 1))
    assert any(sentence in problem for problem in found), found


def test_there_may_be_so_many_and_no_more(tmp_path: Path):
    one = CITY_TOML[CITY_TOML.index("[[quantities]]") :].split("[[quantities]]")[1]
    many = "".join(f"[[quantities]]{one.replace('leq', f'leq_{n}')}" for n in range(201))
    domains = CITY_TOML[: CITY_TOML.index("[[quantities]]")]
    with pytest.raises(SettingsError, match=r"quantities: write at most so many: 200"):
        city_of(tmp_path, GOOD + domains + many)
