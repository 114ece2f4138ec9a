"""UCUM codes of units, checked as far as a city's table of quantities needs it.    https://ucum.org/ucum

mg/m3   dB[SPL]   [ppb]   kW.h   10*3/uL   {person}/m2        unit = part ("." or "/" part)…
                                                              part = number | {note} | prefix? atom exponent? {note}?

The atoms are those that anything in a city is measured in; of one that is not here, and of what is not countable, an
annotation says it: {NTU}.
"""

import re

LONGEST = 32

_PREFIXES = ("da", *"YZEPTGMkhdcmunpfazy", "Ki", "Mi", "Gi", "Ti")
_METRIC = frozenset((
    "m", "g", "s", "A", "K", "cd", "mol", "rad", "sr", "Hz", "N", "Pa", "J", "W", "C", "V", "F", "Ohm", "S", "Wb",
    "T", "H", "lm", "lx", "Bq", "Gy", "Sv", "Cel", "L", "l", "ar", "t", "bar", "u", "eV", "B", "B[SPL]", "B[V]",
    "B[mV]", "B[uV]", "B[W]", "B[kW]", "Np", "By", "bit", "Bd", "cal", "eq", "osm", "g%", "U", "kat", "M", "st", "Ci",
    "R", "RAD", "REM", "G", "Mx", "Oe", "P", "St",
))  # fmt: skip
"""Atoms that take a prefix."""
_PLAIN = frozenset((
    "%", "[ppth]", "[ppm]", "[ppb]", "[pptr]", "[pi]", "[pH]", "deg", "'", "''", "gon", "min", "h", "d", "wk", "mo",
    "a", "[kn_i]", "[nmi_i]", "[mi_i]", "[mi_us]", "[ft_i]", "[in_i]", "[yd_i]", "[acr_us]", "[degF]", "[degR]",
    "[psi]", "m[Hg]", "mm[Hg]", "[in_i'Hg]", "m[H2O]", "atm", "[Btu]", "[HP]", "[lb_av]", "[oz_av]", "[gal_us]",
    "circ", "[ly]", "AU", "pc", "[g]", "[car_Au]", "[CFU]", "[PFU]", "[arb'U]", "[iU]", "[MPN]",
))  # fmt: skip
_PART = re.compile(r"(?P<code>(?:[^0-9./{}]|\[[^\]]*\])*?)(?P<exponent>[+-]?[0-9]{1,2})?(?P<note>\{[ -z|~]*\})?")
_FACTOR = re.compile(r"[0-9]{1,9}|10[*^][+-]?[0-9]{1,2}")
_OTHERWISE = {
    # what people write, and its code
    "°C": "Cel", "C": "Cel", "degC": "Cel", "celsius": "Cel", "°F": "[degF]", "°": "deg", "ppm": "[ppm]", "ppb":
    "[ppb]", "dBA": "dB[SPL]", "dB(A)": "dB[SPL]", "dB(C)": "dB[SPL]", "dbA": "dB[SPL]", "kWh": "kW.h", "Wh": "W.h",
    "kn": "[kn_i]", "knot": "[kn_i]", "knots": "[kn_i]", "mph": "[mi_i]/h", "kmh": "km/h", "km/jam": "km/h", "mm/jam":
    "mm/h", "pH": "[pH]", "NTU": "{NTU}", "FNU": "{FNU}", "psu": "{PSU}", "PSU": "{PSU}", "hour": "h", "jam": "h",
    "day": "d", "hari": "d", "percent": "%", "mmHg": "mm[Hg]", "inHg": "[in_i'Hg]", "ft": "[ft_i]", "inch": "[in_i]",
    "in": "[in_i]", "ohm": "Ohm", "Ω": "Ohm", "lux": "lx", "VA": "V.A", "kVA": "kV.A", "sec": "s", "detik": "s",
    "menit": "min", "byte": "By", "orang": "{person}", "people": "{person}", "person": "{person}", "vehicle":
    "{vehicle}", "vehicles": "{vehicle}", "kendaraan": "{vehicle}", "count": "{count}", "index": "{index}", "": "1",
    "none": "1",
}  # fmt: skip
_SIGNS = str.maketrans({"µ": "u", "μ": "u", "²": "2", "³": "3", "·": ".", "⋅": ".", "−": "-", " ": ""})


def is_ucum(code: str) -> bool:
    """Whether `code` is a UCUM code, of units that are measured in a city."""
    if not 0 < len(code) <= LONGEST or not code.isascii() or not code.isprintable():
        return False
    return all(_is_part(part) for part in re.split(r"[./](?![^{]*\})", code.removeprefix("/")))


def meant(text: str) -> str | None:
    """The code that `text`, which is none, most likely means: "µg/m³" is "ug/m3"; None where nobody can tell."""
    written = text.strip()
    plain = written.translate(_SIGNS)
    parts = "".join(part and _OTHERWISE.get(part, part) for part in re.split(r"([./])", plain))
    found = [_OTHERWISE.get(written), _OTHERWISE.get(plain), plain, parts]
    return next((code for code in found if code is not None and is_ucum(code)), None)


def _is_part(part: str) -> bool:
    if _FACTOR.fullmatch(part):
        return True
    found = _PART.fullmatch(part)
    if found is None or not part:
        return False
    code = found["code"]
    return bool(found["note"]) and not found["exponent"] if not code else _is_atom(code)


def _is_atom(code: str) -> bool:
    if code in _METRIC or code in _PLAIN:
        return True
    return any(code.startswith(prefix) and code[len(prefix) :] in _METRIC for prefix in _PREFIXES)
