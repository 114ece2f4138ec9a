"""Who was told of which alarm, and who must still be: pure, and kept with the readings, so that nobody is told twice.

opened, severe ─► needs("+62…") ─► sending: path, text, covers ─► told: severe ─► worse: needs again ─► over: needs once
                      └─► the cloud has acknowledged what was sent since: it is the cloud's to tell

An alarm is known by sensor and rule: it has one alarm at a time, whatever its clock says of when that began.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import msgspec

from edge.alarms.bound_rules import Key
from edge.alarms.sms.allowance import SmsTokens

OVER = 0
"""The rank of an alarm that is over; those of severities begin at 1."""
MOST_ALARMS = 100


class TextedAlarm(msgspec.Struct, frozen=True):
    """An alarm: its rank and line now, which rank each number was `told`, and up to which it is the cloud's to tell."""

    sensor: str
    family: str
    rank: int
    line: str
    told: dict[str, int] = {}
    clouds: int = 0

    @property
    def key(self) -> Key:
        """By what it is known."""
        return self.sensor, self.family


class SmsUnderWay(msgspec.Struct, frozen=True):
    """An SMS that was made, at ModemManager's `path`, and which rank of which alarms (sensor, family) it tells."""

    path: str
    text: str
    covers: tuple[tuple[str, str, int], ...]


class _Kept(msgspec.Struct, frozen=True):
    alarms: tuple[TextedAlarm, ...] = ()
    under_way: dict[str, SmsUnderWay] = {}
    tokens: dict[str, SmsTokens] = {}


class NeededLine(NamedTuple):
    """What a number must be told of an alarm."""

    alarm: TextedAlarm
    since_s: float


