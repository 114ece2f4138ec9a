"""The simulated ModemManager has the members and types of the real one: tests/golden/modem_manager_interfaces.json.

That table is of ModemManager 1.20.4's introspection files; the real one says the same of what its generic modem has.
"""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from edge.modem.view import MODEM, SERVICE
from tests.at_modem_simulated import real_modem_manager, submitted
from tests.modem_manager_simulated import ROOT, SimulatedModemManager, lte_modem, private_bus

INTERFACES = json.loads((Path(__file__).parents[3] / "golden" / "modem_manager_interfaces.json").read_text())


def test_the_simulated_modem_has_the_properties_of_a_real_one():
    for interface, properties in lte_modem().items():
        told = {name: kind for name, (kind, _value) in properties.items()}
        assert told.items() <= INTERFACES[interface].items(), interface


async def test_what_it_answers_to_is_what_a_real_one_answers_to():
    with private_bus() as address:
        async with SimulatedModemManager(address) as manager:
            asked = manager.answers
    calls = {name.rpartition(".")[::2] for name in asked if name.startswith(SERVICE)}
    assert calls <= {(interface, name) for interface, rows in INTERFACES.items() for name in rows}
    assert len(calls) == 4


@pytest.mark.proof
def test_the_real_one_says_so_of_its_modem_and_of_an_sms(tmp_path: Path):
    with real_modem_manager(tmp_path) as manager:
        view = manager.view
        assert view is not None
        found = members(manager.introspected(view.path))
        for interface in (MODEM, f"{MODEM}.Modem3gpp", f"{MODEM}.Messaging"):
            assert INTERFACES[interface].items() <= found[interface].items(), interface
        sms = manager.made_sms(view.path, "+628123456789", "x")
        assert INTERFACES[f"{SERVICE}.Sms"].items() <= members(manager.introspected(sms))[f"{SERVICE}.Sms"].items()
        assert manager.made_sms(view.path, "+628123456789", "y").startswith(f"{ROOT}/SMS/")


def test_a_pdu_that_a_real_modemmanager_made_is_read():
    made = "0001000C9126183254769800001DD364F01804C540C4B0BC2E0EEB40F3BAFB1C4E8368311968DC06"
    assert submitted(bytes.fromhex(made)) == ("+628123456789", "SIAGA 1 Daruba: sungai 412 cm")


def members(xml: str) -> dict[str, dict[str, str]]:
    """What an object's introspection says, as the table has it."""
    found: dict[str, dict[str, str]] = {}
    for interface in ET.fromstring(xml).iter("interface"):
        rows = {each.get("name", ""): each.get("type", "") for each in interface.iter("property")}
        for method in interface.iter("method"):
            takes, gives = (
                "".join(arg.get("type", "") for arg in method.iter("arg") if (arg.get("direction") == "out") is out)
                for out in (False, True)
            )
            rows[method.get("name", "")] = f"({takes}) {gives}".strip()
        found[interface.get("name", "")] = rows
    return found
