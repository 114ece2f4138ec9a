"""Sentences over the feed: with their form and what fills it, so that screens say them in their reader's language.

sentence_to_tell(LocalizedMessage("online: {online} of {count}", online=2, count=3))
    ─► ToldSentence("online: {online} of {count}", {"online": 2, "count": 3}) ─► sentence_heard(…) ─► the same message
"""

import msgspec

from cloud.core.health import Component, Condition
from cloud.core.times import message_time
from i18n.message import LocalizedMessage, MessageTime, in_context


class ToldSentence(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message as it goes over the feed: its moments are apart, in UTC ms; other values may be messages themselves."""

    form: str
    values: "dict[str, str | int | float | ToldSentence]" = {}
    context: str = ""
    moments: dict[str, int] = {}


def sentence_to_tell(sentence: str) -> str | ToldSentence:
    """What goes over the feed of a sentence: a plain text as it is."""
    if not isinstance(sentence, LocalizedMessage):
        return str(sentence)
    moments = {name: value.time_ms for name, value in sentence.values.items() if isinstance(value, MessageTime)}
    values = {name: _value(value) for name, value in sentence.values.items() if name not in moments}
    return ToldSentence(sentence.form, values, sentence.context, moments)


def sentence_heard(said: str | ToldSentence) -> str:
    """The sentence of which `sentence_to_tell` made this."""
    if isinstance(said, str):
        return said
    values = {
        name: sentence_heard(value) if isinstance(value, ToldSentence) else value for name, value in said.values.items()
    }
    moments = {name: message_time(time_ms) for name, time_ms in said.moments.items()}
    return in_context(said.context, said.form, **values, **moments)


def _value(value: object) -> str | int | float | ToldSentence:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return sentence_to_tell(value) if isinstance(value, str) else str(value)


class ToldComponent(msgspec.Struct, frozen=True):
    """A part of health as it goes over the feed."""

    status: Condition
    said: str | ToldSentence

    @classmethod
    def of(cls, component: Component) -> "ToldComponent":
        """What goes over the feed of a part."""
        return cls(component.status, sentence_to_tell(component.detail))

    @property
    def component(self) -> Component:
        """The part that was told."""
        return Component(self.status, sentence_heard(self.said))
