"""The word for how a gateway is doing, and the reasons."""

import msgspec
import pytest

from edge.control.condition import REFUSED_FOR, GatewayCondition, GatewayVerdict
from edge.control.snapshot import AgentSnapshot, CloudNow, LinkNow, SourceNow, SpoolNow
from edge.refusals import FRESH_S, NEXT_STEP
from tests.unit.edge.control.snapshots import NOW_MS, snapshot
from wire import Clock, SourceStatus

MIB = 2**20


def link(**how: object) -> LinkNow:
    return msgspec.structs.replace(snapshot().link, **how)


def waiting_since(age_s: float) -> SpoolNow:
    return SpoolNow(40, 1_000, MIB, MIB, oldest_ms=NOW_MS - int(age_s * 1_000))


WELL = snapshot(cloud=CloudNow(NOW_MS, 10))
CASES = [
    (WELL, GatewayCondition.WELL, ""),
    (snapshot(), GatewayCondition.REFUSED, "refused: 12 of air-mraket: unknown sensor"),
    (snapshot(cloud=CloudNow(NOW_MS, 10, (), 3, 1.0)), GatewayCondition.REFUSED, "refused: 3 readings"),
    (snapshot(cloud=msgspec.structs.replace(snapshot().cloud, refused_age_s=FRESH_S + 1)), GatewayCondition.WELL, ""),
    (
        msgspec.structs.replace(WELL, link=link(connected=False, problem="broker x:1883: Connection refused")),
        GatewayCondition.WAITING,
        "no connection to the cloud: broker x:1883: Connection refused",
    ),
    (msgspec.structs.replace(WELL, spool=waiting_since(59)), GatewayCondition.WELL, ""),
    (
        msgspec.structs.replace(WELL, spool=waiting_since(125)),
        GatewayCondition.WAITING,
        "40 readings wait to be acknowledged, the oldest for 2 min",
    ),
    (msgspec.structs.replace(WELL, spool=waiting_since(125), link=link(gathers_s=300.0)), GatewayCondition.WELL, ""),
    (
        msgspec.structs.replace(WELL, clock=msgspec.structs.replace(WELL.clock, state=Clock.UNKNOWN)),
        GatewayCondition.WAITING,
        "the time is not known yet, so readings are marked as of unknown time",
    ),
    (
        snapshot(sources=(SourceNow("river", SourceStatus.SILENT, "nothing heard for 60 s"),)),
        GatewayCondition.TROUBLE,
        "source river is silent: nothing heard for 60 s",
    ),
    (
        snapshot(sources=(SourceNow("river", SourceStatus.FAILED, "/dev/x has gone"),)),
        GatewayCondition.TROUBLE,
        "source river has failed: /dev/x has gone",
    ),
    (
        snapshot(spool=SpoolNow(0, 0, MIB, 0, problem="disk is full")),
        GatewayCondition.TROUBLE,
        "the spool: disk is full",
    ),
]


@pytest.mark.parametrize(("given", "condition", "first"), CASES)
def test_the_worst_that_holds_is_the_word(given: AgentSnapshot, condition: GatewayCondition, first: str):
    verdict = GatewayVerdict(given)
    assert (verdict.condition, next(iter(verdict.reasons), "")) == (condition, first)


def test_a_source_that_begins_is_no_trouble():
    begins = SourceNow("river", SourceStatus.STARTING, "open, nothing heard yet")
    assert GatewayVerdict(msgspec.structs.replace(WELL, sources=(begins,))).condition is GatewayCondition.WELL


def test_what_is_worse_comes_first_and_nothing_is_left_out():
    silent = SourceNow("river", SourceStatus.SILENT, "nothing heard")
    verdict = GatewayVerdict(snapshot(sources=(silent,), link=link(connected=False, problem="away")))
    assert [str(reason).split(" ")[0] for reason in verdict.reasons] == ["source", "refused:", "no"]


def test_each_reason_of_the_cloud_has_words_and_a_next_step():
    assert REFUSED_FOR.keys() == NEXT_STEP.keys()
