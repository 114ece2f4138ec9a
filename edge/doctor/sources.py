"""Each source: what the running agent says of it, or what is heard when its line is opened for some seconds.

river   pass  water_level 132.4 cm, 2 s ago           air   fail  bytes come that are no frames: wrong rate or family …
"""

from collections.abc import Iterator
from pathlib import Path

from edge.control.snapshot import SourceNow
from edge.detect.line import SearchedLine
from edge.detect.ports import holders_of
from edge.detect.sentences import of_holders, values_of
from edge.detect.tty_line import opened_line
from edge.doctor.finding import CheckOutcome, Finding
from edge.sources.configured import SerialSource
from edge.sources.line import LineGone, is_remote
from firmware_bridge.family import Asking
from firmware_bridge.sample import Frame, Noise, Sample
from i18n.message import LocalizedMessage
from wire import SourceStatus

_TURN_S = 0.5
_SHOWN = 3


def of_the_agent(source: SourceNow) -> Finding:
    """What an agent that runs says."""
    if source.state is SourceStatus.FAILED:
        said = LocalizedMessage("is not there: {detail}", detail=source.detail)
        return Finding("source", source.name, CheckOutcome.FAIL, said)
    if source.reading_age_s is None or source.state is SourceStatus.SILENT:
        return Finding("source", source.name, CheckOutcome.FAIL, _of_silence(source))
    shown = ", ".join(f"{one.quantity} {one.value:g} {one.unit}".strip() for one in source.values[:_SHOWN])
    said = LocalizedMessage("{values}, {age:.0f} s ago", values=shown or str(source.readings), age=source.reading_age_s)
    if source.noise_bytes > source.heard_bytes / 4:
        said = LocalizedMessage("{values}; {noise} of {heard} bytes were noise: look at cable and GND", values=said,
                                noise=source.noise_bytes, heard=source.heard_bytes)  # fmt: skip
        return Finding("source", source.name, CheckOutcome.WARN, said)
    return Finding("source", source.name, CheckOutcome.PASS, said)


def _of_silence(source: SourceNow) -> LocalizedMessage:
    detail = source.detail or "-"
    if not source.heard_bytes:
        return LocalizedMessage("nothing was heard ({detail}): look at power and cable, RX and TX", detail=detail)
    if not source.frames:
        return LocalizedMessage(
            "bytes come that are no frames ({detail}): stop the agent, and siaga-edge detect says why", detail=detail
        )
    return LocalizedMessage("frames come, and no reading for long ({detail})", detail=detail)


def listened_to(source: SerialSource, seconds: float) -> Finding:
    """What is heard on the line of a source while no agent runs."""
    if is_remote(source.port):
        said = LocalizedMessage("{port} is in the network: only the agent reads it", port=source.port)
        return Finding("source", source.name, CheckOutcome.WARN, said)
    holders = holders_of(Path(source.port))
    if holders:
        said = of_holders(source.port, holders, {"name": source.name})
        return Finding("source", source.name, CheckOutcome.FAIL, said)
    try:
        with opened_line(source.port) as line:
            line.set_baud(source.baud)
            return heard_on(line, source, seconds)
    except LineGone as gone:
        return Finding("source", source.name, CheckOutcome.FAIL, LocalizedMessage("{sentence}", sentence=str(gone)))


def heard_on(line: SearchedLine, source: SerialSource, seconds: float) -> Finding:
    """What the decoder of a source makes of its line until there are readings, in `seconds` at most."""
    frames, noise, note, trouble = 0, 0, "", ""
    for outcome, said in _outcomes(line, source, seconds):
        trouble = said or trouble
        if isinstance(outcome, Noise):
            noise += outcome.size
        elif outcome is not None:
            frames, note = frames + 1, outcome.note or note
            if outcome.samples:
                return Finding("source", source.name, CheckOutcome.PASS, _of_samples(outcome.samples))
    return Finding(
        "source", source.name, CheckOutcome.WARN if frames else CheckOutcome.FAIL, _why(frames, noise, note, trouble)
    )


def _outcomes(line: SearchedLine, source: SerialSource, seconds: float) -> Iterator[tuple[Frame | Noise | None, str]]:
    """As the agent would: ask where the family asks, and decode."""
    decoder = source.family.decoder(source.options, {})
    end_s = line.now_s() + seconds
    while (now_s := line.now_s()) < end_s:
        wait_s, send, trouble = _TURN_S, b"", ""
        if isinstance(decoder, Asking):
            poll = decoder.poll(now_s)
            wait_s, send, trouble = min(poll.again_s, _TURN_S), poll.send, poll.trouble
        outcomes = decoder.feed(line.exchange(send, max(0.01, min(wait_s, end_s - now_s)), quiet_s=_TURN_S))
        yield None, trouble
        yield from ((outcome, "") for outcome in outcomes)


def _of_samples(samples: tuple[Sample, ...]) -> LocalizedMessage:
    return LocalizedMessage("{values}, just heard", values=values_of(samples[:_SHOWN]))


def _why(frames: int, noise: int, note: str, trouble: str) -> LocalizedMessage:
    if frames:
        return LocalizedMessage("frames come, and no reading yet ({detail})", detail=note or "-")
    if noise:
        return LocalizedMessage("{noise} bytes came that are no frames: siaga-edge detect says why", noise=noise)
    return LocalizedMessage("nothing was heard ({detail}): look at power and cable, RX and TX", detail=trouble or "-")
