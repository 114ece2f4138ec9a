"""Why a rule may not stand, as data: the field to look at, and the sentence about it.

ValidationProblem("{field} {value:g}: must not be negative; write 0 or more", field="hysteresis", value=-3.0)
    is the text "hysteresis -3: must not be negative; write 0 or more", and keeps `field`, `form` and `values`
"""

from typing import Self

from i18n.message import LocalizedMessage


class ValidationProblem(LocalizedMessage):
    """A sentence that knows its field: hysteresis, levels[0].limit, also.sensor; family, scope, reason of a version."""

    field: str

    def __new__(cls, form: str, /, *, field: str, at: str = "", **values: object) -> Self:
        """Fill `form` with `field` and `values`; `at` is the field to look at where the sentence names a wider one."""
        problem = super().__new__(cls, form, field=field, **values)
        problem.field = at or field
        return problem


def level_field(number: int, part: str) -> str:
    """The field of one part of a level, the first of which has the number 0: levels[0].limit."""
    return f"levels[{number}].{part}"
