"""The search on one line: it is listened to at each rate, then questions are asked, then Modbus slaves looked for.

 9600 … 19200   3 s each: frames? ─► that is the device               bytes, and no frames? ─► 57600 … 1200
 still silent   each family's question, at its own rate ─► an answer, asked again ─► that is the device
 still nothing  Modbus: addresses 1 to 10 at 9600, 4800, 115200, then up to 247, as long as there is time

It takes `seconds` at most, and nothing it sends changes a device.
"""

from collections.abc import Callable
from itertools import groupby
from math import inf

import msgspec

from edge.detect.candidates import BAUDS, MORE_BAUDS, PoliteQuestion, questions
from edge.detect.found import DeviceFound, LineFound, Nothing
from edge.detect.garbage import kind_of, text_share
from edge.detect.line import SearchedLine
from edge.detect.modbus_search import slaves_on
from edge.detect.score import MOST_HEARD, Scored, Sureness, best_of, score

DWELL_S = 3.0
"""Most devices that speak by themselves do so each second."""
_LONGER = 3
"""As many dwells where the rate means nothing, and at the rate at which something is understood."""
_QUIET_S = 0.08
_SPEAKS = 8
"""Bytes; fewer may be what an adapter makes of a plug."""

Progress = Callable[[str, int], None]
"""Told what is done now ("listen", "ask", "modbus") and at which rate."""


def search(line: SearchedLine, *, seconds: float, progress: Progress = lambda _what, _baud: None) -> LineFound:
    """Find out what hangs on `line`, in `seconds` at most."""
    return _Search(line, seconds, progress).run()


class _Search:
    def __init__(self, line: SearchedLine, seconds: float, progress: Progress) -> None:
        self._line = line
        self._began_s = line.now_s()
        self._until_s = self._began_s + seconds
        self._progress = progress
        self._heard: dict[int, bytes] = {}
        self._echoes = self._others = 0

    def run(self) -> LineFound:
        devices = self._listen(BAUDS if self._line.has_baud else BAUDS[:1])
        if not devices and self._speaks():
            devices = self._listen(MORE_BAUDS) if self._line.has_baud else ()
        elif not devices:
            devices = self._ask() or self._modbus() or self._afterwards()
        if devices:
            return LineFound(devices, searched_s=self._line.now_s() - self._began_s)
        return self._nothing()

    def _left_s(self) -> float:
        return max(0.0, self._until_s - self._line.now_s())

    def _speaks(self) -> bool:
        return any(len(heard) >= _SPEAKS for heard in self._heard.values())

    def _listen(self, bauds: tuple[int, ...]) -> tuple[DeviceFound, ...]:
        """Listen at each rate; stop at the first at which something is surely understood."""
        best: DeviceFound | None = None
        for baud in bauds:
            scored = self._listen_at(baud)
            if scored is None:
                continue
            device = self._device(scored, baud)
            if scored.sureness is not Sureness.POSSIBLE:
                return (device,)
            best = best or device
        return () if best is None else (best,)

    def _listen_at(self, baud: int) -> Scored | None:
        self._line.set_baud(baud)
        self._progress("listen", baud)
        dwells = 1 if self._line.has_baud else _LONGER
        for _ in range(dwells):
            self._receive(b"", DWELL_S, baud, quiet_s=inf)
            if len(self._heard[baud]) >= _SPEAKS:
                break
        scored = best_of(self._heard[baud])
        for _ in range(_LONGER):
            if scored is None or scored.sureness is Sureness.CERTAIN or not self._left_s():
                return scored
            self._receive(b"", DWELL_S, baud, quiet_s=inf)
            scored = best_of(self._heard[baud])
        return scored

    def _receive(self, send: bytes, wait_s: float, baud: int, *, quiet_s: float = _QUIET_S) -> bytes:
        came = self._line.exchange(send, min(wait_s, self._left_s()), quiet_s=quiet_s)
        if send and came.startswith(send):
            self._echoes += 1
            came = came[len(send) :]
        self._others += bool(came)
        self._heard[baud] = (self._heard.get(baud, b"") + came)[:MOST_HEARD]
        return came

    def _ask(self) -> tuple[DeviceFound, ...]:
        rank = {baud: at for at, baud in enumerate(BAUDS)}
        for baud, asked in groupby(sorted(questions(), key=lambda one: rank[one.baud]), key=lambda one: one.baud):
            self._line.set_baud(baud)
            self._progress("ask", baud)
            for question in asked:
                if not self._left_s():
                    return ()
                device = self._answer_to(question)
                if device is not None:
                    return (device,)
        return ()

    def _answer_to(self, question: PoliteQuestion) -> DeviceFound | None:
        answer = self._receive(question.send, question.answer_s, question.baud)
        if not score(answer, question.candidate).frames:
            return None
        answer += self._receive(question.send, question.answer_s, question.baud)
        scored = score(answer, question.candidate)
        return msgspec.structs.replace(self._device(scored, question.baud), is_asked=True)

    def _modbus(self) -> tuple[DeviceFound, ...]:
        return slaves_on(self._line, self._left_s, self._progress)

    def _afterwards(self) -> tuple[DeviceFound, ...]:
        """What spoke by itself while others were asked."""
        for baud, heard in self._heard.items():
            scored = best_of(heard)
            if scored is not None:
                return (self._device(scored, baud),)
        return ()

    def _device(self, scored: Scored, baud: int) -> DeviceFound:
        candidate = scored.candidate
        return DeviceFound(
            candidate.family, candidate.options, baud if self._line.has_baud else None, scored.sureness, scored.frames,
            scored.noise_bytes, scored.samples, scored.note, labels=candidate.labels,
        )  # fmt: skip

    def _nothing(self) -> LineFound:
        baud, heard = max(
            self._heard.items(), key=lambda one: (len(one[1]) >= _SPEAKS, text_share(one[1]), len(one[1]))
        )
        kind = kind_of(heard if len(heard) >= _SPEAKS else b"")
        if kind is Nothing.SILENT and self._echoes and not self._others:
            kind = Nothing.ECHO
        errors, took_s = self._line.framing_errors(), self._line.now_s() - self._began_s
        return LineFound((), kind, heard, baud if self._line.has_baud else None, errors, took_s)


def _telling(heard: bytes) -> tuple[bool, float, int]:
    """How much bytes tell a person: text does most."""
    return len(heard) >= _SPEAKS, text_share(heard), len(heard)
