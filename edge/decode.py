"""What a family or dialect makes of a capture, one JSON object a line.

siaga-edge decode NAME [--option key=value …] [--time ISO] [--hex] FILE|-

{"sensor": "air", "quantity": "pm2_5", "value": 12.3, "unit": "ug/m3", "time": "2026-11-29T05:00:00.000Z", "marks": []}
{"noise": "checksum is wrong", "bytes": 10}      no frame, no message, or one without a reading ("warming up")
{"note": "3 frames missing before frame 7"}      what a whole frame says besides its readings
{"sensor": "gps", "quantity": "latitude", "value": 2.03456, "unit": "deg", …, "marks": ["not_stored"]}   no reading

Serial families read bytes as they came over the line; dialects read lines of topic<TAB>payload, where a payload of
bytes stands as hex:… or base64:…, or in hexadecimal digits with --hex. Distances are shown line by line, unless
median_of is given. The mark "backfill" is on what a device has kept and sends late, "out_of_bounds" on what the cloud
would refuse as physically impossible.
"""

import base64
import binascii
import json
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from edge.sources.configured import SHARED, sensor_at
from firmware_bridge.catalog import MQTT_DIALECTS, NAMES, SERIAL_FAMILIES, Found, find
from firmware_bridge.family import (
    MqttDialect,
    OptionError,
    SerialDecoder,
    SerialFamily,
    nearest,
    problems,
    settle,
)
from firmware_bridge.sample import Frame, Noise, ReceiverFix, Sample
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms
from wire import QUANTITIES

_CHUNK = 65_536
_LINE_END = 2
_MOST_PADDING = 4_096 + 64
"""As many bytes as a decoder may hold, and as many as it may call one noise."""
_CUT_OFF = "the capture ends before this was a whole frame"
_OF_BYTES: dict[str, Callable[[str], bytes]] = {"hex:": bytes.fromhex, "base64:": base64.b64decode}


class CannotDecode(Exception):
    """What was asked for cannot be done; `problem` is one sentence."""

    def __init__(self, problem: LocalizedMessage) -> None:
        super().__init__(problem)
        self.problem = problem


def decode(name: str, given: Sequence[str], *, time: str, as_hex: bool, file: str) -> Iterator[str]:
    """The lines that are printed; CannotDecode where the command, not the capture, is at fault."""
    found = found_in(name)
    options = options_of(found, [*_each_frame_by_itself(found), *given])
    print_as = _Lines(name, options, arrived_ms=_time(time))
    if isinstance(found.entry, MqttDialect):
        yield from _of_messages(found.entry, options, _bytes_of(file), print_as, as_hex=as_hex)
    else:
        yield from _of_bytes(found.entry, options, _bytes_of(file), print_as, as_hex=as_hex)


def _each_frame_by_itself(found: Found) -> list[str]:
    """A capture shows each line of a sensor whose readings are medians of several; what is given goes before."""
    return ["median_of=1"] if any(option.name == "median_of" for option in found.entry.options) else []


def found_in(name: str) -> Found:
    """What the catalog has under a name; CannotDecode with the nearest where it has nothing."""
    found = find(name)
    if found is None:
        raise CannotDecode(
            LocalizedMessage("{name} is no family or dialect; {advice}", name=repr(name), advice=nearest(name, NAMES))
        )
    return found


def known() -> Iterator[str]:
    """A line for each family and dialect: its name, its models, and what it is."""
    entries: tuple[SerialFamily | MqttDialect, ...] = (*SERIAL_FAMILIES.values(), *MQTT_DIALECTS.values())
    for entry in entries:
        models = f" ({', '.join(entry.models)})" if entry.models else ""
        yield f"{entry.name}{models}: {entry.title}"


def options_of(found: Found, given: Iterable[str]) -> dict[str, Any]:
    """The settled options, and the shared keys such as `sensor`, from key=value; keys with dots make tables."""
    table: dict[str, Any] = dict(found.options)
    for text in given:
        key, equals, value = text.partition("=")
        if not equals:
            raise CannotDecode(LocalizedMessage("--option {text}: write key=value", text=repr(text)))
        first, *rest = key.split(".", 1)
        typed = _value(value, is_text=_kind_of(found, first) is str and not rest)
        if rest:
            table.setdefault(first, {})[rest[0]] = typed
        else:
            table[first] = typed
    allowed = [option.name for option in found.entry.options]
    for key in table.keys() - set(allowed) - SHARED:
        advice = nearest(key, [*allowed, *sorted(SHARED)])
        raise CannotDecode(
            LocalizedMessage(
                "--option {key}: unknown key of {family}; {advice}", key=key, family=found.entry.name, advice=advice
            )
        )
    wrong = problems(found.entry.options, table)
    if wrong:
        raise CannotDecode(wrong[0])
    return {**settle(found.entry.options, table), **{key: table[key] for key in SHARED & table.keys()}}


