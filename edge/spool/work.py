"""What the spool and its file say to each other: work to do, what was found, what went wrong."""

import msgspec

from edge.spool.mark import Forced
from edge.spool.spans import Span, Spans
from wire import Lost, Reading


class Origin(msgspec.Struct, frozen=True):
    """This start of the agent: a new stream, the machine's boot, and UTC minus uptime when the stream began, in ms."""

    stream: str
    boot: str
    offset_ms: int


class DiskProblem(Exception):
    """The disk does not take or give it now; keep what you have and try again."""


class FileDamaged(Exception):
    """The file's content is broken: `salvage` is next."""


class Former(msgspec.Struct):
    """What an earlier start of the agent has left of its stream."""

    stream: str
    boot: str
    origin_ms: int
    last: int
    spans: Spans


class Opened(msgspec.Struct):
    """What was found in the file; `damage` is a sentence where it had to be salvaged."""

    formers: list[Former]
    losses: list[Lost]
    ever_lost: int
    kept: dict[str, str]
    damage: str = ""


class Shift(msgspec.Struct, frozen=True):
    """Of `stream`, the readings in `runs` whose clock is unknown move by `shift_ms` and count as estimated."""

    stream: str
    shift_ms: int
    runs: tuple[tuple[int, int], ...]


class Work(msgspec.Struct):
    """What the file lacks; doing it twice changes nothing. `runs` are (first seq, readings) of `stream`."""

    stream: str
    boot: str
    origin_ms: int
    last: int
    runs: list[tuple[int, list[Reading]]]
    forget: list[Span]
    losses: tuple[Lost, ...] | None
    ever_lost: int
    kept: dict[str, str]
    shifts: list[Shift]
    finished: list[str]


def unaccounted(opened: Opened, mark: dict[str, Forced]) -> list[Span]:
    """What was there once and is not now: all of a damaged file's gaps, or the forced end that a sound file lacks.

    The cloud takes off what it has received, so a gap that was acknowledged may be declared as well.
    """
    formers = {former.stream: former for former in opened.formers}
    spans: list[Span] = []
    for stream in {**formers, **mark}:
        former = formers.get(stream)
        last = former.last if former else 0
        low, high = mark.get(stream, Forced(1, last))
        if opened.damage:
            gone = Spans([(low, max(high, last))]).without(former.spans if former else Spans())
        else:
            gone = Spans([(max(low, last + 1), high)])
        spans += [Span(stream, *run) for run in gone]
    return spans
