"""Where and when a receiver is, in NMEA 0183.  ddmm.mmmm and dddmm.mmmm: degrees and minutes

RMC  hhmmss.ss, A valid or V, lat, N|S, lon, E|W, knots, course, ddmmyy, variation, E|W, mode, status
GGA  hhmmss.ss, lat, N|S, lon, E|W, quality, satellites, HDOP, altitude, M, geoid, M, age, station
GLL  lat, N|S, lon, E|W, hhmmss.ss, A or V, mode
ZDA  hhmmss.ss, dd, mm, yyyy, zone                    4916.45,N = 49 + 16.45/60 = 49.2741667

Quality 0, status V and mode N are no fix; 6 to 8 and E, M, S are positions that were reckoned, typed in or simulated.
Neither is used, nor a ZDA before the receiver has a fix. A receiver counts weeks in 10 bits: one of another age gives a
day 1,024 weeks early, so a time before this software was made is none, nor is one as many weeks after it.
"""

import re
from datetime import UTC, datetime, timedelta

from firmware_bridge.sample import Frame, ReceiverFix

MADE = datetime(2026, 11, 1, tzinfo=UTC)
_ROLLED_OVER = MADE + timedelta(weeks=1_024)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OF_THIS_CENTURY = 80
"""Two digits of a year below it are of the years 2000 on: GPS began in 1980."""
_MEASURED_QUALITIES = {"1", "2", "3", "4", "5", "9"}
_MEASURED_MODES = {"", "A", "D", "F", "P", "R"}
_ANGLE = re.compile(r"([0-9]{2,3})([0-5][0-9](?:\.[0-9]*)?)")
_CLOCK = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9])(?:\.([0-9]{0,9}))?")
_NUMBER = re.compile(r"-?[0-9]{1,6}(?:\.[0-9]*)?")

NO_FIX = Frame((), "the receiver has no fix: neither position nor time are used")
RECKONED = Frame((), "the position was reckoned, typed in or simulated: it is not used")


def degrees(text: str, hemisphere: str, *, of: str) -> float | None:
    """Degrees of a latitude (`of` is "NS") or a longitude ("EW"); None where it is none."""
    found = _ANGLE.fullmatch(text)
    if found is None or hemisphere not in of or not hemisphere or len(found[1]) != (2 if of == "NS" else 3):
        return None
    angle = int(found[1]) + float(found[2]) / 60
    if angle > (90 if of == "NS" else 180):
        return None
    return round(angle if hemisphere in "NE" else -angle, 7)


def time_of(clock: str, day: str, month: str, year: str) -> datetime | None:
    """The time (UTC) of a clock and a date; a year of two digits is one from 1980 to 2079."""
    found = _CLOCK.fullmatch(clock)
    if found is None or not (day + month + year).isdecimal():
        return None
    full = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= _OF_THIS_CENTURY else 2000)
    try:
        whole = datetime(full, int(month), int(day), int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
    except ValueError:
        return None
    return whole + timedelta(seconds=float(f"0.{found[4] or 0}"))


class FixSentences:
    """Reads the sentences of one receiver, and knows whether it has a fix."""

    def __init__(self) -> None:
        self._has_fix = False

    def rmc(self, fields: list[str]) -> Frame:
        """Position, time and date."""
        clock, status, date = fields[0], fields[1], fields[8]
        moment = time_of(clock, date[:2], date[2:4], date[4:]) if len(date) == 6 else None
        return self._fix(fields[2:6], status == "A", _mode(fields, 11), moment)

    def gga(self, fields: list[str]) -> Frame:
        """Position and altitude; its clock has no date."""
        quality = fields[5]
        is_measured = quality in _MEASURED_QUALITIES
        altitude = float(fields[8]) if fields[9] == "M" and _NUMBER.fullmatch(fields[8]) else None
        return self._fix(fields[1:5], quality not in ("", "0"), is_measured, None, altitude_m=altitude)

    def gll(self, fields: list[str]) -> Frame:
        """Position alone; its clock has no date."""
        return self._fix(fields[:4], fields[5] == "A", _mode(fields, 6), None)

    def zda(self, fields: list[str]) -> Frame:
        """Time and date alone, which a receiver without a fix has from a clock of its own."""
        moment = time_of(*fields[:4]) if len(fields[3]) == 4 else None
        if moment is None:
            return NO_FIX
        if not self._has_fix:
            return Frame((), f"the time {_said(moment)} is of a receiver that has told no fix: it is not used")
        return _heard(ReceiverFix(), moment, "")

    def _fix(
        self, place: list[str], is_valid: bool, is_measured: bool, moment: datetime | None, *,
        altitude_m: float | None = None,
    ) -> Frame:  # fmt: skip
        self._has_fix = False
        if not is_valid:
            return NO_FIX
        if not is_measured:
            return RECKONED
        latitude = degrees(place[0], place[1], of="NS")
        longitude = degrees(place[2], place[3], of="EW")
        if latitude is None or longitude is None:
            return Frame((), "the position is none: it is not used")
        self._has_fix = True
        fix = ReceiverFix(latitude, longitude, altitude_m)
        height = "" if altitude_m is None else f", {altitude_m:g} m"
        return _heard(fix, moment, f"position {latitude:.5f}, {longitude:.5f}{height}")


def _mode(fields: list[str], at: int) -> bool:
    """Whether the mode, which came with version 2.3, is one of a position that was measured."""
    return len(fields) <= at or fields[at] in _MEASURED_MODES


def _heard(fix: ReceiverFix, moment: datetime | None, place: str) -> Frame:
    if moment is None:
        return Frame((), place, fix=fix)
    if not MADE <= moment < _ROLLED_OVER:
        where = "before this software was made" if moment < MADE else "1,024 weeks after this software was made"
        why = f"the time {_said(moment)} lies {where}: have its weeks rolled over? It is not used"
        return Frame((), f"{place}; {why}" if place else why, fix=fix if place else None)
    time_ms = (moment - _EPOCH) // timedelta(milliseconds=1)
    known = ReceiverFix(fix.latitude_deg, fix.longitude_deg, fix.altitude_m, time_ms)
    return Frame((), place or f"time {_said(moment)}", fix=known)


def _said(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
