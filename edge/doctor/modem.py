"""The modem: is ModemManager there, the SIM unlocked, a network found, can SMS go out? Asked here, agent or not.

modem pass  SIM7600G-H: TELKOMSEL, 4G, signal 64 %        sms fail  the SIM is locked by its SIM-PIN; …
"""

import asyncio
from collections.abc import Iterator

from edge.control.snapshot import ModemNow
from edge.doctor.finding import CheckOutcome, Finding
from edge.modem.bus import ModemManagerBus, ModemProblem
from edge.modem.view import ModemView, problem_of, sms_problem_of
from i18n.message import LocalizedMessage

_LOW_PERCENT = 10.0


def of_the_modem(known: ModemNow | None, *, sends_sms: bool) -> Iterator[Finding]:
    """What ModemManager says now; `known` is what a running agent has counted, `sends_sms` whether SMS are wanted."""
    try:
        view, problem = asyncio.run(_poll()), None
    except ModemProblem as error:
        view, problem = None, error.problem
    wrong = problem or problem_of(view)
    if wrong is not None:
        yield Finding("modem", "", CheckOutcome.FAIL, wrong)
    elif view is not None:
        yield Finding("modem", view.model, CheckOutcome.WARN if view.is_roaming else CheckOutcome.PASS, _network(view))
    if sends_sms:
        yield _sms(problem or sms_problem_of(view))
    if known is not None and known.left_percent is not None:
        outcome = CheckOutcome.WARN if known.left_percent < _LOW_PERCENT else CheckOutcome.PASS
        said = LocalizedMessage("{percent:.0f} percent of the plan's data are left", percent=known.left_percent)
        yield Finding("quota", "", outcome, said)


async def _poll() -> ModemView | None:
    bus = ModemManagerBus()
    try:
        return await bus.poll()
    finally:
        await bus.close()


def _network(view: ModemView) -> LocalizedMessage:
    network = LocalizedMessage(
        "{operator}, {generation}G", operator=view.operator or "–", generation=view.generation or "?"
    )
    if view.is_roaming:
        return LocalizedMessage("roaming: {network}, which may cost more", network=network)
    if view.quality is None:
        return network
    return LocalizedMessage("{network}, signal {percent:.0f} %", network=network, percent=view.quality)


def _sms(wrong: LocalizedMessage | None) -> Finding:
    if wrong is not None:
        return Finding("sms", "", CheckOutcome.FAIL, wrong)
    said = LocalizedMessage("SMS can go out; to be sure send one: siaga-edge sms test NUMBER")
    return Finding("sms", "", CheckOutcome.PASS, said)
