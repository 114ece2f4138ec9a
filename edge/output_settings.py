"""[[outputs]]: what this gateway can switch on when there is an alarm, and how it is wired; off where there are none.

name = "siren"  kind = "mqtt"    topic = "daruba/siren"            from_severity = "severe"   test = "mon 09:00"
name = "lamp"   kind = "lcus"    port = "/dev/serial/by-id/…"  channel = 1
name = "horn"   kind = "modbus"  port = "…"  baud = 9600  address = 1  coil = 0
name = "relay"  kind = "gpio"    chip = "/dev/gpiochip0"  line = 17  active_low = true
name = "sms"    kind = "sms"     to = ["+628123456789"]  language = "id"  after_s = 60  an_hour = 6
"""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from edge.phone_number import is_phone_number
from i18n.message import LocalizedMessage
from rules.rule import Severity
from runtime.settings import Settings
from wire.local_alarms import weekly_minutes
from wire.names import MAX_NAME_LENGTH, is_name


def _name(text: str) -> str:
    if not is_name(text):
        raise ValueError(
            LocalizedMessage(
                "use 1 to {most} of a-z, 0-9, '-' and '_', starting with a letter or digit", most=MAX_NAME_LENGTH
            )
        )
    return text


def _topic(text: str) -> str:
    if set(text) & {"+", "#", "\0"} or not text:
        raise ValueError(LocalizedMessage("a topic to publish to has no + and no #; write the whole of it"))
    return text


def _chip(text: str) -> str:
    if not re.fullmatch(r"/dev/gpiochip[0-9]{1,3}", text):
        raise ValueError(LocalizedMessage("is no chip; write one such as '/dev/gpiochip0'"))
    return text


def _weekly(text: str) -> str:
    if text and weekly_minutes(text) is None:
        raise ValueError(LocalizedMessage("is no time of the week; write one such as 'mon 09:00'"))
    return text


LCUS_BAUD = 9_600


class _Output(Settings):
    """`from_severity` is the mildest severity at which it is on; `test` is when it is tested silently each week."""

    name: Annotated[str, AfterValidator(_name)]
    from_severity: Severity = Severity.SEVERE
    test: Annotated[str, AfterValidator(_weekly)] = "mon 09:00"


class MqttOutput(_Output):
    """A siren or sign at the local broker; it answers on `topic`/reply unless `answers` is false."""

    kind: Literal["mqtt"]
    topic: Annotated[str, Field(max_length=200), AfterValidator(_topic)]
    command: Annotated[str, AfterValidator(_name)] = "alarm"
    answers: bool = True


class LcusOutput(_Output):
    """A channel of a USB relay of the kind LCUS-1, -2, -4 or -8, which does not answer."""

    kind: Literal["lcus"]
    port: Annotated[str, Field(min_length=1, max_length=400)]
    channel: Annotated[int, Field(ge=1, le=8)] = 1


class ModbusOutput(_Output):
    """A coil of a relay board on a serial line of its own, written and read back by Modbus RTU."""

    kind: Literal["modbus"]
    port: Annotated[str, Field(min_length=1, max_length=400)]
    baud: Annotated[int, Field(ge=1_200, le=115_200)] = 9_600
    address: Annotated[int, Field(ge=1, le=247)] = 1
    coil: Annotated[int, Field(ge=0, le=65_535)] = 0


class GpioOutput(_Output):
    """A line of a chip of the kernel, by its number on the chip."""

    kind: Literal["gpio"]
    chip: Annotated[str, AfterValidator(_chip)] = "/dev/gpiochip0"
    line: Annotated[int, Field(ge=0, le=1_023)]
    active_low: bool = False


def _number(text: str) -> str:
    if not is_phone_number(text):
        raise ValueError(
            LocalizedMessage("is no number of a telephone; write it with its country, such as '+628123456789'")
        )
    return text


class SmsOutput(_Output):
    """SMS by the modem of [modem], where the cloud has not acknowledged within `after_s` what raised an alarm.

    Each number gets `an_hour` at once at most, and then one each hour/`an_hour`. It has no silent test.
    """

    kind: Literal["sms"]
    to: Annotated[tuple[Annotated[str, AfterValidator(_number)], ...], Field(min_length=1, max_length=10)]
    language: Literal["en", "id"] = "id"
    after_s: Annotated[float, Field(ge=1, le=3_600)] = 60.0
    an_hour: Annotated[int, Field(ge=1, le=60)] = 6


OutputSettings = Annotated[MqttOutput | LcusOutput | ModbusOutput | GpioOutput | SmsOutput, Field(discriminator="kind")]
Outputs = Annotated[tuple[OutputSettings, ...], Field(max_length=16)]


def mistakes_of_outputs(
    outputs: Sequence[OutputSettings], *, has_broker: bool, has_modem: bool, ports: Sequence[str | None]
) -> Iterator[LocalizedMessage]:
    """What of the outputs contradicts itself or the rest of the file; `ports` are those of the sources."""
    names: set[str] = set()
    bauds: dict[str, int] = {}
    for at, each in enumerate(outputs):
        if each.name in names:
            yield LocalizedMessage("outputs[{at}].name: {name} is taken; write another", at=at, name=repr(each.name))
        names.add(each.name)
        if isinstance(each, MqttOutput) and not has_broker:
            yield LocalizedMessage(
                "local_broker: is missing; output {name} is reached over it: add [local_broker] with host and port",
                name=repr(each.name),
            )
        if isinstance(each, SmsOutput) and not has_modem:
            yield LocalizedMessage("modem: is missing; output {name} sends over it: add [modem]", name=repr(each.name))
        if isinstance(each, GpioOutput | MqttOutput | SmsOutput):
            continue
        if each.port in ports:
            yield LocalizedMessage(
                "outputs[{at}].port: {port} is read by a source; give the relay a line of its own",
                at=at, port=repr(each.port),
            )  # fmt: skip
        baud = each.baud if isinstance(each, ModbusOutput) else LCUS_BAUD
        if bauds.setdefault(each.port, baud) != baud:
            yield LocalizedMessage(
                "outputs[{at}].port: {port} cannot have two rates, {one} and {other}; give each relay its own line",
                at=at, port=repr(each.port), one=bauds[each.port], other=baud,
            )  # fmt: skip
