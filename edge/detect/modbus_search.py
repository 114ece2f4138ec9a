"""Modbus slaves on a line: who answers, and by which register map.

01 03 00 00 00 01 84 0A ─► any good frame from 1, a refusal too: somebody is at address 1
the maps that Siaga has, asked one after the other ─► the one whose registers hold what can be

A device whose registers hold zeros looks like several; then all are named, and the label decides.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import inf

import msgspec

from edge.detect.found import DeviceFound
from edge.detect.line import SearchedLine
from edge.detect.score import Sureness
from firmware_bridge.catalog import SERIAL_FAMILIES
from firmware_bridge.families.modbus import RTU, build
from firmware_bridge.family import Asking, settle
from firmware_bridge.framing import Framer
from firmware_bridge.modbus.carrier import Adu
from firmware_bridge.modbus.pdu import HOLDING, INPUT, Span, build_request
from firmware_bridge.modbus.ready_maps import MODELS, table_of
from firmware_bridge.sample import Frame, Sample
from wire import QUANTITIES

BAUDS = (9_600, 4_800, 115_200)
FIRST, OTHERS = range(1, 11), range(11, 248)
MOST_SLAVES = 8
_FIRST_S, _OTHERS_S, _QUIET_S = 0.25, 0.12, 0.05
_TALK_S = 1.5
"""For one map; its device answers in a few ms."""
_ITS_RATE = 0.25
"""What it is worth that a device is heard at the rate that it leaves the factory with."""


def slaves_on(
    line: SearchedLine, left_s: Callable[[], float], progress: Callable[[str, int], None]
) -> tuple[DeviceFound, ...]:
    """The slaves at the first rate at which any answers, as long as `left_s` says that there is time."""
    for addresses, wait_s in ((FIRST, _FIRST_S), (OTHERS, _OTHERS_S)):
        for baud in BAUDS if line.has_baud else BAUDS[:1]:
            line.set_baud(baud)
            progress("modbus", baud)
            found = _answering(line, addresses, wait_s, left_s)
            if found:
                return tuple(_identified(line, address, baud) for address in found)
    return ()


def _answering(line: SearchedLine, addresses: Iterable[int], wait_s: float, left_s: Callable[[], float]) -> list[int]:
    found: list[int] = []
    for address in addresses:
        if not left_s() or len(found) >= MOST_SLAVES:
            break
        if any(_answers(line, address, function, wait_s) for function in (HOLDING, INPUT)[: 1 + (address in FIRST)]):
            found.append(address)
    return found


def _answers(line: SearchedLine, address: int, function: int, wait_s: float) -> bool:
    request = build(Adu(address, build_request(Span(function, 0, 1))))
    came = line.exchange(request, wait_s, quiet_s=_QUIET_S).removeprefix(request)
    return any(frame[0] == address for frame in frames_in(came))


def frames_in(came: bytes) -> list[bytes]:
    """The frames whose CRC is good."""
    found: list[bytes] = []

    def keep(frame: bytes) -> Frame:
        found.append(frame)
        return Frame(())

    Framer(RTU.framing, keep).feed(came)
    return found


def _identified(line: SearchedLine, address: int, baud: int) -> DeviceFound:
    """Which of the maps a slave's registers fit best."""
    told = [(_worth(samples, model, baud, line), model, samples) for model, samples in _readings(line, address)]
    at = baud if line.has_baud else None
    if not told:
        options: dict[str, object] = {"address": address}
        return DeviceFound("modbus", options, at, Sureness.LIKELY, 1, 0, is_asked=True, labels=True)
    best = max(worth for worth, _, _ in told)
    (model, samples), *others = [(model, samples) for worth, model, samples in told if worth > best - 0.01]
    same = [other for other in MODELS if MODELS[other] == MODELS[model] and other != model]
    return DeviceFound(
        "modbus", {"model": model, "address": address}, at, Sureness.POSSIBLE if others else Sureness.LIKELY,
        len(samples), 0, samples, is_asked=True, labels=True, alike=(*same, *(other for other, _ in others)),
    )  # fmt: skip


def _readings(line: SearchedLine, address: int) -> Iterator[tuple[str, tuple[Sample, ...]]]:
    """What a slave says when it is asked as each of the models; those that give nothing are left out."""
    for model in _models():
        samples = _read(line, address, model)
        if samples:
            yield model, samples


def _models() -> Sequence[str]:
    """A model for each map."""
    return list({name: model for model, name in reversed(MODELS.items())}.values())


def _read(line: SearchedLine, address: int, model: str) -> tuple[Sample, ...]:
    """What a slave says when it is asked as `model`."""
    family = SERIAL_FAMILIES["modbus"]
    options = {"devices": {str(address): model}, "every_s": 60.0, "answer_s": 0.3}
    decoder = family.decoder(settle(family.options, options), {})
    found: dict[str, Sample] = {}
    end_s = line.now_s() + _TALK_S
    while isinstance(decoder, Asking) and (now_s := line.now_s()) < end_s:
        poll = decoder.poll(now_s)
        if not poll.send and poll.again_s > _TALK_S:
            break
        came = line.exchange(poll.send, min(poll.again_s, end_s - now_s), quiet_s=_QUIET_S if poll.send else inf)
        frames = [outcome for outcome in decoder.feed(came) if isinstance(outcome, Frame)]
        alone = (msgspec.structs.replace(sample, channel="") for frame in frames for sample in frame.samples)
        found.update((sample.quantity, sample) for sample in alone)
    return tuple(found.values())


def _worth(samples: Sequence[Sample], model: str, baud: int, line: SearchedLine) -> float:
    """How much of a map holds what can be, and is not just 0."""
    table = table_of(model)
    asked = {register["quantity"] for register in table["registers"]}
    good = sum(1.0 if sample.value else 0.4 for sample in samples if _can_be(sample))
    bad = sum(not _can_be(sample) for sample in samples)
    is_its_rate = line.has_baud and table.get("baud") == baud
    return (good - 2 * bad) / len(asked) + _ITS_RATE * is_its_rate


def _can_be(sample: Sample) -> bool:
    quantity = QUANTITIES.get(sample.quantity)
    return quantity is None or quantity.low <= sample.value <= quantity.high
