"""A real `siaga-edge` as the master of real Modbus slaves of pymodbus: RTU on a pseudo-terminal, and Modbus TCP."""

from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end import modbus_slaves
from tests.end_to_end.edge_gateway import Cloud, Gateway
from tests.servers import wait_until

BUS = """
[[sources]]
name = "bus"
family = "{family}"
port = "{port}"
every_s = 1
answer_s = 0.5
channels = {{ "1" = "level-1", "2" = "radar-1", "3" = "air-1", "9" = "dead-1" }}

[sources.devices]
"1" = "QDY30A"
"2" = {{ model = "SEN0676", set = {{ "0x0005" = 450 }} }}
"9" = "PR-3000-FSJT"

[sources.devices.3.map]
first_register = 30001
function = 4

[[sources.devices.3.map.registers]]
address = 30101
quantity = "temperature"
type = "float32"
word_order = "little"
"""


@pytest.mark.proof
@pytest.mark.parametrize(
    ("family", "slaves"),
    [("modbus-rtu", modbus_slaves.on_a_line), ("modbus-tcp", modbus_slaves.over_tcp)],
    ids=["rtu", "tcp"],
)
def test_slaves_of_another_maker_are_read_and_set_and_one_that_is_dead_is_said(
    tmp_path: Path, family: str, slaves: Any
):
    with slaves() as (port, written):
        gateway = Gateway(tmp_path, sources=BUS.format(family=family, port=port))
        with gateway.broker, gateway.edge:
            cloud = Cloud(gateway.port)
            wait_until(lambda: len(cloud.values("temperature")) > 3, "a float of two input registers is read")
            wait_until(lambda: "does not answer: asked" in detail(cloud), "the status says who does not answer")
            gateway.edge.must_live()
            found = {(reading.sensor, reading.quantity, reading.value) for reading in cloud.readings()}
            cloud.close()
    assert {
        ("level-1", "water_level", 150.0),
        ("radar-1", "distance", 135.0),
        ("air-1", "temperature", 27.5),
    } <= found
    assert not [one for one in found if one[0] == "dead-1"]
    assert written == {"height": 450}, "the only register that the configuration says to set"


def detail(cloud: Cloud) -> str:
    status = cloud.status()
    return next((source.detail for source in status.sources if source.name == "bus"), "") if status else ""
