"""How evaluating the rules is doing, in words for health: what passes by itself, and what is a mistake of ours.

report("…; alarms wait for it") ─► degraded, until report("")       report_fault(…) ─► degraded, until a restart
"""

import logging
from collections.abc import Iterable

from cloud.alarms.evaluation_plan import Series, SeriesFault
from cloud.core.health import Component, Condition
from cloud.core.series import in_words

_log = logging.getLogger(__name__)


class EvaluatorHealth:
    """What is wrong with the evaluation of the rules; the log has each problem once."""

    def __init__(self) -> None:
        self._problem = ""
        self._fault = ""

    def report(self, problem: str) -> None:
        """Take in what keeps the rules from being evaluated; nothing does where it is empty."""
        if problem and problem != self._problem:
            _log.warning("%s", problem)
        self._problem = problem

    def report_fault(self, fault: SeriesFault) -> None:
        """Take in a series that the rules could not be run on."""
        self._fault = f"the rules on {fault.quantity} of sensor {fault.sensor} fail with {type(fault.error).__name__}"
        _log.error("%s; its readings are kept all the same", self._fault, exc_info=fault.error)

    def component(self, blind: Iterable[Series], *, families: int, open_alarms: int) -> Component:
        """How it is doing, where the rules see nothing of the `blind` series."""
        if self._problem or self._fault:
            return Component(Condition.DEGRADED, self._problem or f"{self._fault}; the log has the details")
        unseen = list(blind)
        if unseen:
            said = f"rules see nothing of {in_words(unseen)}: the readings are refused, or left out for their marks"
            return Component(Condition.DEGRADED, said)
        return Component(Condition.OK, f"families of rules: {families}, open alarms: {open_alarms}")