def _kind_of(found: Found, name: str) -> type | None:
    return next(
        (option.kind for option in found.entry.options if option.name == name), str if name == "sensor" else None
    )


def _value(text: str, *, is_text: bool) -> Any:
    """A value as TOML has it, and as it stands where that is meant to be a text or is no TOML."""
    if is_text and not text.startswith('"'):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _time(text: str) -> int:
    if not text:
        return wall_ms()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CannotDecode(
            LocalizedMessage("--time {text}: write a time such as 2026-11-29T12:00:00+09:00", text=repr(text[:60]))
        ) from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000)


def _bytes_of(file: str) -> BinaryIO:
    if file == "-":
        return sys.stdin.buffer
    try:
        return Path(file).open("rb")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CannotDecode(LocalizedMessage("{file} cannot be read: {reason}", file=file, reason=reason)) from None


class _Lines:
    """Turns outcomes into lines of JSON."""

    def __init__(self, name: str, options: Mapping[str, Any], *, arrived_ms: int) -> None:
        self._name = name
        self._sensor = options.get("sensor") or ""
        self._level = options.get("sensor_level")
        self._channels = options.get("channels") or {}
        self._arrived_ms = arrived_ms

    def of(self, outcome: Frame | Noise, size: int, topic: str = "") -> Iterator[str]:
        """The lines for one outcome; `size` is that of a frame or message, in bytes."""
        if isinstance(outcome, Noise):
            yield _json({"noise": outcome.reason, "bytes": outcome.size})
            return
        samples = (*outcome.samples, *outcome.others)
        for sample in samples:
            reading = self._reading(sample, topic, is_one_of_several=bool(outcome.others))
            yield _json(reading | {"marks": [*(["backfill"] if outcome.kept else []), *reading["marks"]]})
        yield from self._fix(outcome.fix, topic)
        for sample in outcome.unnamed:
            yield _json(self._reading(sample, topic, is_one_of_several=False) | {"marks": ["not_stored"]})
        if outcome.note:
            is_noise = not samples and not outcome.unnamed and outcome.fix is None
            yield _json({"noise": outcome.note, "bytes": size} if is_noise else {"note": outcome.note})

    def _fix(self, fix: ReceiverFix | None, topic: str) -> Iterator[str]:
        """Where a receiver is, as readings are shown; nothing of it is stored."""
        for quantity, unit, value in () if fix is None else _place(fix):
            if value is not None:
                sample = Sample(quantity, value, time_ms=fix.time_ms if fix else None)
                reading = self._reading(sample, topic, is_one_of_several=False)
                yield _json(reading | {"unit": unit, "marks": ["not_stored"]})

    def _reading(self, sample: Sample, topic: str, *, is_one_of_several: bool) -> dict[str, Any]:
        quantity = QUANTITIES.get(sample.quantity)
        is_possible = quantity is None or quantity.low <= sample.value <= quantity.high
        return {
            "sensor": (sample.own_id if is_one_of_several else "") or self._sensor_of(sample, topic),
            "quantity": sample.quantity,
            "value": sample.value,
            "unit": quantity.unit if quantity else "",
            "time": _iso(self._arrived_ms - sample.age_ms if sample.time_ms is None else sample.time_ms),
            "marks": [] if is_possible else ["out_of_bounds"],
        }

    def _sensor_of(self, sample: Sample, topic: str) -> str:
        named = sensor_at(topic, self._level) if self._level is not None else self._sensor
        if sample.channel and not named:
            return str(self._channels.get(sample.channel, sample.channel))
        return named or self._name


def _place(fix: ReceiverFix) -> tuple[tuple[str, str, float | None], ...]:
    return (
        ("latitude", "deg", fix.latitude_deg),
        ("longitude", "deg", fix.longitude_deg),
        ("altitude", "m", fix.altitude_m),
    )


