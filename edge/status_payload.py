"""A status as bytes that fit. What is left out first, and what is kept longest:

sentences of sources ─► sources, all notes but one ─► other sentences ─► how alarms sound ─► alarms, ended ones first

An alarm that this gateway has raised is what somebody must hear of; a source's state comes with the next whole status.
"""

from collections.abc import Callable

from msgspec.structs import replace

from wire import Status, encode_status


def encoded_within(status: Status, most_bytes: int) -> bytes:
    """The status, in as many words as have room; its gateway, spool and clock are said in any case."""
    payload = encode_status(status)
    for shortened in _SHORTER:
        if len(payload) <= most_bytes:
            return payload
        status = shortened(status)
        payload = encode_status(status)
    while len(payload) > most_bytes and status.alarms:
        status = replace(status, alarms=status.alarms[:-1])  # the open ones stand first
        payload = encode_status(status)
    return payload


def _without_sentences_of_sources(status: Status) -> Status:
    return replace(status, sources=tuple(replace(source, detail="") for source in status.sources))


def _without_sources(status: Status) -> Status:
    return replace(status, sources=(), notes=status.notes[:1])


def _without_sentences(status: Status) -> Status:
    update = None if status.update is None else replace(status.update, reason="")
    return replace(status, notes=(), spool=replace(status.spool, problem=""), update=update)


def _without_sounding(status: Status) -> Status:
    return replace(status, alarms=tuple(replace(alarm, sounded_by="", problem="") for alarm in status.alarms))


_SHORTER: tuple[Callable[[Status], Status], ...] = (
    _without_sentences_of_sources,
    _without_sources,
    _without_sentences,
    _without_sounding,
)
"""In this order, until it fits."""
