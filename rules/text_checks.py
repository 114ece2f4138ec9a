"""What may stand in a text and in a time that people write: the checks that all parts of a rule share.

text_problems("title", text, 120) -> ["title 'abc'…: has 700 characters; write at most 120"]
"""

from collections.abc import Iterator

from i18n.catalog import N_
from i18n.message import unprintable
from rules.problem import ValidationProblem
from wire import is_printable

NO_SUCH_TIME = N_("{field} {value:g}: is no such time; write seconds from {least} to {most:.0f}")
LONGEST_S = 31 * 86_400.0


def text_problems(field: str, text: str, longest: int) -> Iterator[ValidationProblem]:
    """Why people may not write `text` there: it is too long, or nothing could carry it as it is."""
    if not is_printable(text):
        yield ValidationProblem(unprintable(field).form, field=field)
    if len(text) > longest:
        yield ValidationProblem(
            "{field} {text!r}…: has {n} characters; write at most {longest}",
            field=field,
            text=text[:20],
            n=len(text),
            longest=longest,
        )


def no_time(field: str, value: float, *, least: int, most: float) -> ValidationProblem:
    """The problem of a number of seconds that is too few or too many."""
    return ValidationProblem(
        NO_SUCH_TIME,
        field=field,
        value=value,
        least=least,
        most=most,
    )
