"""The way to the cloud: what a running agent knows of it, or the steps of `check --connect` where none runs.

link pass  connected to broker.example.org:8883        answer pass  the cloud acknowledged 3 s ago
refused fail  12 readings of air-mraket: unknown_sensor; …
"""

from collections.abc import Iterable, Iterator

from edge.control.snapshot import AgentSnapshot
from edge.doctor.finding import CheckOutcome, Finding
from edge.refusals import next_step
from i18n.message import LocalizedMessage
from runtime.connect_step import ConnectStep
from wire import Clock

_LONG_S = 300.0
"""Without an acknowledgement while readings wait."""
_FIRST_S = 60.0
_HOUR_S = 3_600.0
_DAY_S = 86_400.0
_SOON_FULL_S = 2 * _DAY_S


def of_the_agent(snapshot: AgentSnapshot) -> Iterator[Finding]:
    """Spool, link, acks and refusals, as the agent has them."""
    yield _spool(snapshot)
    link = snapshot.link
    if link.connected:
        said = LocalizedMessage("connected to {broker}", broker=link.broker)
        yield Finding("link", "", CheckOutcome.PASS, said)
        yield _answer(snapshot)
    else:
        said = LocalizedMessage("no connection to {broker}: {problem}", broker=link.broker, problem=link.problem or "-")
        yield Finding("link", "", CheckOutcome.FAIL, said)
    for refused in snapshot.cloud.refused:
        said = LocalizedMessage(
            "{count} readings were refused ({reason}): {next_step}; what was refused is kept there",
            count=refused.readings, reason=refused.reason, next_step=next_step(refused.reason),
        )  # fmt: skip
        yield Finding("refused", refused.sensor, CheckOutcome.FAIL, said)


def _spool(snapshot: AgentSnapshot) -> Finding:
    spool = snapshot.spool
    if spool.problem:
        return Finding("spool", "", CheckOutcome.FAIL, LocalizedMessage("{problem}", problem=spool.problem))
    if spool.full_in_s is not None and spool.full_in_s < _SOON_FULL_S and not snapshot.link.connected:
        said = LocalizedMessage(
            "{depth} readings wait, and there is room for {hours:.0f} h more", depth=spool.depth,
            hours=spool.full_in_s / _HOUR_S,
        )  # fmt: skip
        return Finding("spool", "", CheckOutcome.WARN, said)
    return Finding("spool", "", CheckOutcome.PASS, LocalizedMessage("{depth} readings wait", depth=spool.depth))


def _answer(snapshot: AgentSnapshot) -> Finding:
    age_s = snapshot.link.ack_age_s
    if age_s is not None and (age_s < _LONG_S or not snapshot.spool.depth):
        return Finding(
            "answer", "", CheckOutcome.PASS, LocalizedMessage("the cloud acknowledged {age:.0f} s ago", age=age_s)
        )
    if age_s is None and snapshot.up_s < _FIRST_S:
        said = LocalizedMessage("nothing is acknowledged yet; ask again in a minute")
        return Finding("answer", "", CheckOutcome.WARN, said)
    if age_s is None and not snapshot.spool.depth:
        return Finding(
            "answer", "", CheckOutcome.WARN, LocalizedMessage("nothing was sent yet, so nothing is acknowledged")
        )
    said = LocalizedMessage(
        "the broker takes what is sent, and the cloud acknowledges nothing: on the server, `siaga-cloud health` "
        "and `siaga-cloud gateway list`"
    )
    return Finding("answer", "", CheckOutcome.FAIL, said)


def of_the_clock(snapshot: AgentSnapshot) -> Finding:
    """What the agent makes of the time."""
    clock = snapshot.clock
    said = LocalizedMessage("readings are stamped by {source}", source=clock.comes_from)
    if clock.state is Clock.UNKNOWN:
        said = LocalizedMessage(
            "the time is not known yet: readings are put right later; look at timedatectl, UDP 123, or name a receiver "
            "in [clock]"
        )
    return Finding("clock", "agent", CheckOutcome.WARN if clock.state is Clock.UNKNOWN else CheckOutcome.PASS, said)


def of_the_steps(steps: Iterable[ConnectStep]) -> Iterator[Finding]:
    """The steps of a try, as findings: the last is the ack from end to end."""
    for step in steps:
        outcome = CheckOutcome.PASS if step.ok else CheckOutcome.FAIL
        said = step.said if isinstance(step.said, LocalizedMessage) else LocalizedMessage("{text}", text=step.said)
        yield Finding("link", step.name, outcome, said)
