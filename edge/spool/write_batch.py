"""What the spool and its file say to each other: work to do, what was found, what went wrong."""

import msgspec

from edge.spool.spans import SeqRange, Spans
from edge.spool.sync_checkpoint import Forced
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


class PreviousStream(msgspec.Struct):
    """What an earlier start of the agent has left of its stream; `expected` should be here, where that is known."""

    stream: str
    boot: str
    origin_ms: int
    last: int
    spans: Spans
    expected: Spans | None = None


class OpenedSpool(msgspec.Struct):
    """What was found in the file; `damage` is a sentence where it had to be salvaged."""

    previous: list[PreviousStream]
    losses: list[Lost]
    ever_lost: int
    kept: dict[str, str]
    damage: str = ""


class TimeCorrection(msgspec.Struct, frozen=True):
    """Of `stream`, the readings in `runs` whose clock is unknown move by `shift_ms` and count as estimated."""

    stream: str
    shift_ms: int
    runs: tuple[tuple[int, int], ...]


class WriteBatch(msgspec.Struct):
    """What the file lacks; doing it twice changes nothing. `runs` are (first seq, readings) of `stream`.

    `here` is all that the file holds of a stream once this is done, for each stream of which that changed.
    """

    stream: str
    boot: str
    origin_ms: int
    last: int
    runs: list[tuple[int, list[Reading]]]
    forget: list[SeqRange]
    losses: tuple[Lost, ...] | None
    ever_lost: int
    kept: dict[str, str]
    corrections: list[TimeCorrection]
    finished: list[str]
    here: dict[str, Spans] = {}


def unaccounted(opened: OpenedSpool, checkpoint: dict[str, Forced]) -> list[SeqRange]:
    """What was there once and is not now, as the file itself and the sync checkpoint have it.

    Where a damaged file does not say what should be here, all gaps count: the cloud takes off what it has received.
    What the file has declared lost already is accounted for.
    """
    previous = {earlier.stream: earlier for earlier in opened.previous}
    lost: dict[str, Spans] = {}
    for loss in opened.losses:
        lost.setdefault(loss.stream, Spans()).add(loss.first, loss.last)
    return [
        SeqRange(stream, *run)
        for stream in {**previous, **checkpoint}
        for run in _gone(previous.get(stream), checkpoint.get(stream), damaged=bool(opened.damage)).without(
            lost.get(stream, Spans())
        )
    ]


def _gone(earlier: PreviousStream | None, forced: Forced | None, *, damaged: bool) -> Spans:
    last, spans, expected = (earlier.last, earlier.spans, earlier.expected) if earlier else (0, Spans(), None)
    low, high = forced or Forced(1, last)
    if expected is None:
        expected = Spans([(low, last)]) if damaged else Spans()
    should_be = Spans(expected)
    should_be.add(max(low, last + 1), high)
    return should_be.without(spans)
