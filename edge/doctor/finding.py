"""What the doctor finds:  pass, warn or fail, of what, and in a sentence why and what to do.

{"v":1,"gateway":"gw-daruba","agent_runs":true,"outcome":"warn",
 "findings":[{"check":"disk","about":"/var/lib/siaga","outcome":"pass","said":"4,120 MB are free"}, …]}
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from i18n.message import LocalizedMessage, in_context

VERSION = 1


class CheckOutcome(StrEnum):
    """How a check ended; a warning is something to look at that costs nothing now."""

    PASS = "pass"  # noqa: S105 - no password
    WARN = "warn"
    FAIL = "fail"


CHECKS = {
    "settings": in_context("doctor", "settings"),
    "agent": in_context("doctor", "agent"),
    "disk": in_context("doctor", "disk"),
    "card": in_context("doctor", "card"),
    "clock": in_context("doctor", "clock"),
    "power": in_context("doctor", "power"),
    "update": in_context("doctor", "update"),
    "source": in_context("doctor", "source"),
    "spool": in_context("doctor", "spool"),
    "link": in_context("doctor", "link"),
    "answer": in_context("doctor", "answer"),
    "refused": in_context("doctor", "refused"),
    "modem": in_context("doctor", "modem"),
    "quota": in_context("doctor", "quota"),
    "sms": in_context("doctor", "SMS"),
}
"""What is checked, as people read it; the keys are those of the JSON, and stay."""
MARKS = {
    CheckOutcome.PASS: in_context("step", "ok"),
    CheckOutcome.WARN: in_context("step", "WARN"),
    CheckOutcome.FAIL: in_context("step", "FAILED"),
}


class Finding(msgspec.Struct, frozen=True):
    """A check, what it was about ("" where there is but one), how it ended, and a sentence."""

    check: str
    about: str
    outcome: CheckOutcome
    said: LocalizedMessage


def worst_of(findings: Sequence[Finding]) -> CheckOutcome:
    """How all of it ended."""
    return max((finding.outcome for finding in findings), key=list(CheckOutcome).index, default=CheckOutcome.PASS)


def as_json(findings: Sequence[Finding], *, gateway: str, agent_runs: bool) -> bytes:
    """One line, in English."""
    rows = [
        {"check": one.check, "about": str(one.about), "outcome": one.outcome, "said": str(one.said)} for one in findings
    ]
    document = {
        "v": VERSION, "gateway": gateway, "agent_runs": agent_runs, "outcome": worst_of(findings), "findings": rows,
    }  # fmt: skip
    return msgspec.json.encode(document)
