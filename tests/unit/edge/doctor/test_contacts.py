"""A contact without an agent: how its line stands, or why it is not given; at a simulated chip."""

import errno
import os
from typing import Any

import msgspec

from edge.doctor.contacts import of_contact
from edge.doctor.finding import CheckOutcome
from edge.gpio.configured import GpioSource, configure_gpio
from edge.settings import SourceTable
from tests.unit.edge.gpio.simulated_chip import SimulatedChip
from wire import BUILT_IN


def contact(**options: Any) -> GpioSource:
    table = SourceTable(name="door", family="gpio", sensor="box-1", options={"line": 23, **options})
    return msgspec.structs.replace(configure_gpio(table, BUILT_IN), chip=os.devnull)


def test_how_a_line_stands_is_told():
    chip = SimulatedChip()
    chip.level = 1
    found = of_contact(contact(quantity="door_open"), chip)
    assert (found.outcome, str(found.said)) == (CheckOutcome.PASS, "line 23 can be read: door_open 1")
    found = of_contact(contact(quantity="rainfall", per_pulse=0.2), chip)
    assert str(found.said) == "line 23 can be read, and stands at 1"


def test_a_line_that_another_has_is_a_failure():
    chip = SimulatedChip()
    chip.refuses = errno.EBUSY
    found = of_contact(contact(quantity="door_open"), chip)
    assert found.outcome is CheckOutcome.FAIL
    assert "in use by w1" in str(found.said)
