"""A million random and mutated inputs over the whole catalog: no exception, an outcome for each, and no more memory.

What a decoder wants to ask is asked meanwhile, on a clock that the test moves. A few thousand run with the other tests.
"""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import islice

import pytest

from firmware_bridge import MQTT_DIALECTS, Frame, Noise, uplink_devices
from firmware_bridge.dialects import sparkplug, sparkplug_session
from firmware_bridge.family import Asking, Poll
from tests.unit.firmware_bridge.examples import MQTT, SERIAL, family_of
from tests.unit.firmware_bridge.fuzz import pieces

A_MILLION = 1_000_000
GROWTH_BYTES = 128 * 1024
"""What Python itself keeps back of freed memory; a decoder that keeps an outcome keeps tens of megabytes."""
LABELS = [*SERIAL, *MQTT]
TABLES_OF_DEVICES = ((uplink_devices, "MOST_DEVICES"), (sparkplug, "_MOST_MEANT"), (sparkplug_session, "MOST_NODES"))
"""What grows with the devices that are heard, up to a bound: a low one here, full before memory is looked at."""


def fed(label: str, seed: int) -> Iterator[None]:
    """Gives one input after the other to the decoder or parser of an example."""
    feed = _of_serial(label) if label in SERIAL else _of_dialect(label)
    frames = SERIAL[label].frames if label in SERIAL else [message.payload for message in MQTT[label].messages]
    for piece in pieces(frames, seed):
        feed(piece)
        yield


def _of_serial(label: str) -> Callable[[bytes], None]:
    decoder = family_of(label).decoder(SERIAL[label].options, {})
    now_s = 0.0

    def feed(piece: bytes) -> None:
        nonlocal now_s
        assert all(isinstance(outcome, Frame | Noise) for outcome in decoder.feed(piece))
        assert decoder.held <= 4_096
        if isinstance(decoder, Asking):
            poll = decoder.poll(now_s)
            assert isinstance(poll, Poll)
            assert poll.again_s >= 0
            assert len(poll.send) <= 512
            now_s += min(poll.again_s, 0.7)

    return feed


def _of_dialect(label: str) -> Callable[[bytes], None]:
    parsers = [MQTT_DIALECTS[label].parser(message.options) for message in MQTT[label].messages]
    topics = [message.topic for message in MQTT[label].messages]
    count = 0

    def feed(piece: bytes) -> None:
        nonlocal count
        count += 1
        for parse in parsers:
            assert isinstance(parse(topics[count % len(topics)], piece), Frame | Noise)

    return feed


def check_growth(label: str, count: int) -> None:
    """Feed a tenth, then look at the memory, feed the rest, and look again."""
    inputs = fed(label, seed=11)
    for _ in islice(inputs, count // 10):
        pass
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in islice(inputs, count - count // 10):
            pass
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < GROWTH_BYTES, f"{label} keeps {grown} bytes more after {count} inputs"


@pytest.mark.parametrize("label", LABELS)
def test_a_few_thousand_mutated_inputs_break_nothing(label: str):
    for _ in islice(fed(label, seed=5), 3_000):
        pass


@pytest.mark.proof
@pytest.mark.parametrize("label", LABELS)
def test_a_million_mutated_inputs_over_the_catalog_break_nothing_and_leave_nothing_behind(
    label: str, monkeypatch: pytest.MonkeyPatch
):
    for module, bound in TABLES_OF_DEVICES:
        monkeypatch.setattr(module, bound, 5)
    check_growth(label, A_MILLION // len(LABELS) + 1)
