"""A sentence that people of another language can be told too: its English form is the key, beside what fills it.

LocalizedMessage("{field} {value:g}: must not be negative; write 0 or more", field="hysteresis", value=-3.0)
    is the str "hysteresis -3: must not be negative; write 0 or more", and keeps `form` and `values`
"""

from collections.abc import Mapping
from typing import Self


class LocalizedMessage(str):
    """The sentence in English. Whoever shows it translates `form` and fills `values` in again; one may be a Said."""

    __slots__ = ("__dict__",)
    form: str
    values: Mapping[str, object]

    def __new__(cls, form: str, /, **values: object) -> Self:
        """`form` filled with `values`; KeyError where one is missing."""
        sentence = super().__new__(cls, form.format_map(values))
        sentence.form, sentence.values = form, values
        return sentence


def unprintable(field: str) -> LocalizedMessage:
    """Why a text is refused that no channel, file and screen could carry as it is."""
    return LocalizedMessage(
        "{field}: has characters that cannot be printed; write it on one line, in plain text", field=field
    )