def _json(line: dict[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False, allow_nan=False)


def _iso(time_ms: int) -> str:
    try:
        return datetime.fromtimestamp(time_ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):  # a device that says the year 60000
        return f"{time_ms} ms"


def _of_bytes(
    family: SerialFamily, options: Mapping[str, Any], file: BinaryIO, lines: _Lines, *, as_hex: bool
) -> Iterator[str]:
    try:
        decoder = family.decoder(options, {})
    except OptionError as error:
        raise CannotDecode(error.problem) from None
    fed = told = 0
    newest = b""
    with file:
        for data in _hex_in(file) if as_hex else iter(lambda: file.read(_CHUNK), b""):
            for byte in data:  # one by one, so that a frame ends with the byte that it comes out with
                fed += 1
                newest = (newest + bytes((byte,)))[-_LINE_END:]
                for outcome in decoder.feed(bytes((byte,))):
                    size = outcome.size if isinstance(outcome, Noise) else fed - decoder.held - told
                    told += size
                    yield from lines.of(outcome, size)
    left = fed - told
    if left and (left > _LINE_END or newest[-left:].strip(b"\r\n")):  # the end of the last line belongs to no frame
        yield from _at_the_end(decoder, left, lines)


def _at_the_end(decoder: SerialDecoder, left: int, lines: _Lines) -> Iterator[str]:
    """What becomes of the last `left` bytes: some were judged and are told of, the others began what has no end.

    A decoder tells of noise with what follows it, so bytes of 0 follow; a frame that needs one of them is none.
    """
    judged = left - decoder.held
    for padding in range(1, _MOST_PADDING):
        for outcome in decoder.feed(b"\0"):
            size = left + padding - decoder.held
            if isinstance(outcome, Noise):
                size = min(outcome.size, judged)
                outcome = Noise(size, outcome.reason)
            if not 0 < size <= left:
                yield from lines.of(Noise(left, _CUT_OFF), left)
                return
            yield from lines.of(outcome, size)
            left, judged = left - size, judged - min(size, judged)
            if not left:
                return
    yield from lines.of(Noise(left, _CUT_OFF), left)


def _hex_in(file: BinaryIO) -> Iterator[bytes]:
    for number, line in enumerate(file, start=1):
        text = line.decode("ascii", "replace").partition("#")[0]
        try:
            yield bytes.fromhex("".join(text.replace("0x", " ").replace(",", " ").replace(":", " ").split()))
        except ValueError:
            raise CannotDecode(
                LocalizedMessage(
                    "line {number}: {text} is no hexadecimal text; write AA C0 …",
                    number=number,
                    text=repr(text.strip()[:60]),
                )
            ) from None


def _of_messages(
    dialect: MqttDialect, options: Mapping[str, Any], file: BinaryIO, lines: _Lines, *, as_hex: bool
) -> Iterator[str]:
    try:
        parse = dialect.parser(options)
    except OptionError as error:
        raise CannotDecode(error.problem) from None
    with file:
        for line in file:
            if not line.strip() or (as_hex and line.lstrip().startswith(b"#")):
                continue
            topic, payload = _message_in(line.rstrip(b"\r\n"), as_hex=as_hex)
            outcome = parse(topic, payload) if isinstance(payload, bytes) else payload
            yield from lines.of(outcome, len(payload) if isinstance(payload, bytes) else payload.size, topic)


def _message_in(line: bytes, *, as_hex: bool) -> tuple[str, bytes | Noise]:
    """Topic and payload of a line; a line without a tab is a payload on the topic ""."""
    first, tab, rest = line.partition(b"\t")
    topic, payload = (first.decode("utf-8", "replace"), rest) if tab else ("", first)
    if as_hex and not payload.startswith(tuple(prefix.encode() for prefix in _OF_BYTES)):
        payload = b"hex:" + payload.partition(b"#")[0].replace(b"0x", b" ").replace(b":", b" ").replace(b",", b" ")
    for prefix, read in _OF_BYTES.items():
        if payload.startswith(prefix.encode()):
            try:
                return topic, read(payload[len(prefix) :].decode("ascii", "replace").strip())
            except (ValueError, binascii.Error):
                return topic, Noise(len(payload), f"what follows {prefix} is none")
    return topic, payload
