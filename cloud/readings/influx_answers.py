"""What an InfluxDB's answers mean.

204          stored; nothing else counts: a page of HTML with 200 comes from another program
413          too large: send it in halves
400, 422     some lines will never be taken: find them (the server may name them), store the rest
5xx          the same where its words say so (InfluxDB 2.0: "500 … partial write: … dropped=1"); else not now: wait
401 403 404  it knows us and says no, or it is no InfluxDB: somebody must act
429          not now: wait, as long as Retry-After says
"""

import email.utils
import re
import time
from enum import Enum, auto
from typing import Any

import httpx
import msgspec

from i18n.message import LocalizedMessage

MAX_ERROR_TEXT = 300
_NO_TYPE = LocalizedMessage("a body without a type")


class AnswerMeaning(Enum):
    """What to do after an answer."""

    STORED = auto()
    SPLIT = auto()
    FIND = auto()
    REFUSED = auto()
    WAIT = auto()


MEANING_OF_STATUS = {
    204: AnswerMeaning.STORED,
    400: AnswerMeaning.FIND,
    408: AnswerMeaning.WAIT,
    413: AnswerMeaning.SPLIT,
    422: AnswerMeaning.FIND,
    425: AnswerMeaning.WAIT,
    429: AnswerMeaning.WAIT,
    501: AnswerMeaning.REFUSED,
    505: AnswerMeaning.REFUSED,
    511: AnswerMeaning.REFUSED,  # "network authentication required": a login page stands between
}
_MEANING_OF_CLASS = {5: AnswerMeaning.WAIT}  # others: refused
# A proxy, or another program on that port, answers 400 too: that says nothing of our lines
_ABOUT_LINES = re.compile(
    r"pars|partial write|conflict|dropped|point|invalid (field|number|tag|time)|max-\w+-per", re.IGNORECASE
)
# Under 5xx "partial write" alone is also what a cluster says that misses a node: only what no waiting mends counts
_NEVER_TAKEN = re.compile(
    r"\bdropped=\d|beyond retention|field type conflict|unable to parse '|max-\w+-per", re.IGNORECASE
)
_DROPPED = re.compile(r"\bdropped=(\d+)")
_UNPARSED = re.compile(r"unable to parse '((?:[^'\\]|\\.)*)'")
_PAGE = re.compile(rb"\s*(\xef\xbb\xbf)?\s*<", re.IGNORECASE)


class WriteAnswer(msgspec.Struct, frozen=True):
    """An answer to a write: what it means, and what it said, in one line of text."""

    meaning: AnswerMeaning
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


STORED = WriteAnswer(AnswerMeaning.STORED, 204, "")


def answer_of(response: httpx.Response) -> WriteAnswer:
    """Read a server's answer to a write."""
    status = response.status_code
    text = error_text(response)
    return WriteAnswer(
        _meaning(status, text, page=is_page(response)), status, text, response.content, retry_after_s(response)
    )


def _meaning(status: int, text: str, *, page: bool) -> AnswerMeaning:
    meaning = MEANING_OF_STATUS.get(status) or _MEANING_OF_CLASS.get(status // 100, AnswerMeaning.REFUSED)
    if meaning is AnswerMeaning.FIND and (page or not _ABOUT_LINES.search(text)):
        return AnswerMeaning.REFUSED
    if status >= 500 and not page and _NEVER_TAKEN.search(text):
        return AnswerMeaning.FIND
    return meaning


def is_page(response: httpx.Response) -> bool:
    """Whether an answer is a page for a browser (HTML, XML): no InfluxDB sends one."""
    return "html" in response.headers.get("content-type", "").lower() or _PAGE.match(response.content) is not None


def is_foreign(response: httpx.Response) -> bool:
    """Whether an answer is a page, a redirect, or a success of another kind than a write's: no InfluxDB's."""
    return is_page(response) or "location" in response.headers or response.status_code // 100 == 2


def no_influx(response: httpx.Response) -> LocalizedMessage:
    """What to say of an answer that no InfluxDB gives: what it was, and where to look."""
    place = response.headers.get("location")
    if place is not None:
        what = LocalizedMessage("a redirect to {place}", place=printable(_without_secrets(place)))
    else:
        kind = printable(response.headers.get("content-type", "").partition(";")[0][:60])
        body = printable(repr(error_text(response)[:80]))
        what = LocalizedMessage("{kind} ({body})", kind=kind or _NO_TYPE, body=body)
    return LocalizedMessage(
        "{status} with {what}, which no InfluxDB does: another program, a proxy or a login page answers there; "
        "check store.url",
        status=response.status_code, what=what,
    )  # fmt: skip


def error_text(response: httpx.Response) -> str:
    """What a server says of an error, on one line, printable, cut to `MAX_ERROR_TEXT` characters."""
    try:
        said = msgspec.json.decode(response.content, type=dict[str, object])
        text = str(said.get("error") or said.get("message") or said)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        text = response.text
    return printable(" ".join(text.split()))[:MAX_ERROR_TEXT] or response.reason_phrase


def printable(text: str) -> str:
    """`text` with a question mark for each character that no screen shows."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _without_secrets(address: str) -> str:
    """An address without the name, password and query in it."""
    try:
        url = httpx.URL(address[:1_000])
    except (httpx.InvalidURL, ValueError):
        return "an address that cannot be read"
    return str(url.copy_with(username=None, password=None, query=None, fragment=None))


def retry_after_s(response: httpx.Response) -> float | None:
    """The seconds that Retry-After asks for, written as a number or a date; None without one that can be read."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


class ResultSeries(msgspec.Struct):
    """Rows of a result that share their measurement and tags."""

    name: str = ""
    tags: dict[str, str] = {}
    columns: list[str] = []
    values: list[list[Any]] = []

    def place(self) -> dict[str, str]:
        """Site, sensor and gateway."""
        return {name: self.tags.get(name, "") for name in ("site", "sensor", "gateway")}


class Result(msgspec.Struct):
    """What one statement of a query gave: series, or an error."""

    series: list[ResultSeries] = []
    error: str = ""


class _Results(msgspec.Struct):
    results: list[Result]


class _Version(msgspec.Struct):
    version: str


_RESULTS = msgspec.json.Decoder(_Results)
_VERSION = msgspec.json.Decoder(_Version)


def results_of(response: httpx.Response) -> list[Result] | None:
    """The results in an answer to a query; None where it is no answer of an InfluxDB."""
    try:
        return _RESULTS.decode(response.content).results
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


def names_version(response: httpx.Response) -> bool:
    """Whether an answer to a ping says the server's version, as InfluxDB 3 does."""
    try:
        return bool(_VERSION.decode(response.content).version)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return False


def is_number(value: object) -> bool:
    """Whether a field's value is a reading: not empty, not text, not true or false."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def marks_of(value: object) -> int:
    """The marks that stand in a field; none where it is empty."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


class _Fault(msgspec.Struct):
    line_number: int = 0
    error_message: str = ""


class _Faults(msgspec.Struct):
    data: list[_Fault] = []


def _faults(body: bytes) -> list[_Fault]:
    try:
        return msgspec.json.decode(body, type=_Faults).data
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return []
