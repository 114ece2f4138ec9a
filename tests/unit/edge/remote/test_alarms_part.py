"""The part `alarms` of the city's configuration: what it needs is loaded only where there is anything in it."""

from typing import Any

import msgspec
import pytest

from edge.remote.alarms_part import AlarmsReader
from wire import WireError
from wire.local_alarms import LocalAlarms, LocalRule, LocalStage, encode_local_alarms


class Part:
    """In the place of what raises alarms: remembers what it was given."""

    def __init__(self) -> None:
        self.used: list[LocalAlarms] = []

    def use(self, alarms: LocalAlarms) -> None:
        self.used.append(alarms)


@pytest.mark.parametrize(
    ("alarms", "begun"),
    [
        (None, False),
        (LocalAlarms("Asia/Jayapura"), False),
        (LocalAlarms(outputs=(LocalStage("siren", "severe"),)), True),
        (LocalAlarms(rules=(LocalRule("river-level", "river", {}),)), True),
    ],
)
def test_it_begins_with_rules_or_with_stages_of_outputs(alarms: LocalAlarms | None, begun: bool):
    made: list[Any] = []
    raw = None if alarms is None else msgspec.Raw(encode_local_alarms(alarms))

    def begin() -> Any:
        made.append(Part())
        return made[0]

    reader = AlarmsReader(lambda: made[0] if made else None, begin)
    reader.use(raw)
    assert bool(made) is begun
    if begun:
        reader.use(None)
        assert made[0].used == [alarms, LocalAlarms()], "taken back, edge.toml holds again"


def test_a_stage_that_is_none_is_refused_with_its_name():
    with pytest.raises(WireError, match="'siren' is tested at 'noon'"):
        AlarmsReader(lambda: None, Part).check(msgspec.Raw(b'{"outputs":[{"output":"siren","test":"noon"}]}'))  # type: ignore[arg-type]
