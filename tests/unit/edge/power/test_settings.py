"""[power]: what it may name, and each mistake in a sentence."""

from pathlib import Path

import pytest

from edge.check import check_file
from runtime.settings import SettingsError

HEAD = '[gateway]\nid = "gw-1"\n[uplink]\nhost = "127.0.0.1"\n'
MAINS = '[[sources]]\nname = "mains"\nfamily = "gpio"\nline = 24\nsensor = "box-1"\nquantity = "power_failed"\n'


def checked(tmp_path: Path, power: str):
    file = tmp_path / "edge.toml"
    file.write_text(f"{HEAD}[power]\n{power}\n{MAINS}")
    return check_file(file)


def test_a_source_that_tells_is_named(tmp_path: Path):
    power = checked(tmp_path, 'source = "mains"').settings.power
    assert power is not None
    assert (power.source, power.going_down_v) == ("mains", None)


@pytest.mark.parametrize(
    ("power", "said"),
    [
        ("", "power: names no source"),
        ('source = "main"', "power.source: 'main' is no source"),
        ('battery = "mains"', "power: battery and going_down_v belong together"),
        ('source = "mains"\ngoing_down_v = 11.4', "power: battery and going_down_v belong together"),
        ('source = "mains"\ngoing_down_v = 0', "power.going_down_v"),
    ],
)
def test_each_mistake_is_a_sentence(tmp_path: Path, power: str, said: str):
    with pytest.raises(SettingsError) as caught:
        checked(tmp_path, power)
    assert any(said in str(problem) for problem in caught.value.problems), caught.value.problems
