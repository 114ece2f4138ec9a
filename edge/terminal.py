"""What siaga-edge says to the person at its terminal, in their language, and wrapped where there is a terminal:

edge.toml: sources[0].port: '/dev/ttyUSB7' does not exist; found
  /dev/serial/by-id/usb-1a86_USB_Serial-if00-port0
baik    nama     broker.example.org adalah 192.0.2.7
"""

import shutil
import textwrap
from collections.abc import Iterable
from typing import TextIO

from edge.check import CheckedSettings
from i18n.catalog import LanguageCode, catalog_of
from i18n.message import LocalizedMessage, in_context
from runtime.connect_step import NAMES, ConnectStep

_MARKS = {True: in_context("step", "ok"), False: in_context("step", "FAILED")}
_NARROWEST = 40
"""Columns of a terminal below which wrapping only makes it worse."""


def say(sentences: Iterable[str], language: LanguageCode, stream: TextIO) -> None:
    """Write each of `sentences`, from its second line on two columns to the right."""
    said = catalog_of(language).said
    for sentence in sentences:
        write("", said(sentence), stream, indent=2)


def say_step(step: ConnectStep, language: LanguageCode, stream: TextIO) -> None:
    """Write a step of a try to connect as a row: its outcome, its name, what there is to say."""
    said = catalog_of(language).said
    columns = [_column(said(_MARKS[step.ok]), map(said, _MARKS.values())), _column(said(step.name), map(said, NAMES))]
    begin = "".join(columns)
    write(begin, said(step.said), stream, indent=len(begin))


def summary(file: str, checked: CheckedSettings) -> LocalizedMessage:
    """That there are no mistakes, and what was read."""
    pushed, contacts = len(checked.push_sources), len(checked.gpio_sources)
    if contacts:
        return LocalizedMessage(
            "{file}: no mistakes; gateway {gateway}, {serial} serial, {mqtt} MQTT, {pushed} HTTP and {contacts} GPIO "
            "sources",
            file=file, gateway=checked.settings.gateway.id, serial=len(checked.serial_sources),
            mqtt=len(checked.mqtt_sources), pushed=pushed, contacts=contacts,
        )  # fmt: skip
    if pushed:
        return LocalizedMessage(
            "{file}: no mistakes; gateway {gateway}, {serial} serial, {mqtt} MQTT and {pushed} HTTP sources",
            file=file, gateway=checked.settings.gateway.id,
            serial=len(checked.serial_sources), mqtt=len(checked.mqtt_sources), pushed=pushed,
        )  # fmt: skip
    return LocalizedMessage(
        "{file}: no mistakes; gateway {gateway}, {serial} serial and {mqtt} MQTT sources",
        file=file, gateway=checked.settings.gateway.id,
        serial=len(checked.serial_sources), mqtt=len(checked.mqtt_sources),
    )  # fmt: skip


def time_comes_from(checked: CheckedSettings) -> LocalizedMessage:
    """Where the gateway will have its time from."""
    clock = checked.settings.clock
    if clock.trust_system:
        return LocalizedMessage("time: the machine's own clock, which the file vouches for (trust_system)")
    if clock.receiver is None:
        return LocalizedMessage("time: the machine's clock, once a time server has set it")
    return LocalizedMessage(
        "time: the machine's clock, once a time server has set it; until then the receiver {name}, without setting it",
        name=repr(clock.receiver),
    )


def _column(word: str, of: Iterable[str]) -> str:
    return f"{word:<{max(map(len, of))}}  "


def write(begin: str, text: str, stream: TextIO, *, indent: int) -> None:
    """Write `begin` and `text`, the lines after the first `indent` columns to the right."""
    print(_wrapped(begin, text, indent) if stream.isatty() else begin + text, file=stream, flush=True)


def prompt(text: str, stream: TextIO) -> None:
    """Write what an answer is typed behind."""
    print(_wrapped("", text, 2) if stream.isatty() else text, end=" ", file=stream, flush=True)


def _wrapped(begin: str, text: str, indent: int) -> str:
    """The text in the width of the terminal; paths and topics stay whole, so that they can be copied."""
    columns = shutil.get_terminal_size().columns
    if columns < _NARROWEST:
        return begin + text
    return textwrap.fill(
        text, columns - 1, initial_indent=begin, subsequent_indent=" " * indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
