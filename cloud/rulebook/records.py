"""What the rulebook hands out: versions of rules, and why a change of them cannot be made.

RuleVersion(family="river-level", scope="site:daruba", version=3, fields={"levels": […]}, author="ani", …)
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from rules.problem import ValidationProblem


class RuleVersion(msgspec.Struct, frozen=True):
    """One version of what a scope says of a rule family; `fields` are those of `Rule` that it sets, as JSON has them.

    Of the versions whose `valid_from_ms` has come, the one with the highest number holds. `removed`: from it on the
    scope says nothing. Times in UTC milliseconds.
    """

    family: str
    scope: str
    version: int
    fields: dict[str, Any]
    removed: bool
    valid_from_ms: int
    at_ms: int
    author: str
    reason: str


class ScopeChange(msgspec.Struct, frozen=True):
    """What a scope shall set of a family: `fields` as JSON has them, None where it shall say nothing any more."""

    family: str
    scope: str
    fields: dict[str, Any] | None


class RuleRejected(Exception):
    """A change of the rules that cannot be made; `problems` has each thing that is wrong with it."""

    def __init__(self, problems: Sequence[ValidationProblem]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


class ChangedMeanwhile(RuleRejected):
    """A change of what somebody else has changed since it was looked at; `newest` is their version."""

    def __init__(self, newest: RuleVersion) -> None:
        super().__init__(
            [
                ValidationProblem(
                    "rule {family}@{scope}: {person} has saved version {version} meanwhile; look at it first",
                    field="version",
                    family=newest.family,
                    scope=newest.scope,
                    person=newest.author,
                    version=newest.version,
                )
            ]
        )
        self.newest = newest
