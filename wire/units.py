"""From the unit of a message to that of the quantity: the one table of conversions.

"°F" ─meant─► [degF]         conversion("°F", temperature) ─► (5/9, -160/9)         value * factor + offset
"ppb"        ─► [ppb]        conversion("ppb", o3) ─► (1.963, 0)                    at 25 Cel and 1 atm
"ft"         ─► [ft_i]       conversion("ft", temperature) ─► None                  that is no temperature

Factors are exact by definition, or those of NIST SP 811 (2008), appendix B.8, where they are marked.
"""

from typing import NamedTuple

from wire.gases import MOLAR_MASS_G, MOLAR_VOLUME_L
from wire.quantities import Quantity
from wire.ucum import is_ucum, meant


class Conversion(NamedTuple):
    """A value times `factor` plus `offset` is in the unit that is wanted."""

    factor: float
    offset: float = 0.0

    def __call__(self, value: float) -> float:
        """The converted value, without the digits that only arithmetic has put there."""
        return value if self == AS_IT_IS else float(f"{value * self.factor + self.offset:.10g}")


AS_IT_IS = Conversion(1.0)
"""Of a value that is in the unit of its quantity already."""

_OF_A_DIMENSION: dict[str, dict[str, tuple[float, float]]] = {
    # a value in the unit, times the factor plus the offset, is in the first unit of its dimension
    "temperature": {"Cel": (1, 0), "K": (1, -273.15), "[degF]": (5 / 9, -160 / 9)},
    "pressure": {
        "hPa": (1, 0), "Pa": (0.01, 0), "kPa": (10, 0), "bar": (1_000, 0), "mbar": (1, 0), "atm": (1_013.25, 0),
        "mm[Hg]": (1.333223874, 0), "[in_i'Hg]": (33.86389, 0), "[psi]": (68.94757, 0),  # B.8, conventional
    },
    "length": {
        "cm": (1, 0), "um": (0.0001, 0), "mm": (0.1, 0), "L/m2": (0.1, 0), "dm": (10, 0), "m": (100, 0),
        "[in_i]": (2.54, 0), "[ft_i]": (30.48, 0), "[yd_i]": (91.44, 0), "[mi_i]": (160_934.4, 0),
        "km": (100_000, 0), "[nmi_i]": (185_200, 0),
    },
    "speed": {
        "m/s": (1, 0), "cm/s": (0.01, 0), "km/h": (1 / 3.6, 0), "[mi_i]/h": (0.44704, 0), "[kn_i]": (1_852 / 3_600, 0),
        "[ft_i]/s": (0.3048, 0),
    },
    "rain rate": {"mm/h": (1, 0), "[in_i]/h": (25.4, 0), "mm/min": (60, 0), "cm/h": (10, 0),
                  "m/h": (1_000, 0), "m/s": (1_000 * 3_600, 0)},
    "density": {"ug/m3": (1, 0), "mg/m3": (1_000, 0), "ng/m3": (0.001, 0), "g/m3": (1_000_000, 0), "ug/L": (1_000, 0),
                "mg/L": (1_000_000, 0), "kg/m3": (1_000_000_000, 0)},
    "share of the air": {"[ppm]": (1, 0), "[ppb]": (0.001, 0), "%": (10_000, 0), "1": (1_000_000, 0)},
    "percentage": {"%": (1, 0), "[ppth]": (0.1, 0), "1": (100, 0)},
    "flow": {
        "m3/s": (1, 0), "L/s": (0.001, 0), "m3/h": (1 / 3_600, 0), "L/min": (1 / 60_000, 0), "m3/min": (1 / 60, 0),
        "[ft_i]3/s": (0.3048**3, 0),
    },
    "time": {"s": (1, 0), "ms": (0.001, 0), "min": (60, 0), "h": (3_600, 0), "d": (86_400, 0)},
    "angle": {"deg": (1, 0), "rad": (57.29577951308232, 0), "gon": (0.9, 0)},
    "voltage": {"V": (1, 0), "mV": (0.001, 0), "kV": (1_000, 0), "uV": (0.000001, 0)},
    "current": {"A": (1, 0), "mA": (0.001, 0), "uA": (0.000001, 0)},
    "power": {"W": (1, 0), "mW": (0.001, 0), "kW": (1_000, 0), "MW": (1_000_000, 0)},
    "energy": {"W.h": (1, 0), "kW.h": (1_000, 0), "J": (1 / 3_600, 0), "kJ": (1 / 3.6, 0)},
    "irradiance": {"W/m2": (1, 0), "kW/m2": (1_000, 0)},
    "strength of a signal": {"dB{mW}": (1, 0), "dB{W}": (1, 30)},
    "sound": {"dB[SPL]": (1, 0), "dB": (1, 0), "B[SPL]": (10, 0)},
    "light": {"lx": (1, 0), "klx": (1_000, 0)},
    "bytes": {"MiBy": (1, 0), "KiBy": (1 / 1_024, 0), "By": (1 / 1_048_576, 0), "GiBy": (1_024, 0)},
    "particles": {"{particle}/dL": (1, 0), "{particle}/cm3": (100, 0), "{particle}/L": (0.1, 0)},
}  # fmt: skip


