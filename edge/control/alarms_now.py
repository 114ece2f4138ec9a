"""The alarms that the gateway has raised by itself, and its outputs, as a snapshot has them.

Loaded where the part that raises alarms is: most gateways have none.
"""

from edge.alarms.local_alarms import LocalAlarmsPart, call_of
from edge.control.snapshot import AlarmNow, OutputNow, SmsNow
from i18n.message import Bilingual
from wire import QuantityTable
from wire.local_alarms import MOST_ALARMS


def alarms_now(part: LocalAlarmsPart, quantities: QuantityTable) -> tuple[AlarmNow, ...]:
    """Those that are open, the worst first."""
    told = {(each.family, each.sensor, each.opened_ms): each for each in part.alarms}
    shown = []
    for alarm in sorted(part.open_alarms(), key=lambda each: -each.level.severity.rank)[:MOST_ALARMS]:
        family, sensor = alarm.bound.family, alarm.bound.watched.sensor
        quantity, text = alarm.bound.watched.rule.quantity, call_of(alarm).text
        unit = quantities[quantity].unit if quantity in quantities else ""
        said = told.get((family, sensor, alarm.opened_ms))
        sounded = (0, "", "", 0) if said is None else (said.sounded_ms, said.sounded_by, said.problem, said.texted)
        words = Bilingual(text["en"], text["id"])
        shown.append(AlarmNow(family, sensor, words, quantity, alarm.value, unit, alarm.opened_ms, *sounded))
    return tuple(shown)


def outputs_now(part: LocalAlarmsPart) -> tuple[OutputNow, ...]:
    """Each output: whether it has to be on, and what it answered."""
    driven = [
        OutputNow(
            each.name, each.duty.on, each.is_unsettled, "" if each.is_unsettled else each.problem, each.test_problem
        )
        for each in part.drivers
    ]
    texting = [
        OutputNow(
            each.name, on=False, problem=each.problem if each.waiting or each.given_up else "",
            sms=SmsNow(each.sent, each.waiting, each.given_up),
        )
        for each in part.senders
    ]  # fmt: skip
    return (*driven, *texting)
