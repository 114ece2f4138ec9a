"""What goes over the feed: MessagePack after its length in four bytes.

ingester ─► Hello ─► Delta … Delta(whole) ─► Delta, Delta …    at least one every TICK_S
          ◄── Changed, FeedQuestion ─► FeedAnswer                      what somebody did in a process of the screens
"""

import asyncio
import struct
from typing import TypeVar

import msgspec

from cloud.feed.sentences import ToldSentence
from i18n.message import LocalizedMessage, sentence_of

TICK_S = 0.5
MOST_BYTES = 64 * 2**20
"""Of one message: a Delta has at most so many of each thing that it stays far below."""
_LENGTH = struct.Struct(">I")
T = TypeVar("T")


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """Who tells: the digest of the forms in which it does (`form.py`), and the first and last shard that it ingests."""

    form: int
    first_shard: int
    last_shard: int


class Delta(msgspec.Struct, frozen=True, tag="delta", omit_defaults=True):
    """What is new at `at_ms` (UTC), by parts (`parts.py`), and the kinds of things that somebody `changed`.

    `whole`: all that was known when the connection began is told by now.
    """

    at_ms: int
    parts: dict[str, msgspec.Raw]
    changed: tuple[str, ...] = ()
    whole: bool = False


class FeedAnswer(msgspec.Struct, frozen=True, tag="answer"):
    """The answer to a question: its `body`, or `refused`, which says why there is none."""

    id: int
    body: msgspec.Raw
    refused: "Refusal | None" = None


class Refusal(msgspec.Struct, frozen=True):
    """Why a question has no answer: which `error` it was there, and its sentence."""

    error: str
    sentence: str | ToldSentence
    kind: str = ""
    retry_after_s: int | None = None


class Changed(msgspec.Struct, frozen=True, tag="changed"):
    """The kinds of things ("alarm", "rule") that somebody has changed in a process of the screens."""

    kinds: tuple[str, ...]


class FeedQuestion(msgspec.Struct, frozen=True, tag="question"):
    """What only the ingester can do: `what` is a name of `questions.py`, and `body` what that takes."""

    id: int
    what: str
    body: msgspec.Raw


FromIngester = Hello | Delta | FeedAnswer
FromScreens = Changed | FeedQuestion
FROM_INGESTER: msgspec.msgpack.Decoder[FromIngester] = msgspec.msgpack.Decoder(FromIngester)
FROM_SCREENS: msgspec.msgpack.Decoder[FromScreens] = msgspec.msgpack.Decoder(FromScreens)
ENCODER = msgspec.msgpack.Encoder(enc_hook=str)  # a message that is no `ToldSentence` goes as the text that it is


class FeedBroken(Exception):
    """The other end says what is no message; the text is one sentence."""


def raw(content: object) -> msgspec.Raw:
    """Encode a part, a question or an answer for the message that carries it."""
    return msgspec.Raw(ENCODER.encode(content))


def framed(message: FromIngester | FromScreens) -> bytes:
    """Encode a message with its length before it."""
    body = ENCODER.encode(message)
    return _LENGTH.pack(len(body)) + body


async def next_message(reader: asyncio.StreamReader, decoder: msgspec.msgpack.Decoder[T]) -> T:
    """Read one message; FeedBroken where it is none, IncompleteReadError where the other end is gone."""
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    if length > MOST_BYTES:
        raise FeedBroken(f"a message of {length} bytes was announced; at most {MOST_BYTES} are taken")
    try:
        return decoder.decode(await reader.readexactly(length))
    except msgspec.MsgspecError as error:
        raise FeedBroken(f"a message could not be read: {error}") from None


def reason_of_end(error: Exception) -> str:
    """Why a connection ended, in a few words."""
    if isinstance(error, asyncio.IncompleteReadError):
        return LocalizedMessage("it hung up")
    if isinstance(error, TimeoutError):
        return LocalizedMessage("it says nothing, or reads nothing")
    return (error.strerror or str(error)) if isinstance(error, OSError) else sentence_of(error)