class SmsJournal:
    """The journal of one output, whose people have `numbers`; `name` is under what it is kept."""

    def __init__(self, name: str, numbers: Collection[str]) -> None:
        self._name, self._numbers = name, numbers
        self.alarms: dict[Key, TextedAlarm] = {}
        self.under_way: dict[str, SmsUnderWay] = {}
        self._since_s: dict[Key, float] = {}
        self._open: set[Key] = set()
        self._from_rank = 1

    # --- kept

    def recall(self, kept: Mapping[str, str]) -> dict[str, SmsTokens]:
        """Take over what an earlier start has left; the tokens that it had. A damaged journal tells again."""
        try:
            found = msgspec.json.decode(kept.get(self._name) or "{}", type=_Kept)
        except msgspec.MsgspecError:
            return {}
        for each in found.alarms:
            told = {number: rank for number, rank in each.told.items() if number in self._numbers}
            self.alarms.setdefault(each.key, msgspec.structs.replace(each, told=told))
        self.under_way = {to: sms for to, sms in found.under_way.items() if to in self._numbers} | self.under_way
        self._sweep()
        return found.tokens

    def to_keep(self, tokens: dict[str, SmsTokens]) -> dict[str, str]:
        """What must be committed."""
        kept = _Kept(tuple(self.alarms.values()), self.under_way, tokens)
        return {self._name: msgspec.json.encode(kept).decode()}

    # --- what happens to alarms

    def hold(self, standing: Mapping[Key, tuple[int, str]], *, from_rank: int, now_s: float) -> bool:
        """These alarms are open, with rank and line, and tell from `from_rank` on; whether one became worse."""
        self._open, self._from_rank = set(standing), from_rank
        worse = False
        for key, (rank, line) in standing.items():
            known = self.alarms.get(key)
            if known is None and len(self.alarms) >= MOST_ALARMS:
                continue
            before = TextedAlarm(*key, rank=OVER, line="") if known is None else known
            if rank > before.rank:
                self._since_s[key] = now_s
                worse = True
            self._since_s.setdefault(key, now_s)  # of an earlier start nobody knows it
            if rank != before.rank:
                clouds = min(rank, before.clouds)  # what it becomes again the cloud must be told again
                self.alarms[key] = msgspec.structs.replace(before, rank=rank, line=line, clouds=clouds)
        return worse

    def end(self, key: Key, line: str, *, now_s: float) -> None:
        """An alarm is over: whoever was told that it began is told that."""
        known = self.alarms.get(key)
        if known is not None:
            self._open.discard(key)
            self._since_s[key] = now_s
            self.alarms[key] = msgspec.structs.replace(known, rank=OVER, line=line, clouds=OVER)
            self._sweep()

    def keep_to_open(self) -> None:
        """Forget alarms that no rule holds open any more, and that did not end: nobody can say how they are."""
        self.alarms = {key: each for key, each in self.alarms.items() if each.rank == OVER or key in self._open}

    def leave_to_the_cloud(self, proved_s: float) -> None:
        """The cloud has what was sent until `proved_s`: what became of alarms before is its to tell."""
        for key, each in self.alarms.items():
            if each.rank > each.clouds and self._since_s.get(key, proved_s) < proved_s:
                self.alarms[key] = msgspec.structs.replace(each, clouds=each.rank)

    # --- what people must be told

    def needs(self, number: str, *, now_s: float, after_s: float) -> list[NeededLine]:
        """What `number` must be told now, the worst first: an opening `after_s` later, an end at once."""
        if number in self.under_way:
            return []
        news = [each for each in self.alarms.values() if self._is_news(each, number)]
        dated = [NeededLine(each, self._since_s.setdefault(each.key, now_s)) for each in news]
        found = [need for need in dated if need.alarm.rank == OVER or now_s - need.since_s >= after_s]
        return sorted(found, key=lambda need: (-need.alarm.rank, need.since_s))

    @property
    def waiting(self) -> int:
        """How many people must be told something, now or a little later."""
        alarms = self.alarms.values()
        return sum(
            number in self.under_way or any(self._is_news(each, number) for each in alarms) for number in self._numbers
        )

    def _is_news(self, alarm: TextedAlarm, number: str) -> bool:
        told = alarm.told.get(number)
        if alarm.rank == OVER:
            return told is not None
        is_wanted = alarm.key in self._open and alarm.rank >= self._from_rank
        return is_wanted and alarm.rank > max(told or OVER, alarm.clouds)

    # --- what became of an SMS

    def begin(self, number: str, sms: SmsUnderWay) -> None:
        """An SMS was made, and is about to be sent."""
        self.under_way[number] = sms

    def drop(self, number: str) -> None:
        """It was not sent."""
        self.under_way.pop(number, None)
        self._sweep()

    def sent(self, number: str) -> list[Key]:
        """It was sent; the alarms whose opening it told."""
        return self._settle(number, self.under_way.pop(number).covers)

    def give_up(self, number: str, needs: Iterable[NeededLine]) -> None:
        """These could not be told for so long that they are of no use; who was not told hears of no end either."""
        for need in needs:
            known = self.alarms.get(need.alarm.key)
            if known is not None and need.alarm.rank != OVER:
                self.alarms[known.key] = msgspec.structs.replace(known, clouds=need.alarm.rank)
        self._settle(number, [(*need.alarm.key, OVER) for need in needs if need.alarm.rank == OVER])

    def _settle(self, number: str, covers: Iterable[tuple[str, str, int]]) -> list[Key]:
        opened = []
        for sensor, family, rank in covers:
            known = self.alarms.get((sensor, family))
            if known is None:
                continue
            told = {each: was for each, was in known.told.items() if each != number}
            if rank != OVER:
                told[number] = rank
                opened.append(known.key)
            self.alarms[known.key] = msgspec.structs.replace(known, told=told)
        self._sweep()
        return opened

    def _sweep(self) -> None:
        """Forget what is over and of which nobody was told, or will be by what is under way."""
        told_soon = {(sensor, family) for sms in self.under_way.values() for sensor, family, _rank in sms.covers}
        for key, each in list(self.alarms.items()):
            if each.rank == OVER and not each.told and key not in told_soon:
                del self.alarms[key]
                self._since_s.pop(key, None)
