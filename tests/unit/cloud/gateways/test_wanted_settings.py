"""The settings of a gateway that people set: written by hand, checked, shown."""

import pytest

from cloud.gateways.wanted_settings import WantedSettings, check_wanted, flat, with_value
from wire import WireError


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("uplink.batch_s=60", {"uplink": {"batch_s": 60}}),
        (" health.every_s = 0.5", {"health": {"every_s": 0.5}}),
        ('uplink.quiet_hours=["22:00-05:00"]', {"uplink": {"quiet_hours": ["22:00-05:00"]}}),
        ("uplink.zone=+09:00", {"uplink": {"zone": "+09:00"}}),
        ("sources.river.silent_s=900", {"sources": {"river": {"silent_s": 900}}}),
        ("outputs.siren.test=mon 09:00", {"outputs": {"siren": {"test": "mon 09:00"}}}),
    ],
)
def test_a_value_is_written_as_toml_has_it_and_taken_back_by_nothing(written: str, wanted: WantedSettings):
    assert with_value({}, written) == wanted
    assert with_value(wanted, written.partition("=")[0] + "=") == {}


def test_the_others_stay():
    before: WantedSettings = {"uplink": {"batch_s": 60, "window": 8}}
    assert with_value(before, "uplink.batch_s=") == {"uplink": {"window": 8}}
    assert before == {"uplink": {"batch_s": 60, "window": 8}}


@pytest.mark.parametrize(
    "written",
    ["", "batch_s=60", "uplink=3", "uplink.batch_s", "uplink.a.b=3", "sources.river=3", "login.x=1", "uplink.=3"],
)
def test_what_is_no_setting_is_refused_with_an_example(written: str):
    with pytest.raises(WireError, match=r"--set .*: write uplink\.KEY=VALUE.*uplink\.batch_s=60"):
        with_value({}, written)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"login": {}}, "login: is no part that the city sets; write one of uplink, health, sources, outputs"),
        ({"uplink": {"host": "x"}}, r"uplink\.host: is no setting of the city's; here are ack_timeout_s, batch"),
        ({"uplink": 3}, "uplink: is a table"),
        ({"uplink": {"zone": "a\x1b"}}, r"uplink\.zone: is no value"),
        ({"uplink": {"batch_s": float("nan")}}, r"uplink\.batch_s: is no value"),
        ({"uplink": {"batch_s": 10**30}}, r"uplink\.batch_s: is no value"),
        ({"uplink": {"quiet_hours": [["22:00"]]}}, r"uplink\.quiet_hours: is no value"),
        ({"uplink": {"batch_s": {"a": {}}}}, r"uplink\.batch_s: is no value"),
        ({"sources": {"a\ud800": {}}}, "sources: is a table"),
        ({"sources": {"river": 3}}, r"sources\.river: is a table"),
        ({"sources": {"river": {"port": "x"}}}, r"sources\.river\.port: is no setting .* silent_s"),
        ({"outputs": {"siren": {"from_severity": "loud"}}}, "outputs: Invalid enum value 'loud'"),
        ({"outputs": {"siren": {"test": "noon"}}}, "'siren' is tested at 'noon'; write such as 'mon 09:00'"),
    ],
)
def test_what_is_no_setting_of_the_citys_is_refused_before_it_travels(wanted: WantedSettings, said: str):
    with pytest.raises(WireError, match=said):
        check_wanted(wanted)


def test_settings_are_shown_by_the_names_that_set_them():
    wanted: WantedSettings = {"uplink": {"batch_s": 60}, "sources": {"river": {"silent_s": 9}}}
    check_wanted(wanted)
    assert flat(wanted) == [("uplink.batch_s", 60), ("sources.river.silent_s", 9)]
