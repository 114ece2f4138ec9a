"""What can be asked on the control socket: a row and a file each.

REQUESTS["status"] = "edge.control.status"      its `respond(agent, request)` gives the answers, one or many

A file is loaded when its request comes for the first time: most agents are asked nothing for months.
"""

import importlib
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from edge.control.lines import BadLine

if TYPE_CHECKING:
    from edge.alarms.local_alarms import LocalAlarmsPart
    from edge.check import CheckedSettings
    from edge.modem.part import ModemPart
    from edge.rates import Throughput
    from edge.refusals import Refusals
    from edge.source_manager import SourceManager
    from edge.spool.spooler import Spooler
    from edge.stamping import Stamper
    from edge.timekeeping import Timekeeper
    from edge.uplink import Uplink
    from runtime.mqtt import MqttSession
    from wire.gateway_update import UpdateStatus

REQUESTS = {
    "read": "edge.control.read",
    "status": "edge.control.status",
}


class RunningAgent(NamedTuple):
    """The parts of the running agent that a request may look at; `checked` are the settings in force."""

    gateway: str
    version: str
    started_s: float
    """Monotonic, on the loop's clock."""
    checked: "Callable[[], CheckedSettings]"
    notes: Callable[[], tuple[str, ...]]
    spooler: "Spooler"
    uplink: "Uplink"
    session: "MqttSession"
    sources: "SourceManager"
    stamper: "Stamper"
    time: "Timekeeper"
    refusals: "Refusals"
    throughput: "Throughput"
    alarms: "Callable[[], LocalAlarmsPart | None]"
    """The part that raises alarms, from when somebody wants it."""
    update: "Callable[[], UpdateStatus | None]"
    modem: "Callable[[], ModemPart | None]"
    """What asks for the modem, where there is one."""


Responder = Callable[[RunningAgent, dict[str, Any]], AsyncGenerator[msgspec.Struct, None]]


def responder_of(request: dict[str, Any]) -> Responder:
    """What answers `request`; BadLine where nothing does."""
    name = request["request"]
    if name not in REQUESTS:
        raise BadLine(f"there is no request {name[:40]!r}; there are: {', '.join(sorted(REQUESTS))}")
    responder: Responder = importlib.import_module(REQUESTS[name]).respond
    return responder


async def respond(agent: RunningAgent, request: dict[str, Any]) -> AsyncGenerator[msgspec.Struct, None]:
    """The answers to `request`; BadLine where there are none."""
    async for answer in responder_of(request)(agent, request):
        yield answer
