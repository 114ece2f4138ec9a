"""A device's own time, as the options of a source say it is written.

time_format = "epoch_ms"   "iso"   "epoch"   or as strptime writes it: "%d.%m.%Y %H:%M:%S"        zone = "+09:00"
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timezone
from typing import Any

from firmware_bridge.family import Option, OptionError
from firmware_bridge.timestamps import OFFSETS, READERS, Reader, zone_of
from i18n.message import LocalizedMessage, located

ZONE = Option("zone", str, LocalizedMessage('the offset of iso times that name no zone: "+09:00"'), default="")
TIME_FORMAT = Option(
    "time_format",
    str,
    LocalizedMessage(
        'how the time is written: {known}, or a format such as "%d.%m.%Y %H:%M:%S"', known=", ".join(READERS)
    ),
    default="iso",
)
_NOON = datetime(2026, 11, 29, 12, 34, 56, tzinfo=UTC)

ReadTime = Callable[[Any], int | str]
"""Turns a time as it is written into UTC milliseconds; or says what is wrong."""


def time_reader(chosen: Mapping[str, Any]) -> ReadTime:
    """How times are read, from the options `time_format` and `zone`; OptionError where these cannot be used."""
    zone = zone_of(chosen["zone"])
    if chosen["zone"] and zone is None:
        raise OptionError(_no_offset(chosen["zone"]))
    written: str = chosen["time_format"]
    read = _by_format(written) if "%" in written else READERS.get(written)
    if read is None:
        raise OptionError(
            LocalizedMessage(
                "time_format: {format}: write one of: {known}, or a format with a date such as "
                '"%d.%m.%Y %H:%M:%S"',
                format=repr(written[:60]), known=", ".join(READERS),
            )
        )  # fmt: skip
    return lambda value: read(value, zone)


def _no_offset(zone: str) -> LocalizedMessage:
    offset = OFFSETS.get(zone.upper())
    if offset:
        advice = LocalizedMessage('write its offset from UTC, "{offset}"', offset=offset)
    else:
        advice = LocalizedMessage('write an offset from UTC such as "+09:00"')
    return located("zone", located(repr(zone[:40]), advice))


def _by_format(written: str) -> Reader | None:
    """A reader of times in a format of strptime; None where that is none, or has no date."""
    try:
        again = datetime.strptime(_NOON.strftime(written), written)  # noqa: DTZ007 - most formats have no zone
    except ValueError:
        return None
    if again.date() != _NOON.date():
        return None

    def read(value: Any, zone: timezone | None) -> int | str:
        if type(value) is not str:
            return "is missing" if value is None else "is not text"
        try:
            moment = datetime.strptime(value.strip(), written)  # noqa: DTZ007
        except ValueError:
            return f"is not written as {written}"
        if moment.tzinfo is None:
            if zone is None:
                return "names no zone; set zone"
            moment = moment.replace(tzinfo=zone)
        return round(moment.timestamp() * 1_000)

    return read
