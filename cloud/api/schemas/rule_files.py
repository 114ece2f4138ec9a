"""What the API answers of a file of rules: what it would change or has changed, and what speaks against it.

{"applied": false, "count": 2, "differences": [{"family": "river-level", "scope": "all", …}], "problems": [], …}
"""

from typing import Any

from pydantic import Field

from cloud.api.schemas.base import AnswerModel

_SETS = Field(description="what the scope sets; null: nothing of the family")


class RuleDifferenceAnswer(AnswerModel):
    """What a scope sets of a family, before and after."""

    family: str
    scope: str
    line: int | None = Field(description="of the file, where its table begins; null where the file does not have it")
    before: dict[str, Any] | None = _SETS
    after: dict[str, Any] | None = _SETS


class RuleFileProblem(AnswerModel):
    """Why the file cannot be taken over, and in which line to look."""

    line: int | None
    sentence: str


class RulesImportAnswer(AnswerModel):
    """A comparison with what holds; `applied` where it has been made to hold. Of `count` differences the first 500."""

    applied: bool
    count: int
    differences: list[RuleDifferenceAnswer]
    problems: list[RuleFileProblem]
    seen: int = Field(description="stands for the rules that it was compared with: give it back when applying")
