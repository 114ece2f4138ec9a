"""Weather in NMEA 0183: a value, and its unit as a letter behind it.

MWV  angle, R|T, speed, K|M|N|S, A or V             wind: R from the mark of the sensor, T true; V: not valid
MWD  direction, T, direction, M, speed, N, speed, M  wind: true and magnetic; knots and m/s
MDA  pressure, I, pressure, B, air, C, water, C, humidity, g/kg, dew point, C, direction, T, direction, M, speed, N,
     speed, M                                        I inHg, B bar
MTA  air, C      MTW  water, C      MHU  humidity, g/kg, dew point, C      MMB  pressure, I, pressure, B
XDR  type, value, unit, name, type, value, unit, name, …        any: C temperature, P pressure, H humidity, …

A station with a compass sends both relative and true wind: the true one counts then. Names of transducers are the
maker's: what is known not to be the air's is left out, and so is each temperature after the first that nobody named.
Vaisala's WXT numbers them: S and A 0, 1, 2 are the least, mean and most of the wind, R 0 the rain rate.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from firmware_bridge.sample import Frame, Sample
from wire import Quantity, QuantityTable
from wire.units import conversion

QUANTITIES = (
    "wind_speed", "wind_direction", "wind_gust", "temperature", "humidity", "pressure", "water_temperature",
    "rain_rate",
)  # fmt: skip
_SPEEDS = {"K": "km/h", "M": "m/s", "N": "[kn_i]", "S": "[mi_i]/h"}
UNITS = {
    # of a transducer, by its type: the UCUM code of each letter
    "A": {"D": "deg"},
    "C": {"C": "Cel", "F": "[degF]", "K": "K"},
    "D": {"M": "m", "I": "[in_i]"},
    "H": {"P": "%", "": "%"},
    "I": {"A": "A"},
    "P": {"B": "bar", "P": "Pa", "H": "hPa", "I": "[in_i'Hg]", "M": "mm[Hg]"},
    "R": {"M": "mm/h", "I": "[in_i]/h"},
    "S": _SPEEDS,
    "U": {"V": "V"},
}
_OF_VAISALA = {("S", "1"): "wind_speed", ("S", "2"): "wind_gust", ("A", "1"): "wind_direction", ("R", "0"): "rain_rate"}
_USUAL = {"C": "temperature", "H": "humidity", "P": "pressure"}
_WATER = re.compile(r"WATER|WTEMP|SEA|SST|^TW$")
_NOT_OF_THE_AIR = re.compile(
    r"DEW|CHIL|WCH|HEAT|HINX|INDEX|FEEL|WET ?BULB|INSIDE|INDOOR|INTERN|ROOM|CABIN|ENGINE|EXH|OIL|FUEL|COOL|BATT|CPU|"
    r"FRIDGE|FREEZ|SOIL|BOARD|CASE|TIRE|TANK|HYDR|ABS"
)
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:\.[0-9]{0,9})?|[+-]?\.[0-9]{1,9}")
_TRUE_WIND_FOR = 60
"""So many relative winds after the last true one, relative wind counts again."""


def number(text: str) -> float | None:
    """The number that a field is; None for an empty one, and for what is no plain number."""
    return float(text) if _NUMBER.fullmatch(text) else None


class Transducer(NamedTuple):
    """One of an XDR."""

    type: str
    value: str
    unit: str
    name: str


class WeatherSentences:
    """Reads the sentences of one station; `names` are quantities of transducers by their name."""

    def __init__(self, heading_deg: float, names: Mapping[str, Quantity], table: QuantityTable) -> None:
        self._heading_deg = heading_deg
        self._names = {name.upper(): quantity for name, quantity in names.items()}
        self._table = table
        self._true_wind = 0

    def mwv(self, fields: list[str]) -> Frame:
        """Wind, relative or true."""
        angle, reference, speed, unit, status = fields
        if status != "A":
            return Frame((), "the station says that its wind is not valid")
        if reference not in ("R", "T"):
            return Frame((), f"wind with the reference {reference[:8]!r}, which is neither R nor T")
        if reference == "R":
            if self._true_wind:
                self._true_wind -= 1
                return Frame((), "relative wind, which is left out while the station gives true wind too")
            angle = _turned(angle, self._heading_deg)
        elif number(angle) is not None:
            self._true_wind = _TRUE_WIND_FOR
        return self._wind(angle, (speed, unit))

    def mwd(self, fields: list[str]) -> Frame:
        """Wind, true."""
        direction, _, magnetic, _, knots, _, metres, _ = fields
        return self._true(direction, magnetic, knots, metres, ())

    def mda(self, fields: list[str]) -> Frame:
        """Pressure, air, water, humidity, wind."""
        pressure = (fields[2], "bar") if number(fields[2]) is not None else (fields[0], "[in_i'Hg]")
        others = (
            self._sample("pressure", *pressure),
            self._sample("temperature", fields[4], "Cel"),
            self._sample("water_temperature", fields[6], "Cel"),
            self._sample("humidity", fields[8], "%"),
        )
        found = tuple(sample for sample in others if sample is not None)
        return self._true(fields[12], fields[14], fields[16], fields[18], found)

    def mta(self, fields: list[str]) -> Frame:
        """Temperature of the air."""
        return _frame([self._sample("temperature", fields[0], UNITS["C"].get(fields[1], ""))])

    def mtw(self, fields: list[str]) -> Frame:
        """Temperature of the water."""
        return _frame([self._sample("water_temperature", fields[0], UNITS["C"].get(fields[1], ""))])

    def mhu(self, fields: list[str]) -> Frame:
        """Humidity."""
        return _frame([self._sample("humidity", fields[0], "%")])

    def mmb(self, fields: list[str]) -> Frame:
        """Pressure."""
        bar = self._sample("pressure", fields[2], "bar")
        return _frame([bar or self._sample("pressure", fields[0], "[in_i'Hg]")])

    def xdr(self, fields: list[str]) -> Frame:
        """Any transducers."""
        if len(fields) % 4 == 1 and not fields[-1]:
            fields = fields[:-1]
        elif len(fields) % 4 == 3:
            fields = [*fields, ""]  # the last one without a name
        if len(fields) % 4 or not fields:
            return Frame((), f"XDR with {len(fields)} fields, which are not four for each transducer")
        samples: list[Sample] = []
        left_out: list[str] = []
        for at in range(0, len(fields), 4):
            transducer = Transducer(*fields[at : at + 4])
            found = self._of(transducer, {sample.quantity for sample in samples})
            if isinstance(found, Sample):
                samples.append(found)
            elif found:
                left_out.append(found)
        return Frame(tuple(samples), "; ".join(left_out[:4]) or ("" if samples else "no transducer has a value"))

    def _of(self, transducer: Transducer, taken: set[str]) -> Sample | str:
        """The reading of a transducer, or why it is none; "" where it has no value."""
        if not transducer.value:
            return ""
        named = f"{transducer.type[:4]} {transducer.name[:20]}".strip()
        quantity = self._quantity_of(transducer)
        if quantity is None:
            return f"transducer {named} is left out; say in names what it measures, if it is wanted"
        if quantity.name in taken:
            return f"transducer {named} is a second {quantity.name}; say in names which is which"
        code = UNITS.get(transducer.type, {}).get(transducer.unit)
        value = number(transducer.value)
        convert = conversion(code, quantity) if code is not None else None
        if convert is None or value is None:
            return (
                f"transducer {named}: {transducer.value[:12]} {transducer.unit[:4]} is no {quantity.name} "
                f"({quantity.unit})"
            )
        converted = convert(value)
        if not quantity.low <= converted <= quantity.high:
            return f"transducer {named}: {converted:g} {quantity.unit} cannot be a {quantity.name}"
        return Sample(quantity.name, converted)

    def _quantity_of(self, transducer: Transducer) -> Quantity | None:
        name = transducer.name.upper()
        if name in self._names:
            return self._names[name]
        usual = _OF_VAISALA.get((transducer.type, name)) or _USUAL.get(transducer.type)
        if usual == "temperature" and _WATER.search(name):
            usual = "water_temperature"
        elif usual is None or _NOT_OF_THE_AIR.search(name):
            return None
        return self._table[usual]

    def _true(self, direction: str, magnetic: str, knots: str, metres: str, others: Sequence[Sample]) -> Frame:
        """True wind and what came with it."""
        if number(direction) is not None:
            self._true_wind = _TRUE_WIND_FOR
        speed = (metres, "M") if number(metres) is not None else (knots, "N")
        wind = self._wind(direction, speed)
        note = wind.note if wind.samples or not others else ""
        if number(direction) is None and number(magnetic) is not None:
            note = "direction of the wind from the magnetic north alone, which is left out"
        return Frame((*others, *wind.samples), note)

    def _wind(self, angle: str, speed: tuple[str, str]) -> Frame:
        code = _SPEEDS.get(speed[1])
        if code is None and speed[0]:
            return Frame((), f"speed of the wind in {speed[1][:8]!r}, which is none of {', '.join(_SPEEDS)}")
        samples = [self._sample("wind_speed", speed[0], code or ""), self._sample("wind_direction", angle, "deg")]
        fastest = max((sample.value for sample in samples[:1] if sample is not None), default=0.0)
        value = number(angle)
        if fastest < 0 or (value is not None and not 0 <= value <= 360):
            return Frame((), f"wind from {angle[:12]} degrees at {speed[0][:12]} {speed[1][:4]}, which cannot be")
        return _frame(samples)

    def _sample(self, name: str, text: str, code: str) -> Sample | None:
        value, quantity = number(text), self._table[name]
        convert = conversion(code, quantity) if code else None
        return None if value is None or convert is None else Sample(name, convert(value))


def _turned(angle: str, heading_deg: float) -> str:
    """A relative angle as a direction, where the mark does not point north."""
    value = number(angle)
    if value is None or not heading_deg or not 0 <= value <= 360:
        return angle
    return f"{(value + heading_deg) % 360:.6g}"


def _frame(samples: Sequence[Sample | None]) -> Frame:
    found = tuple(sample for sample in samples if sample is not None)
    return Frame(found, "" if found else "the sentence has no value")