def code_of(written: str) -> str | None:
    """The UCUM code of a unit as a device writes it: "µg/m³", "°C", "%RH"; None where nobody can tell."""
    plain = written.strip().translate(_SIGNS)
    spelt = _SPELLINGS.get(plain.casefold(), plain)
    return spelt if is_ucum(spelt) else meant(spelt)


def conversion(written: str, quantity: Quantity) -> Conversion | None:
    """How a value in the unit `written` becomes one of `quantity`; None where it cannot, or the unit is not known."""
    code = quantity.unit if written == quantity.unit else code_of(written)
    if code is None:
        return None
    if code == quantity.unit:
        return AS_IT_IS
    for units in _OF_A_DIMENSION.values():
        if code in units and quantity.unit in units:
            return _between(units[code], units[quantity.unit])
    shares = _OF_A_DIMENSION["share of the air"]
    if code in shares and quantity.name in MOLAR_MASS_G and quantity.unit == "ug/m3":
        return Conversion(shares[code][0] * 1_000 * MOLAR_MASS_G[quantity.name] / MOLAR_VOLUME_L)
    densities = _OF_A_DIMENSION["density"]
    if code in densities and quantity.name in MOLAR_MASS_G and quantity.unit in shares:
        ppm = densities[code][0] / 1_000 * MOLAR_VOLUME_L / MOLAR_MASS_G[quantity.name]
        return Conversion(ppm / shares[quantity.unit][0])
    return None


def convert(value: float, written: str, quantity: Quantity) -> float | str:
    """The value in the unit of `quantity`, or a sentence's end that says why there is none."""
    found = conversion(written, quantity)
    return (
        f"is in {written[:20]!r}, which is no unit of {quantity.name} ({quantity.unit})"
        if found is None
        else found(value)
    )


def _between(from_: tuple[float, float], to: tuple[float, float]) -> Conversion:
    return Conversion(from_[0] / to[0], (from_[1] - to[1]) / to[0])


_SIGNS = str.maketrans({"µ": "u", "μ": "u", "²": "2", "³": "3"})
_SPELLINGS = {
    # what vendors write beside what wire/ucum.py knows
    "dbm": "dB{mW}", "ft/s": "[ft_i]/s",
    "℃": "Cel", "℉": "[degF]", "º": "deg", "ºc": "Cel", "ºf": "[degF]", "deg c": "Cel", "deg f": "[degF]",
    "ppm": "[ppm]", "ppb": "[ppb]", "% rh": "%", "mbar": "mbar", "hectopascal": "hPa", "millimeter": "mm",
    "centimeter": "cm", "knots": "[kn_i]", "mm/hour": "mm/h", "l/m2": "L/m2", "l/m^2": "L/m2", "db(a)": "dB[SPL]",
    "%rh": "%", "%r.h.": "%", "rh": "%", "pct": "%", "c": "Cel", "f": "[degF]", "degf": "[degF]", "fahrenheit":
    "[degF]", "kelvin": "K", "ugm3": "ug/m3", "ug/m^3": "ug/m3", "ug/nm3": "ug/m3", "mg/m^3":
    "mg/m3", "m/sec": "m/s", "mps": "m/s", "kph": "km/h", "kt": "[kn_i]", "kts": "[kn_i]", "n/a": "", "w/m^2": "W/m2",
    "mm/hr": "mm/h", "in/h": "[in_i]/h", "in/hr": "[in_i]/h", "cfs": "[ft_i]3/s", "l/s": "L/s", "lps": "L/s", "feet":
    "[ft_i]", "inches": "[in_i]", "metre": "m", "meter": "m", "meters": "m", "degrees": "deg", "psi": "[psi]",
    "millibar": "mbar", "mb": "mbar", "#/cm3": "{particle}/cm3", "#/cm^3": "{particle}/cm3", "#/0.1l":
    "{particle}/dL", "1/cm3": "{particle}/cm3", "volt": "V", "volts": "V", "ft": "[ft_i]", "in": "[in_i]", "mph":
    "[mi_i]/h", "meters/second": "m/s", "miles/hour": "[mi_i]/h", "kilometers/hour": "km/h", "inch": "[in_i]",
    "deg": "deg", "millimeters": "mm", "centimeters": "cm", "celsius": "Cel", "w/meter^2": "W/m2", "kw/m^2": "kW/m2",
    "mmhg": "mm[Hg]", "inhg": "[in_i'Hg]", "hpa": "hPa", "kpa": "kPa", "pa": "Pa",
}  # fmt: skip
