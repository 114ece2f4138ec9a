"""Texts that people of another language can be told too: the English form is the key, beside what fills it.

LocalizedMessage("{field} {value:g}: must not be negative; write 0 or more", field="hysteresis", value=-3.0)
    is the str "hysteresis -3: must not be negative; write 0 or more", and keeps `form` and `values`
in_context("dashboards", "Open")        a word that is another one there: "Buka", where alarms are "Berlangsung"
Bilingual("Water level", "Tinggi muka air")        a row of a table that has both, such as an official name
MessageTime(1795489800000, "2026-11-24T03:10:00.000Z")   is told by the clock of the city where a person reads it
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Self

import msgspec


class LocalizedMessage(str):
    """A text in English. `Catalog.said` translates `form` and fills `values` in again; one may be a message itself."""

    __slots__ = ("__dict__",)
    form: str
    values: Mapping[str, object]
    context: str = ""
    """Where the same English is another text: gettext's message context."""

    def __new__(cls, form: str, /, **values: object) -> Self:
        """`form` filled with `values`; KeyError where one is missing."""
        sentence = super().__new__(cls, form.format_map(values))
        sentence.form, sentence.values = form, values
        return sentence

    def with_texts(self, change: Callable[[str], str]) -> "LocalizedMessage":
        """The same message with `change` made to each text that fills it, such as to take a secret out."""
        return self._changed(lambda value: change(value) if isinstance(value, str) else value)

    def with_times(self, change: "Callable[[MessageTime], str]") -> "LocalizedMessage":
        """The same message with what `change` writes in place of each moment, such as by the clock of a place."""
        return self._changed(lambda value: change(value) if isinstance(value, MessageTime) else value)

    def _changed(self, change: Callable[[object], object]) -> "LocalizedMessage":
        values = {
            name: value._changed(change) if isinstance(value, LocalizedMessage) else change(value)
            for name, value in self.values.items()
        }
        message = LocalizedMessage(self.form, **values)
        message.context = self.context
        return message


class Bilingual(msgspec.Struct, frozen=True):
    """A text of which both languages are known where it is made."""

    english: str
    indonesian: str

    def __str__(self) -> str:
        """The English one, as in a message that it fills."""
        return self.english


class MessageTime(msgspec.Struct, frozen=True):
    """A moment that fills a message: its UTC ms, and how it is written where nobody knows a clock to tell it by."""

    time_ms: int
    text: str

    def __str__(self) -> str:
        """The text, as in a message that it fills."""
        return self.text


def in_context(context: str, form: str, /, **values: object) -> LocalizedMessage:
    """A message with a translation of its own in `context`."""
    message = LocalizedMessage(form, **values)
    message.context = context
    return message


def located(place: str, sentence: str) -> LocalizedMessage:
    """A sentence after the place that it is about: "edge.toml: …", "uplink.port: …"."""
    return LocalizedMessage("{place}: {sentence}", place=place, sentence=sentence)


def joined(sentences: Sequence[str]) -> str:
    """Several sentences as one, with semicolons between them; empty where there is none."""
    if not sentences:
        return ""
    told = sentences[0]
    for sentence in sentences[1:]:
        told = LocalizedMessage("{before}; {sentence}", before=told, sentence=sentence)
    return told


def listed(parts: Sequence[str]) -> str:
    """Several parts of one sentence, with commas between them."""
    return reduce(lambda before, one: LocalizedMessage("{before}, {one}", before=before, one=one), parts)


def first_of(sentences: Sequence[str], *, most: int) -> str:
    """The first `most` sentences as one, and how many more there are."""
    told, rest = joined(sentences[:most]), len(sentences) - most
    return LocalizedMessage("{before}; and {count} more", before=told, count=rest) if rest > 0 else told


def first_names(names: Sequence[str], *, most: int) -> str:
    """The first `most` names with commas between them, and how many more there are."""
    told, rest = ", ".join(names[:most]), len(names) - most
    return LocalizedMessage("{names} and {count} more", names=told, count=rest) if rest > 0 else told


def sentence_of(error: Exception) -> str:
    """What an error says: the message that it was raised with, which its own text has no form of."""
    said = error.args[0] if error.args else ""
    return said if isinstance(said, LocalizedMessage) else str(error)


def unprintable(field: str) -> LocalizedMessage:
    """Why a text is refused that no channel, file and screen could carry as it is."""
    return LocalizedMessage(
        "{field}: has characters that cannot be printed; write it on one line, in plain text", field=field
    )
