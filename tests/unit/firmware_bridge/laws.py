"""What every decoder must do, as assertions on any of them: its golden bytes, and the three laws of serial decoders.

1  splitting the bytes changes nothing
2  any bytes are accepted, and what is kept stays bounded
3  no whole frame is lost to the noise before it
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from firmware_bridge import Frame, MqttDialect, Noise, SerialDecoder, SerialFamily
from firmware_bridge.framing import MAX_NOISE
from tests.unit.firmware_bridge.examples import Family, Message

LONGEST_FRAME = 256
FILLER = bytes(LONGEST_FRAME)
"""Starts no frame of any family, and ends the wait for the rest of what looked like one."""

Make = Callable[[], SerialDecoder]


def check_splitting_changes_nothing(make: Make, stream: bytes, cuts: Iterable[int]) -> None:
    whole, cut = make(), make()
    edges = [0, *sorted(min(at, len(stream)) for at in cuts), len(stream)]
    pieces = [cut.feed(stream[start:end]) for start, end in pairwise(edges)]
    assert [outcome for piece in pieces for outcome in piece] == whole.feed(stream)
    assert cut.memory() == whole.memory()


def check_what_is_kept_stays_bounded(make: Make, junk: bytes, longest: int = LONGEST_FRAME) -> None:
    outcomes = make().feed(junk)
    if any(isinstance(outcome, Frame) for outcome in outcomes):
        return  # a frame does not say its size, so only junk can be accounted for
    reported = sum(outcome.size for outcome in outcomes if isinstance(outcome, Noise))
    assert len(junk) - longest - MAX_NOISE <= reported <= len(junk)


def check_no_whole_frame_is_lost(make: Make, frames: Sequence[bytes], noises: Sequence[bytes]) -> None:
    stream = b"".join(noise + frame for noise, frame in zip(noises, frames, strict=True))
    assert whole_frames(make(), stream) == whole_frames(make(), b"".join(frames))


def whole_frames(decoder: SerialDecoder, stream: bytes) -> list[Frame]:
    return [outcome for outcome in decoder.feed(stream + FILLER) if isinstance(outcome, Frame)]


def check_golden_frames(family: SerialFamily, example: Family) -> None:
    decoder = family.decoder(example.options, {})
    outcomes = [decoder.feed(frame) for frame in example.frames]
    assert [[outcome.samples for outcome in found if isinstance(outcome, Frame)] for found in outcomes] == [
        [samples] for samples in example.means
    ]
    for bad in example.refused:
        assert whole_frames(family.decoder(example.options, {}), bad) == []


def check_golden_messages(dialect: MqttDialect, messages: Iterable[Message]) -> None:
    for message in messages:
        assert dialect.parser(message.options)(message.topic, message.payload) == message.means
