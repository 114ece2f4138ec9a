"""Which reading is where, as ranges of seq; pure, no reading itself is here.

    outstanding = waiting (backlog, never sent) + again (sent, no ack came) + in flight + live (not sent yet, young)

Live readings are the end of the present stream. A range that was sent once is sent again as the same range, so that
the cloud can tell a repetition from news.
"""

from collections.abc import Iterable, Iterator

import msgspec

from edge.spool.spans import SeqRange, Spans

MOST_AGAIN = 1_000
"""Ranges remembered one by one for sending again; beyond it the oldest of a stream melt into one backlog."""


class Requeued(msgspec.Struct, frozen=True):
    """A range that was sent `tries` times without an ack, not to be sent before `due_s` (monotonic)."""

    span: SeqRange
    tries: int
    due_s: float


class _Stream:
    __slots__ = ("in_flight", "last", "outstanding", "waiting")

    def __init__(self, last: int, spans: Iterable[tuple[int, int]] = ()) -> None:
        self.last = last
        self.outstanding = Spans(spans)
        self.waiting = Spans(self.outstanding)
        self.in_flight = Spans()


class Ledger:
    """The whereabouts of every reading that is not yet acknowledged or declared lost."""

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.live_first = 1
        self._streams: dict[str, _Stream] = {}
        self._now = _Stream(0)
        self._streams[stream] = self._now
        self._requeued: list[Requeued] = []
        self._aside = Spans()

    @property
    def next_seq(self) -> int:
        """The seq of the next reading of the present stream."""
        return self._now.last + 1

    @property
    def depth(self) -> int:
        """How many readings are outstanding."""
        return sum(stream.outstanding.total for stream in self._streams.values())

    @property
    def has_backlog(self) -> bool:
        """Whether readings wait that were never sent and are not live."""
        return any(stream.waiting for stream in self._streams.values())

    def adopt(self, stream: str, last: int, spans: Iterable[tuple[int, int]]) -> None:
        """Take over what an earlier start of the agent has left; to be called for the oldest stream first."""
        del self._streams[self.stream]
        self._streams.setdefault(stream, _Stream(last, spans))
        self._streams[self.stream] = self._now

    def grow(self, count: int) -> int:
        """Make room for `count` new live readings; the seq of the first."""
        first = self._now.last + 1
        self._now.last += count
        self._now.outstanding.add(first, self._now.last)
        return first

    def set_aside(self, first: int, last: int) -> None:
        """New readings `first` to `last` are old news: they are backlog from the start."""
        self._aside.add(first, last)
        self._now.waiting.add(first, last)

    def age(self, live_first: int) -> None:
        """Let live readings before `live_first` become backlog."""
        if live_first > self.live_first:
            self._wait(self.stream, self._live(live_first - 1))
            self._begin_live(live_first)

    def pop_live(self, limit: int, up_to: int) -> SeqRange | None:
        """The next live readings, at most `limit` and none after `up_to`; they are in flight from now on."""
        run = self._first_live(up_to)
        if run is None:
            return None
        first, last = run[0], min(run[1], run[0] + limit - 1)
        self._begin_live(last + 1)
        return self._mark_in_flight(SeqRange(self.stream, first, last))

    def live_count(self, up_to: int) -> int:
        """How many live readings there are, none after `up_to`."""
        if self._aside:
            return self._live(up_to).total
        return sum(last - first + 1 for first, last in self._now.outstanding.within(self.live_first, up_to))

    def pop_due(self, now_s: float) -> Requeued | None:
        """The oldest range that is due to be sent again; what is left of it is in flight from now on."""
        for requeued in [requeued for requeued in self._requeued if requeued.due_s <= now_s]:
            self._requeued.remove(requeued)
            resent = self._resend(requeued)
            if resent is not None:
                return resent
        return None

    def pop_backlog(self, limit: int, up_to: int = 2**62) -> SeqRange | None:
        """The oldest readings that were never sent, at most `limit`, of the present stream none after `up_to`."""
        for name, stream in self._streams.items():
            run = stream.waiting.first_run()
            if run is not None and (stream is not self._now or run[0] <= up_to):
                last = min(run[1], run[0] + limit - 1)
                return self._mark_in_flight(SeqRange(name, run[0], min(last, up_to) if stream is self._now else last))
        return None

    def requeue(self, span: SeqRange, *, tries: int, due_s: float) -> None:
        """No ack came for `span`: it is to be sent again, as it was, at `due_s`."""
        stream = self._streams.get(span.stream)
        if stream is None:
            return
        stream.in_flight.remove(span.first, span.last)
        if stream.outstanding.within(span.first, span.last):
            self._requeued.append(Requeued(span, tries, due_s))
        while len(self._requeued) > MOST_AGAIN:
            oldest = self._requeued.pop(0).span
            self._wait(oldest.stream, self._of(oldest.stream).outstanding.within(oldest.first, oldest.last))

    def hasten(self, now_s: float) -> None:
        """The cloud is back: what waits to be sent again is due."""
        self._requeued = [msgspec.structs.replace(again, due_s=min(again.due_s, now_s)) for again in self._requeued]

    def next_again_s(self) -> float | None:
        """When the next range is due to be sent again."""
        return min((requeued.due_s for requeued in self._requeued), default=None)

    def ack(self, span: SeqRange) -> list[SeqRange]:
        """Take out what the cloud acknowledges with `span` of all that was ever sent, and give back those ranges.

        Readings of the present stream that were never sent cannot be acknowledged: whoever says so is mistaken.
        """
        stream = self._streams.get(span.stream)
        if stream is None:
            return []
        sent = stream.outstanding.within(span.first, span.last)
        if stream is self._now and stream.in_flight.within(span.first, span.last) != sent:
            # What this run has not sent, nobody can hold: an ack that covers it is wrong, and to believe it would
            # delete the only copy. What earlier runs have sent is not known here: an ack for that counts.
            sent = list(Spans(sent).without(stream.waiting).without(self._live(stream.last)))
        return [self._remove(SeqRange(span.stream, first, last)) for first, last in sent]

    def oldest(self, count: int) -> list[SeqRange]:
        """Where the oldest `count` readings are that are not in flight."""
        found: list[SeqRange] = []
        for span in self._at_rest():
            if count <= 0:
                break
            found.append(SeqRange(span.stream, span.first, min(span.last, span.first + count - 1)))
            count -= span.size
        return found

    def drop(self, span: SeqRange) -> list[SeqRange]:
        """Take `span` out, wherever it is, and give back the ranges of it that were outstanding."""
        stream = self._streams.get(span.stream)
        runs = [] if stream is None else stream.outstanding.within(span.first, span.last)
        return [self._remove(SeqRange(span.stream, first, last)) for first, last in runs]

    def outstanding(self, stream: str) -> Spans:
        """All of `stream` that is neither acknowledged nor lost; do not change it."""
        return self._of(stream).outstanding if stream in self._streams else Spans()

    def sent(self, stream: str) -> Spans:
        """What of `stream` may have reached the cloud in this run."""
        spans = Spans(self._of(stream).in_flight)
        for requeued in self._requeued:
            if requeued.span.stream == stream:
                spans.add(requeued.span.first, requeued.span.last)
        return spans

    def streams(self) -> Iterator[tuple[str, Spans, int]]:
        """Every stream with its outstanding readings and its highest seq, oldest stream first."""
        return ((name, stream.outstanding, stream.last) for name, stream in self._streams.items())

    def _live(self, up_to: int) -> Spans:
        live = Spans(self._now.outstanding.within(self.live_first, up_to))
        return live.without(self._aside) if self._aside else live

    def _first_live(self, up_to: int) -> tuple[int, int] | None:
        if self._aside:
            return self._live(up_to).first_run()
        return next(iter(self._now.outstanding.within(self.live_first, up_to)), None)

    def _begin_live(self, live_first: int) -> None:
        self.live_first = live_first
        if self._aside:
            self._aside.remove(0, live_first - 1)

    def _of(self, stream: str) -> _Stream:
        return self._streams[stream]

    def _at_rest(self) -> Iterator[SeqRange]:
        for name, stream in self._streams.items():
            for first, last in stream.outstanding.without(stream.in_flight):
                yield SeqRange(name, first, last)

    def _mark_in_flight(self, span: SeqRange) -> SeqRange:
        stream = self._of(span.stream)
        stream.waiting.remove(span.first, span.last)
        stream.in_flight.add(span.first, span.last)
        return span

    def _resend(self, requeued: Requeued) -> Requeued | None:
        span = requeued.span
        runs = self._of(span.stream).outstanding.within(span.first, span.last) if span.stream in self._streams else []
        if not runs:
            return None
        for first, last in runs[1:]:
            self._requeued.append(Requeued(SeqRange(span.stream, first, last), requeued.tries, requeued.due_s))
        return Requeued(self._mark_in_flight(SeqRange(span.stream, *runs[0])), requeued.tries, requeued.due_s)

    def _wait(self, stream: str, runs: Iterable[tuple[int, int]]) -> None:
        for first, last in runs:
            self._of(stream).waiting.add(first, last)

    def _remove(self, span: SeqRange) -> SeqRange:
        stream = self._of(span.stream)
        for spans in (stream.outstanding, stream.waiting, stream.in_flight):
            spans.remove(span.first, span.last)
        return span
