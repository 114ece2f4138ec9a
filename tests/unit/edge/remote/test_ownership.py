"""Whose a setting is: what is laid over edge.toml, and what is passed over."""

import tomllib
from pathlib import Path

from edge.remote.ownership import laid_over
from edge.settings import EdgeSettings, HealthSettings, SourceTable, UplinkSettings
from runtime.settings import Settings
from wire.city_settings import BY_HAND, CITYS
from wire.gateway_config import ExpectedSensor, GatewayConfig
from wire.local_alarms import LocalStage

TECHNICIANS = tomllib.loads("""
[gateway]
id = "gw-1"
[uplink]
host = "broker.example.org"
batch_s = 5
[[sources]]
name = "river"
family = "a02yyuw"
port = "/dev/ttyUSB0"
sensor = "river-1"
mounting_height_cm = 400
[[sources]]
name = "air"
family = "sds011"
port = "/dev/ttyUSB1"
sensor = "air-1"
""")


def test_the_citys_word_holds_where_it_says_one_and_edge_toml_elsewhere():
    before = repr(TECHNICIANS)
    config = GatewayConfig(
        1, 7, uplink={"batch_s": 60}, health={"every_s": 300}, sources={"river": {"silent_s": 900}},
        sensors=(
            ExpectedSensor("river-1", mounting_height_cm=450.0, interval_s=30.0),
            ExpectedSensor("air-1", mounting_height_cm=300.0),
            ExpectedSensor("not-here-yet", interval_s=9.0),
        ),
    )  # fmt: skip
    merged, passed_over = laid_over(TECHNICIANS, config)
    assert passed_over == []
    assert merged["uplink"] == {"host": "broker.example.org", "batch_s": 60}
    assert merged["health"] == {"every_s": 300}
    river, air = merged["sources"]
    assert (river["silent_s"], river["mounting_height_cm"], river["every_s"]) == (900, 450.0, 30.0)
    assert "mounting_height_cm" not in air, "a sensor of dust has no such option"
    assert repr(TECHNICIANS) == before


def test_what_is_edge_tomls_alone_or_not_known_is_passed_over_and_said():
    config = GatewayConfig(
        1, 7, uplink={"host": "evil.example.org", "warp": 9}, sources={"river": {"port": "/dev/x"}, "lake": {}}
    )
    merged, passed_over = laid_over(TECHNICIANS, config)
    assert merged == TECHNICIANS
    assert passed_over == [
        "uplink.host: is edge.toml's alone; change it at the gateway",
        "uplink.warp: is not known to this version of the gateway",
        "sources.river.port: is edge.toml's alone; change it at the gateway",
        "sources.lake: edge.toml has no source of this name",
    ]


def test_a_configuration_that_says_nothing_changes_nothing():
    assert laid_over(TECHNICIANS, GatewayConfig(1, 7)).document == TECHNICIANS


def test_the_table_names_settings_that_there_are():
    tables: dict[str, type[Settings]] = {"uplink": UplinkSettings, "health": HealthSettings, "sources": SourceTable}
    for field in CITYS:
        if field.part in tables:
            assert field.key in tables[field.part].model_fields
        else:
            assert field.key in (LocalStage if field.part == "outputs" else ExpectedSensor).__struct_fields__
    assert {field.part for field in CITYS} == {*BY_HAND, "sensors"}
    assert {"uplink", "health", "sources"} <= set(EdgeSettings.model_fields)


def test_the_documentation_has_the_same_table():
    page = (Path(__file__).parents[4] / "docs" / "edge.md").read_text(encoding="utf-8")
    for field in CITYS:
        assert f"| `{field.part}` | `{field.key}` | {field.does} |" in page, f"docs/edge.md lacks {field}"
