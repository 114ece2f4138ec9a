"""How a gateway is doing, in a word, and why:  well < waiting < refused < trouble

well      every source is read, and the cloud has all but what came in the last minute
waiting   the cloud is not reached, or has not caught up; or the time is not known yet
refused   the cloud has what is sent, and refuses some of it
trouble   a source is silent or has failed, or the disk takes nothing: somebody should look at the gateway

The worst that holds is the word; the reasons are all of them, the worst first. The lamp, the page and
`siaga-edge status` say the same.
"""

from collections.abc import Iterator
from enum import StrEnum

from edge.control.snapshot import AgentSnapshot
from edge.refusals import FRESH_S
from i18n.message import LocalizedMessage
from wire import Clock, SourceStatus

BACKLOG_S = 60.0
"""Readings that wait for longer than this, and than they are gathered for, are a backlog."""
MOST_REASONS = 40


class GatewayCondition(StrEnum):
    """The word."""

    WELL = "well"
    WAITING = "waiting"
    REFUSED = "refused"
    TROUBLE = "trouble"


REFUSED_FOR = {
    "unknown_gateway": LocalizedMessage("unknown gateway"),
    "unknown_sensor": LocalizedMessage("unknown sensor"),
    "foreign_sensor": LocalizedMessage("the sensor belongs to another gateway"),
    "unknown_quantity": LocalizedMessage("unknown quantity"),
    "undeclared_quantity": LocalizedMessage("a quantity that this sensor is not known to measure"),
    "out_of_bounds": LocalizedMessage("no working sensor measures that"),
    "time_too_early": LocalizedMessage("time too early"),
    "time_in_future": LocalizedMessage("time in the future"),
    "store_rejected": LocalizedMessage("the server's database does not take them"),
    "rejected_by_rules": LocalizedMessage("no alarm rule judges them"),
}
"""The cloud's reasons in words."""


class GatewayVerdict:
    """What `snapshot` comes to."""

    def __init__(self, snapshot: AgentSnapshot) -> None:
        trouble, refused, waiting = (list(each(snapshot)) for each in (_trouble, _refused, _waiting))
        self.condition = (
            GatewayCondition.TROUBLE if trouble else GatewayCondition.REFUSED if refused else GatewayCondition.WELL
        )
        if waiting and self.condition is GatewayCondition.WELL:
            self.condition = GatewayCondition.WAITING
        self.reasons = [*trouble, *refused, *waiting][:MOST_REASONS]
        """Sentences, the worst first."""


def _trouble(snapshot: AgentSnapshot) -> Iterator[LocalizedMessage]:
    for source in snapshot.sources:
        if source.state is SourceStatus.FAILED:
            yield LocalizedMessage("source {name} has failed: {detail}", name=source.name, detail=source.detail)
        elif source.state is SourceStatus.SILENT:
            yield LocalizedMessage("source {name} is silent: {detail}", name=source.name, detail=source.detail)
    if snapshot.spool.problem:
        yield LocalizedMessage("the spool: {problem}", problem=snapshot.spool.problem)


def _refused(snapshot: AgentSnapshot) -> Iterator[LocalizedMessage]:
    age_s = snapshot.cloud.refused_age_s
    if age_s is not None and age_s <= FRESH_S:
        yield from refused_sentences(snapshot)


def refused_sentences(snapshot: AgentSnapshot) -> Iterator[LocalizedMessage]:
    """What the cloud has refused since the agent started."""
    if not snapshot.cloud.refused and snapshot.cloud.refused_in_all:
        yield LocalizedMessage("refused: {count} readings", count=snapshot.cloud.refused_in_all)
    for row in snapshot.cloud.refused:
        yield LocalizedMessage(
            "refused: {count} of {sensor}: {reason}",
            count=row.readings, sensor=row.sensor, reason=REFUSED_FOR.get(row.reason, row.reason),
        )  # fmt: skip


def _waiting(snapshot: AgentSnapshot) -> Iterator[LocalizedMessage]:
    link, spool = snapshot.link, snapshot.spool
    if not link.connected:
        yield LocalizedMessage("no connection to the cloud: {problem}", problem=link.problem)
    age_s = 0.0 if spool.oldest_ms is None else (snapshot.time_ms - spool.oldest_ms) / 1_000
    if age_s > BACKLOG_S + link.gathers_s:
        yield LocalizedMessage(
            "{count} readings wait to be acknowledged, the oldest for {minutes} min",
            count=spool.depth, minutes=int(age_s // 60),
        )  # fmt: skip
    if snapshot.clock.state is Clock.UNKNOWN:
        yield LocalizedMessage("the time is not known yet, so readings are marked as of unknown time")
