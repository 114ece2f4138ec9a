"""A message as it is kept in a database: with its form and what fills it, so that it is read in any language later.

packed(LocalizedMessage("sensor {sensor} is new", sensor="air")) ─► '{"form":"sensor {sensor} is new","values":{…}}'
unpacked(that) ─► the same message            unpacked("sensor air is new") ─► itself: what was kept as English before
"""

from collections.abc import Mapping
from typing import Union

import msgspec

from i18n.message import LocalizedMessage

_BEGINNING = '{"form":'


class _Kept(msgspec.Struct, frozen=True):
    form: str
    values: Mapping[str, Union[str, int, float, "_Kept"]]
    context: str = ""


_READ = msgspec.json.Decoder(_Kept)


def packed(text: str) -> str:
    """Write a message with its form; a plain text as it is."""
    if isinstance(text, LocalizedMessage):
        return msgspec.json.encode(_kept(text)).decode()
    return packed(LocalizedMessage("{text}", text=text)) if text.startswith(_BEGINNING) else text


def unpacked(kept: str) -> str:
    """Read what `packed` has written, and any other text as it is."""
    if not kept.startswith(_BEGINNING):
        return kept
    try:
        return _message(_READ.decode(kept))
    except (msgspec.MsgspecError, LookupError, ValueError):
        return kept


def _kept(message: LocalizedMessage) -> _Kept:
    return _Kept(message.form, {name: _value(value) for name, value in message.values.items()}, message.context)


def _value(value: object) -> str | int | float | _Kept:
    if isinstance(value, LocalizedMessage):
        return _kept(value)
    return value if isinstance(value, int | float) else str(value)


def _message(kept: _Kept) -> LocalizedMessage:
    values = {name: _message(value) if isinstance(value, _Kept) else value for name, value in kept.values.items()}
    message = LocalizedMessage(kept.form, **values)
    message.context = kept.context
    return message
