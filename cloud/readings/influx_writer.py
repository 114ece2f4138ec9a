"""Writing lines to an InfluxDB, and finding those that it will never take; all others are stored.

lines ─► 204                                       stored
      ─► 400 that names its lines                  the others once more
      ─► another refusal of one of them            halves, until each bad line is alone
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from cloud.readings.bad_lines import BadLineFinder, BadLines
from cloud.readings.contract import EncodedWrite, RejectedPoint, StoreRejected, WriteResult
from cloud.readings.influx_answers import AnswerMeaning, WriteAnswer
from cloud.readings.influx_connection import InfluxConnection
from cloud.readings.lines import parts_of
from runtime.clock import wall_ms


class LineWriter:
    """Writes over `connection`."""

    def __init__(self, connection: InfluxConnection) -> None:
        self._connection = connection

    async def write(self, writes: Sequence[EncodedWrite]) -> WriteResult:
        """Store all in one request, or in as many as the server's refusals make it take."""
        body = b"".join([write.form for write in writes])
        answer = await self._connection.post(body)
        if answer.meaning is AnswerMeaning.STORED:
            return WriteResult()
        lines = _lines(body)
        return await self._rejected(writes, lines, await self._never_taken(lines, answer))

    async def write_lines(self, lines: Sequence[bytes]) -> BadLines:
        """Store lines that are made already; those that the server will never take come back with its words."""
        return await self._never_taken(list(lines), await self._connection.post(_body(lines))) if lines else {}

    async def write_isolated(self, writes: Sequence[EncodedWrite]) -> WriteResult:
        """Store what can be stored, series by series and then line by line: see the contract."""
        lines = [line for write in writes for line in _lines(write.form)]
        bad = await self._find_bad(lines)
        return await self._rejected(writes, lines, bad)

    async def probe(self) -> None:
        """Write a point of the measurement `probe`, once a minute a new one; StoreUnavailable where it is not taken."""
        minute_ms = wall_ms() // 60_000 * 60_000
        answer = await self._connection.post(b"probe,writer=siaga taken=1i %d\n" % minute_ms)
        if answer.meaning is not AnswerMeaning.STORED:
            raise StoreRejected(self._connection.refusal(answer.status, answer.text))

    async def _rejected(self, writes: Sequence[EncodedWrite], lines: Sequence[bytes], bad: BadLines) -> WriteResult:
        """The points that are never taken; of a line with several quantities only those that fail alone."""
        if not bad:
            return WriteResult()
        parts = [(number, *part) for number in sorted(bad) for part in parts_of(lines[number])]
        alone = await self._find_bad([line for _, _, line in parts])
        tried: defaultdict[int, dict[str, str]] = defaultdict(dict)
        for place, (number, quantity, _) in enumerate(parts):
            tried[number][quantity] = alone.get(place, "")
        places = [(number, point) for number, write in enumerate(writes) for point in range(len(_lines(write.form)))]
        found = (self._point(places[number], bad[number], tried[number]) for number in sorted(bad))
        return WriteResult(tuple(each for each in found if each is not None))

    def _point(self, place: tuple[int, int], reason: str, tried: Mapping[str, str]) -> RejectedPoint | None:
        """A point that was refused, by its quantities that were `tried` alone and the words for those refused."""
        refused = tuple(quantity for quantity, words in tried.items() if words)
        if tried and not refused:
            return None
        words = (tried[refused[0]] if refused else reason).removeprefix(f"{self._connection.name} ")
        return RejectedPoint(*place, words, refused if len(refused) < len(tried) else ())

    async def _find_bad(self, lines: Sequence[bytes]) -> BadLines:
        return await BadLineFinder(lines, store=self.write_lines, probe=self.probe).find()

    async def _never_taken(self, lines: list[bytes], answer: WriteAnswer) -> BadLines:
        """Find the bad lines; a server that takes no line at all, not even our probe, makes none of them bad."""
        bad = await self._bad_lines(lines, answer)
        if len(bad) == len(lines):
            await self.probe()
        return bad

    async def _bad_lines(self, lines: list[bytes], answer: WriteAnswer) -> BadLines:
        """Find the lines that made the server answer so, and store all others."""
        if answer.meaning is AnswerMeaning.STORED:
            return {}
        if answer.meaning is AnswerMeaning.FIND:
            named = answer.named_lines(lines)
            if named:
                return await self._without(named, lines)
        if len(lines) == 1 or answer.dropped() == len(lines):
            return dict.fromkeys(range(len(lines)), f"{answer.status}: {answer.text}")
        middle = len(lines) // 2
        first = await self._bad_lines(lines[:middle], await self._connection.post(_body(lines[:middle])))
        second = await self._bad_lines(lines[middle:], await self._connection.post(_body(lines[middle:])))
        return first | {number + middle: reason for number, reason in second.items()}

    async def _without(self, named: BadLines, lines: list[bytes]) -> BadLines:
        """Store all but the `named` lines, which need not be all the bad ones."""
        kept = [number for number in range(len(lines)) if number not in named]
        if not kept:
            return named
        rest = [lines[number] for number in kept]
        more = await self._bad_lines(rest, await self._connection.post(_body(rest)))
        return named | {kept[number]: reason for number, reason in more.items()}


def _lines(body: bytes) -> list[bytes]:
    return body.removesuffix(b"\n").split(b"\n")


def _body(lines: Sequence[bytes]) -> bytes:
    return b"\n".join(lines) + b"\n"
