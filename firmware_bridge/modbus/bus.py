"""A bus master without I/O: which slave is asked what, when; who is silent, and asked more seldom.

slave 1  registers 2–4 ─reply─►       every_s later again
slave 2  registers 0–1 ─no reply─► once more ─no reply─► 2 s ─► 5 s ─► … 60 s later: it costs the others a second
slave 3  registers 0–9 ─exception 2─► registers 0–3, registers 8–9: what was read along is left out

A reply does not say which request it answers. So a slave that has missed one is asked the same again or nothing, until
no reply to it can come any more; the others go on meanwhile. Times are monotonic seconds that are handed in.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from firmware_bridge.modbus.pdu import HOLDING, OF_THE_ADDRESS, OF_THE_MODEL, Span, build_request, build_write
from firmware_bridge.modbus.register_map import spans_of
from firmware_bridge.modbus.slave import ModbusSlave

SILENT_AFTER = 3
"""Requests without a reply, after which the status says so."""
_AGAIN_S = (2.0, 5.0, 10.0, 20.0, 40.0, 60.0)
"""Until a silent slave is asked again; the last for ever."""
_LATE_S = 5.0
"""After a request that was not answered in time, its reply may still come for so long."""
_FOREIGN_S = 60.0
"""The status speaks of another master for so long."""
_MOST_NAMED = 5


class BusRequest(msgspec.Struct, frozen=True):
    """A request: `span` is what it reads, or, with `values`, the holding registers that it writes.

    `wanted` are the values that the span is to have, where the configuration says so; `is_check`: they were written.
    """

    slave: ModbusSlave
    span: Span
    values: tuple[int, ...] = ()
    wanted: tuple[int, ...] = ()
    is_check: bool = False

    @property
    def pdu(self) -> bytes:
        """What goes over the line."""
        return build_write(self.span.first, self.values) if self.values else build_request(self.span)


class _Turn:
    """What is to be asked of one slave, and how it has answered so far."""

    def __init__(self, slave: ModbusSlave, settings: Mapping[int, tuple[int, ...]]) -> None:
        self.slave = slave
        self.spans = list(slave.map.spans)
        self.left: deque[BusRequest] = deque()
        self.settings = settings
        self.due_s = float("-inf")
        self.unanswered = 0
        self.missed: Span | None = None
        self.held_s = float("-inf")
        self.refusals: dict[Span, str] = {}
        self._is_set = not settings

    def begin(self) -> None:
        """Ask all of it: first what was not answered, whose reply may still come, and what is to be set."""
        spans = sorted(self.spans, key=lambda span: span != self.missed)
        self.left.extend(BusRequest(self.slave, span) for span in spans)
        if not self._is_set:
            self._is_set = True
            wanted = [Span(HOLDING, first, len(values)) for first, values in self.settings.items()]
            self.left.extend(BusRequest(self.slave, span, wanted=self.settings[span.first]) for span in wanted)

    def may_ask(self, now_s: float) -> bool:
        """Whether the reply to what it is to be asked could be told from one that is late."""
        return now_s >= self.held_s or (self.left[0].span == self.missed and not self.left[0].values)

    def next_s(self) -> float:
        """When it is to be asked."""
        return self.held_s if self.left else self.due_s

    def split(self, span: Span, *, only_gaps: bool = False) -> tuple[Span, ...]:
        """Ask no more for registers that were only read along with wanted ones; the requests instead, if others."""
        fields = [field for field in self.slave.map.fields if span.holds(field.function, field.register)]
        parts = spans_of(fields, 0)
        if len(parts) == 1 and not only_gaps:
            parts = tuple(part for field in fields for part in spans_of([field], 0))
        parts = tuple(dict.fromkeys(parts))
        if len(parts) < 2 or span not in self.spans:
            return ()
        at = self.spans.index(span)
        self.spans[at : at + 1] = parts
        return parts


class ModbusBus:
    """Asks the slaves of one line, one request at a time."""

    def __init__(
        self,
        slaves: Iterable[ModbusSlave],
        settings: Mapping[int, Mapping[int, tuple[int, ...]]],
        *,
        every_s: float,
        answer_s: float,
        pause_s: float,
        is_numbered: bool,
    ) -> None:
        self._turns = [_Turn(slave, settings.get(slave.address, {})) for slave in slaves]
        self._every_s = every_s
        self._answer_s = answer_s
        self._pause_s = pause_s
        self._is_numbered = is_numbered
        self.missed = 0
        """Requests whose time to be answered is over, since the line was opened."""
        self._hand: BusRequest | None = None
        self._sent_s = self._free_s = float("-inf")
        self._rests = 0.0
        self._foreign, self._foreign_s, self._foreign_count = "", float("-inf"), 0
        self._is_news = False

    @property
    def in_hand(self) -> BusRequest | None:
        """The request that waits for its reply."""
        return self._hand

    def poll(self, now_s: float) -> tuple[BusRequest | None, float]:
        """The request to send now, if any, and in how many seconds to poll again."""
        if self._is_news:
            self._is_news, self._foreign_s = False, now_s
        if self._hand is not None:
            waits_s = self._sent_s + self._answer_s - now_s
            if waits_s > 0:
                return None, waits_s
            self._miss(self._hand, now_s)
        if self._rests:
            self._free_s, self._rests = now_s + self._rests, 0.0
        if now_s < self._free_s:
            return None, self._free_s - now_s
        turn = self._next(now_s)
        if turn is None:
            due_s = min((turn.next_s() for turn in self._turns), default=float("inf"))
            return None, max(0.0, due_s - now_s)
        self._hand, self._sent_s = turn.left[0], now_s
        if now_s < turn.held_s:
            turn.held_s = now_s + _LATE_S
        return self._hand, self._answer_s

    def answered(self, values: Sequence[int]) -> None:
        """The reply to the request in hand has come; of a request to read with its values."""
        turn, hand = self._done()
        if not hand.is_check:
            turn.refusals.pop(hand.span, None)
        if not hand.wanted or tuple(values[: hand.span.count]) == hand.wanted:
            return
        if hand.is_check:
            turn.refusals[hand.span] = f"keeps another value in {hand.span} than the one that was written"
            return
        check = BusRequest(hand.slave, hand.span, wanted=hand.wanted, is_check=True)
        turn.left.extendleft((check, BusRequest(hand.slave, hand.span, values=hand.wanted)))

    def refused(self, code: int, why: str) -> None:
        """The slave has refused the request in hand."""
        turn, hand = self._done()
        parts = turn.split(hand.span) if code in OF_THE_ADDRESS and not hand.values else ()
        if parts:
            turn.left.extendleft(BusRequest(turn.slave, part) for part in reversed(parts))
            return
        verb = "refuses to write" if hand.values else "refuses"
        hint = "; is the model right?" if code in OF_THE_MODEL else ""
        turn.refusals[hand.span] = f"{verb} {hand.span}: {why}{hint}"

    def give_up(self, sentence: str) -> None:
        """Another master has asked: the reply to the request in hand cannot be told from the other's."""
        self._foreign = sentence
        self._foreign_count += 1
        self._is_news = True
        if self._hand is not None:
            self._hand = None
            self._rests = self._answer_s

    def trouble(self, now_s: float) -> str:
        """Who does not answer or refuses, and who else asks; "" while all is well."""
        silent = [turn for turn in self._turns if turn.unanswered >= SILENT_AFTER]
        said = [_silence(silent, of=len(self._turns))] if silent else []
        refused = [f"{turn.slave.name} {why}" for turn in self._turns for why in turn.refusals.values()]
        said += sorted(refused)[:_MOST_NAMED]
        if now_s - self._foreign_s < _FOREIGN_S:
            said.append(f"another master asks on this line ({self._foreign_count} requests, the last: {self._foreign})")
        return "; ".join(said)

    def _next(self, now_s: float) -> _Turn | None:
        for turn in self._turns:
            if not turn.left and now_s >= turn.due_s:
                turn.due_s = now_s + self._every_s
                turn.begin()
        waiting = [turn for turn in self._turns if turn.left and turn.may_ask(now_s)]
        if not waiting:
            return None
        turn = waiting[0]
        self._turns.remove(turn)
        self._turns.append(turn)  # each slave in its turn
        return turn

    def _done(self) -> tuple[_Turn, BusRequest]:
        hand = self._hand
        if hand is None:
            raise ValueError("no request waits for a reply")
        turn = self._turn_of(hand)
        turn.left.popleft()
        self._hand = None
        self._rests = self._pause_s
        turn.unanswered = 0
        return turn, hand

    def _turn_of(self, request: BusRequest) -> _Turn:
        return next(turn for turn in self._turns if turn.slave is request.slave)

    def _miss(self, hand: BusRequest, now_s: float) -> None:
        turn = self._turn_of(hand)
        self._hand = None
        self.missed += 1
        turn.unanswered += 1
        turn.missed = hand.span
        if not self._is_numbered:
            turn.held_s = self._sent_s + _LATE_S
        if turn.unanswered == 1:
            self._turns.remove(turn)
            self._turns.insert(0, turn)  # the same again, before anybody else: a late reply is then a right one
            return
        if turn.unanswered == SILENT_AFTER:
            turn.split(hand.span, only_gaps=True)
        turn.left.clear()
        turn.due_s = now_s + _AGAIN_S[min(turn.unanswered - 2, len(_AGAIN_S) - 1)]


def _silence(silent: Sequence[_Turn], *, of: int) -> str:
    asked = max(turn.unanswered for turn in silent)
    if len(silent) == of > 1:
        return (
            f"no slave answers: asked {asked} times; look at the power, at whether A and B are exchanged, and at the "
            "baud rate"
        )
    names = ", ".join(sorted(turn.slave.name for turn in silent)[:_MOST_NAMED])
    more = f" and {len(silent) - _MOST_NAMED} more" if len(silent) > _MOST_NAMED else ""
    return (
        f"{names}{more} {'does' if len(silent) == 1 else 'do'} not answer: asked {asked} times; look at its power, at "
        "the wires A and B, at its address and at the baud rate"
    )
