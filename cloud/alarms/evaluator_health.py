"""How evaluating the rules is doing, in words for health: what passes by itself, and what is a mistake of ours.

report("…; alarms wait for it") ─► degraded, until report("")       report_fault(…) ─► degraded, until a restart
"""

import logging
from collections.abc import Iterable

from cloud.alarms.evaluation_plan import Series, SeriesFault
from cloud.core.health import Component, Condition
from cloud.core.series import in_words
from i18n.message import LocalizedMessage, sentence_of

_log = logging.getLogger(__name__)


class EvaluatorHealth:
    """What is wrong with the evaluation of the rules; the log has each problem once."""

    def __init__(self) -> None:
        self._problem = ""
        self._fault = ""

    def report_wait(self, error: Exception) -> None:
        """Take in that database or store keep the rules from being evaluated."""
        self.report(LocalizedMessage("{problem}; alarms wait for it", problem=sentence_of(error)))

    def report_failure(self, error: Exception) -> None:
        """Take in that a tick failed in a way that nobody foresaw."""
        said = LocalizedMessage("the watch failed with {error}; its log has the details", error=type(error).__name__)
        self.report(said)

    def report(self, problem: str) -> None:
        """Take in what keeps the rules from being evaluated; nothing does where it is empty."""
        if problem and problem != self._problem:
            _log.warning("%s", problem)
        self._problem = problem

    def report_fault(self, fault: SeriesFault) -> None:
        """Take in a series that the rules could not be run on."""
        self._fault = LocalizedMessage(
            "the rules on {quantity} of sensor {sensor} fail with {error}",
            quantity=fault.quantity, sensor=fault.sensor, error=type(fault.error).__name__,
        )  # fmt: skip
        _log.error("%s; its readings are kept all the same", self._fault, exc_info=fault.error)

    def component(self, blind: Iterable[Series], *, families: int, open_alarms: int) -> Component:
        """How it is doing, where the rules see nothing of the `blind` series."""
        if self._problem:
            return Component(Condition.DEGRADED, self._problem)
        if self._fault:
            said = LocalizedMessage("{fault}; the log has the details", fault=self._fault)
            return Component(Condition.DEGRADED, said)
        unseen = list(blind)
        if unseen:
            said = LocalizedMessage(
                "rules see nothing of {series}: the readings are refused, or left out for their marks",
                series=in_words(unseen),
            )
            return Component(Condition.DEGRADED, said)
        said = LocalizedMessage(
            "families of rules: {families}, open alarms: {alarms}", families=families, alarms=open_alarms
        )
        return Component(Condition.OK, said)
