"""What an InfluxDB's answers mean.

204          stored
413          too large: send it in halves
400, 422     some lines will never be taken: find them (the server may name them), store the rest
401 403 404  it knows us and says no: somebody must act
429 5xx …    not now: wait, as long as Retry-After says
"""

import email.utils
import re
import time
from enum import Enum, auto

import httpx
import msgspec

MAX_ERROR_TEXT = 300


class Meaning(Enum):
    """What to do after an answer."""

    STORED = auto()
    SPLIT = auto()
    FIND = auto()
    REFUSED = auto()
    WAIT = auto()


MEANING_OF_STATUS = {
    400: Meaning.FIND,
    401: Meaning.REFUSED,
    403: Meaning.REFUSED,
    404: Meaning.REFUSED,
    408: Meaning.WAIT,
    413: Meaning.SPLIT,
    422: Meaning.FIND,
    425: Meaning.WAIT,
    429: Meaning.WAIT,
}
_MEANING_OF_CLASS = {2: Meaning.STORED, 3: Meaning.REFUSED, 4: Meaning.REFUSED}  # others: wait
# A proxy, or another program on that port, answers 400 too: that says nothing of our lines
_ABOUT_LINES = re.compile(
    r"pars|partial write|conflict|dropped|point|invalid (field|number|tag|time)|max-\w+-per", re.IGNORECASE
)
_DROPPED = re.compile(r"\bdropped=(\d+)")
_UNPARSED = re.compile(r"unable to parse '((?:[^'\\]|\\.)*)'")


class Answer(msgspec.Struct, frozen=True):
    """An answer to a write: what it means, and what it said, in one line of text."""

    meaning: Meaning
    status: int
    text: str
    body: bytes = b""
    retry_after_s: float | None = None

    def dropped(self) -> int | None:
        """How many lines the server says that it did not store (1.x, 2.x); None where it does not say."""
        found = _DROPPED.search(self.text)
        return None if found is None else int(found[1])

    def named_lines(self, lines: list[bytes]) -> dict[int, str]:
        """The lines that the server itself names as bad, with its words: by number (3.x) or by text (1.x, 2.x)."""
        by_number = {
            fault.line_number - 1: fault.error_message for fault in _faults(self.body) if fault.line_number > 0
        }
        texts = {text.encode() for text in _UNPARSED.findall(self.text)}
        by_text = {number: self.text for number, line in enumerate(lines) if texts and line in texts}
        return {number: reason for number, reason in (by_text | by_number).items() if number < len(lines)}


def answer_of(response: httpx.Response) -> Answer:
    """Read a server's answer to a write."""
    status = response.status_code
    text = error_text(response)
    meaning = MEANING_OF_STATUS.get(status) or _MEANING_OF_CLASS.get(status // 100, Meaning.WAIT)
    if meaning is Meaning.FIND and not _ABOUT_LINES.search(text):
        meaning = Meaning.REFUSED
    return Answer(meaning, status, text, response.content, retry_after_s(response))


def error_text(response: httpx.Response) -> str:
    """What a server says of an error, on one line, cut to `MAX_ERROR_TEXT` characters."""
    try:
        said = msgspec.json.decode(response.content, type=dict[str, object])
        text = str(said.get("error") or said.get("message") or said)
    except msgspec.MsgspecError:
        text = response.text
    return " ".join(text.split())[:MAX_ERROR_TEXT] or response.reason_phrase


def retry_after_s(response: httpx.Response) -> float | None:
    """The seconds that Retry-After asks for, written as a number or a date; None without one that can be read."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


class _Fault(msgspec.Struct):
    line_number: int = 0
    error_message: str = ""


class _Faults(msgspec.Struct):
    data: list[_Fault] = []


def _faults(body: bytes) -> list[_Fault]:
    try:
        return msgspec.json.decode(body, type=_Faults).data
    except msgspec.MsgspecError:
        return []
