"""A contact at a line of a GPIO chip, looked at while no agent has it: door  pass  line 23 can be read: door_open 1."""

import fcntl
import os

from edge.doctor.finding import CheckOutcome, Finding
from edge.gpio.abi import Ioctl
from edge.gpio.configured import GpioSource
from edge.gpio.line import is_on, opened_line
from edge.gpio.source import request_of, why_not
from i18n.message import LocalizedMessage


def of_contact(source: GpioSource, ioctl: Ioctl = fcntl.ioctl) -> Finding:
    """How the line stands, or why it is not given."""
    try:
        descriptor = opened_line(source.chip, request_of(source), ioctl)
        try:
            level = int(is_on(descriptor, ioctl))
        finally:
            os.close(descriptor)
    except OSError as error:
        said = LocalizedMessage("is not there: {detail}", detail=why_not(error, source, ioctl))
        return Finding("source", source.name, CheckOutcome.FAIL, said)
    if source.per_pulse:
        said = LocalizedMessage("line {line} can be read, and stands at {level}", line=source.line, level=level)
    else:
        said = LocalizedMessage(
            "line {line} can be read: {quantity} {level}", line=source.line, quantity=source.quantity, level=level
        )
    return Finding("source", source.name, CheckOutcome.PASS, said)
