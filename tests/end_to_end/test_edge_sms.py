"""A real `siaga-edge` sends SMS by ModemManager: a river rises while the cloud is away, and the agent is killed.

pty: a river ─► siaga-edge ─► D-Bus ─► ModemManager: simulated, or (a proof) the real one ─AT─► a simulated modem
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.at_modem_simulated import real_modem_manager
from tests.end_to_end.edge_gateway import Cloud, Gateway, Wire
from tests.end_to_end.test_edge_city_config import City
from tests.end_to_end.test_edge_local_alarms import CALM_CM, FLOOD_CM, alarms_part, rising
from tests.modem_manager_simulated import private_bus, serving
from tests.servers import wait_until

ANI, BUDI = "+628110000001", "+628110000002"
Sent = list[tuple[str, str]]


@contextmanager
def simulated(_folder: Path) -> Iterator[Sent]:
    """A simulated ModemManager."""
    with private_bus() as address, serving(address) as manager:
        yield manager.sent


@contextmanager
def real(folder: Path) -> Iterator[Sent]:
    """A real ModemManager, with a simulated modem."""
    with real_modem_manager(folder) as manager:
        yield manager.modem.sent


@pytest.mark.parametrize("modem_manager", [simulated, pytest.param(real, marks=pytest.mark.proof)])
def test_people_hear_of_a_flood_by_sms_once_while_the_cloud_is_away(tmp_path: Path, modem_manager):
    wire = Wire(tmp_path / "tty-river")
    source = (
        f'[modem]\n[[sources]]\nname = "line"\nfamily = "maxbotix"\nport = "{wire.port}"\nsensor = "river"\n'
        f'[[outputs]]\nname = "sms"\nkind = "sms"\nto = ["{ANI}", "{BUDI}"]\nlanguage = "en"\nafter_s = 1\n'
    )
    gateway = Gateway(tmp_path, sources=source)
    with ExitStack() as stack:
        sent = stack.enter_context(modem_manager(tmp_path))
        stack.enter_context(gateway.broker)
        stack.enter_context(gateway.edge)
        cloud, city = Cloud(gateway.port), City(gateway.port)
        stack.callback(cloud.close)
        stack.callback(city.close)
        city.wants(1, alarms=alarms_part())
        city.hears("in_force", 1)
        with rising(wire, CALM_CM):
            wait_until(lambda: len(cloud.values("distance")) > 3, "the river is calm")
        gateway.broker.kill()
        with rising(wire, FLOOD_CM):
            wait_until(lambda: len(sent) == 2, "both are told, and no cloud is there")
        gateway.edge.kill()  # SIGKILL
        gateway.edge.start()
        with rising(wire, FLOOD_CM):
            gateway.broker.start()
            wait_until(
                lambda: (status := cloud.status()) is not None and any(each.texted == 2 for each in status.alarms),
                "the cloud hears that two people were told",
            )  # fmt: skip
        assert [number for number, _ in sent] == [ANI, BUDI], "each once, though the agent was killed"
        text = sent[0][1]
        assert text.startswith("Siaga 1 town: River level (river) 330 cm, ")
        assert text.endswith(". gw-test, no link to the city")
        assert ANI not in gateway.edge.log.read_text()
