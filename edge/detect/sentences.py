"""What is told of a line to whoever stands before it:  what hangs there and how sure that is, or why nothing is heard.

Nova SDS011/SDS021 particulate sensor: certain (5 frames heard at 9600 baud, noise: 0 bytes)
nothing was heard at any rate, and no question was answered …
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edge.detect.candidates import BAUDS, MORE_BAUDS
from edge.detect.found import DeviceFound, LineFound, Nothing
from edge.detect.messages import MOST_TOPICS, HeardMessages, TopicFound
from edge.detect.ports import PortHolder
from edge.detect.score import Sureness
from edge.detect.text_guess import newest_line
from firmware_bridge.catalog import MQTT_DIALECTS, SERIAL_FAMILIES
from firmware_bridge.family import settle
from firmware_bridge.sample import Sample
from i18n.message import LocalizedMessage, in_context
from wire import QUANTITIES

_SURENESS = {
    Sureness.CERTAIN: in_context("sureness", "certain"),
    Sureness.LIKELY: in_context("sureness", "likely"),
    Sureness.POSSIBLE: in_context("sureness", "possible"),
}
_SHOWN_BYTES = 16
PROGRESS = {
    "listen": LocalizedMessage("listening"),
    "ask": LocalizedMessage("asking"),
    "modbus": LocalizedMessage("looking for Modbus slaves"),
}


def of_line(found: LineFound) -> Iterator[str]:
    """The sentences on one port."""
    for device in found.devices:
        yield from of_device(device)
    if found.nothing is not None:
        yield _of_nothing(found)
        if found.framing_errors:
            yield LocalizedMessage(
                "the adapter counted {count} characters that were none: the rate is another one, or the parity",
                count=found.framing_errors,
            )


def of_device(device: DeviceFound) -> Iterator[str]:
    """What it is, what it says, and what to look at."""
    title, sureness = SERIAL_FAMILIES[device.family].title, _SURENESS[device.sureness]
    baud = _baud_of(device)
    if device.is_asked and "address" in device.options:
        yield LocalizedMessage(
            "{title}: {sureness} (a slave answers at address {address}, {baud} baud)",
            title=title, sureness=sureness, address=device.options["address"], baud=baud,
        )  # fmt: skip
    elif device.is_asked:
        yield LocalizedMessage(
            "{title}: {sureness} (it answers at {baud} baud)", title=title, sureness=sureness, baud=baud
        )
    else:
        yield LocalizedMessage(
            "{title}: {sureness} ({frames} frames heard at {baud} baud, noise: {noise} bytes)",
            title=title, sureness=sureness, frames=device.frames, baud=baud, noise=device.noise_bytes,
        )  # fmt: skip
    if device.samples:
        yield values_of(device.samples)
    elif device.note:
        yield LocalizedMessage("no reading yet; it says: {note}", note=repr(device.note))
    if device.baud is not None and device.baud != _usual(device):
        yield LocalizedMessage(
            "it speaks at {baud} baud, and leaves the factory with {usual}: keep the line baud = {baud}",
            baud=device.baud, usual=_usual(device),
        )  # fmt: skip
    if device.alike:
        yield LocalizedMessage("these sound alike, the label says which: {models}", models=", ".join(device.alike[:8]))
    elif device.labels:
        yield LocalizedMessage("several models sound alike: compare model with the label")
    if device.family == "modbus" and device.options.get("mode") == "listen":
        yield LocalizedMessage(
            "another master asks on this line, and there may be one only: listen to it, or take it away"
        )


def values_of(samples: Sequence[Sample]) -> str:
    """pm2_5 12.3 ug/m3, pm10 30.1 ug/m3"""
    said = []
    for sample in samples[:8]:
        quantity = QUANTITIES.get(sample.quantity)
        channel = f"{sample.channel}: " if sample.channel else ""
        said.append(f"{channel}{sample.quantity} {sample.value:g} {quantity.unit if quantity else ''}".strip())
    return ", ".join(said)


def _baud_of(device: DeviceFound) -> int:
    return device.baud if device.baud is not None else _usual(device)


def _usual(device: DeviceFound) -> int:
    family = SERIAL_FAMILIES[device.family]
    return family.baud_with(settle(family.options, device.options))


def _of_nothing(found: LineFound) -> LocalizedMessage:
    if found.nothing is Nothing.SILENT:
        return LocalizedMessage(
            "nothing was heard at any rate, and no question was answered, in {seconds:.0f} s: look at the power; "
            "exchange RX and TX (on RS-485 A and B); with --seconds 300 it is listened to for longer",
            seconds=found.searched_s,
        )
    if found.nothing is Nothing.ECHO:
        return LocalizedMessage(
            "only what was sent came back: RX and TX touch each other, or the RS-485 adapter repeats what it sends and "
            "nobody answers; look at the wires and at the power of the sensor"
        )
    if found.nothing is Nothing.INVERTED:
        return LocalizedMessage(
            "text came with its bits turned round: a sensor of RS-232 polarity is on a TTL input, or the other way "
            "round; use the other input, or an inverter"
        )
    if found.nothing is Nothing.UNKNOWN_TEXT:
        return LocalizedMessage(
            "lines of text that no family writes, such as {line}; the family generic reads them",
            line=repr(newest_line(found.heard)),
        )
    return LocalizedMessage(
        "{size} bytes came that are no frames at any rate ({bauds}), beginning with {bytes}: a wrong rate or parity, a "
        "device that Siaga does not know, or no common GND; look at its label for the baud rate",
        size=len(found.heard), bauds=", ".join(map(str, (*BAUDS, *MORE_BAUDS))),
        bytes=found.heard[:_SHOWN_BYTES].hex(" ").upper(),
    )  # fmt: skip


def of_holders(port: str, holders: Sequence[PortHolder], source: Mapping[str, Any] | None) -> LocalizedMessage:
    """Who has the port: the running agent, for which of its sources, or another program."""
    holder = holders[0]
    if holder.is_agent and source is not None:
        return LocalizedMessage(
            "{port} belongs to the running agent (process {process}), which reads its source {source} there; stop it "
            "for a moment: sudo systemctl stop siaga-edge",
            port=port, process=holder.process, source=repr(source.get("name", "?")),
        )  # fmt: skip
    if holder.is_agent:
        return LocalizedMessage(
            "{port} belongs to a running agent (process {process}); stop it for a moment: "
            "sudo systemctl stop siaga-edge",
            port=port, process=holder.process,
        )  # fmt: skip
    return LocalizedMessage(
        "{port} is read by {program} (process {process}), and two readers take each other's bytes away; stop that one",
        port=port, program=holder.program or "?", process=holder.process,
    )  # fmt: skip


def of_the_file(found: LineFound, source: Mapping[str, Any] | None) -> Iterator[LocalizedMessage]:
    """Where edge.toml says something else of this port than was heard."""
    if source is None or not found.devices:
        return
    device = found.devices[0]
    name, baud = repr(source.get("name", "?")), source.get("baud")
    if isinstance(baud, int) and device.baud is not None and baud != device.baud:
        yield LocalizedMessage(
            "edge.toml has baud = {written} for this port (source {source}), which is wrong: it is {baud}",
            written=baud, source=name, baud=device.baud,
        )  # fmt: skip


def of_topic(found: TopicFound) -> LocalizedMessage:
    """What the messages on a topic are."""
    if found.dialect:
        return LocalizedMessage(
            "{topic}: {title} ({count} messages): {values}",
            topic=found.topic, title=MQTT_DIALECTS[found.dialect].title, count=found.count,
            values=values_of(found.samples),
        )  # fmt: skip
    if found.fields:
        shown = ", ".join(f"{path} = {value:g}" for path, value in list(found.fields.items())[:8])
        return LocalizedMessage(
            "{topic}: {count} messages of JSON whose names mean nothing here; say in values what they are: {fields}",
            topic=found.topic, count=found.count, fields=shown,
        )  # fmt: skip
    return LocalizedMessage(
        "{topic}: {count} messages in which nobody knows a reading", topic=found.topic, count=found.count
    )


def of_broker(heard: HeardMessages) -> Iterator[LocalizedMessage]:
    """What is to be said of a broker besides its topics."""
    if not heard.order:
        yield LocalizedMessage("no message came; do the sensors know the address of this broker, and may they publish?")
    if heard.more_topics:
        yield LocalizedMessage("there are more topics than {most}; these alone were looked at", most=MOST_TOPICS)
