"""Units as people read them, in English and Indonesian, by the UCUM code that stands in the table of quantities.

shown("ug/m3", "id") -> "µg/m³"        shown("{person}", "id") -> "orang"        shown("mm/h", "id") -> "mm/jam"
amount("106", "{ISPU}", "en") -> "106"        amount("12,5", "ug/m3", "id") -> "12,5 µg/m³"
"""

from wire import Quantity

UNITS: dict[str, tuple[str, str]] = {
    # UCUM       English           Indonesian
    "cm":        ("cm",            "cm"),
    "mm":        ("mm",            "mm"),
    "mm/h":      ("mm/h",          "mm/jam"),
    "cm/h":      ("cm/h",          "cm/jam"),
    "m3/s":      ("m³/s",          "m³/s"),
    "ug/m3":     ("µg/m³",         "µg/m³"),
    "[ppm]":     ("ppm",           "ppm"),
    "Cel":       ("°C",            "°C"),
    "%":         ("%",             "%"),
    "hPa":       ("hPa",           "hPa"),
    "dB[SPL]":   ("dB",            "dB"),
    "m/s":       ("m/s",           "m/s"),
    "deg":       ("°",             "°"),
    "s":         ("s",             "s"),
    "h":         ("h",             "jam"),
    "MiBy":      ("MiB",           "MiB"),
    "MBy":       ("MB",            "MB"),
    "By":        ("bytes",         "bita"),
    "{person}":  ("people",        "orang"),
    "{week}":    ("weeks",         "minggu"),
    "{device}":  ("devices",       "perangkat"),
    "{reading}": ("readings",      "data"),
    "{person}/m2": ("people/m²",   "orang/m²"),
    "{particle}/dL": ("per 0.1 L",     "per 0,1 L"),
    "lx":        ("lx",            "lx"),
    "W/m2":      ("W/m²",          "W/m²"),
    "V":         ("V",             "V"),
    "dB":        ("dB",            "dB"),
    "dB{mW}":    ("dBm",           "dBm"),
    "{Siaga}":   ("on the flood Siaga scale, 1 is the worst", "pada skala Siaga banjir, 1 terparah"),
    # what is no amount stands alone: ISPU 106, of which the quantity's own name says what it is
    "{ISPU}":    ("",              ""),
    "{AQI}":     ("",              ""),
    "{parameter}": ("",            ""),
    "{version}": ("",              ""),
    "{index}":   ("",              ""),
    "{UVI}":     ("",              ""),
    "{LQI}":     ("",              ""),
    "{state}":   ("",              ""),
    "{generation}": ("",           ""),
}  # fmt: skip


def shown(ucum: str, language: str) -> str:
    """The unit in `language` ("id", else English); a code that is not in the table as it is."""
    english, indonesian = UNITS.get(ucum, (ucum, ucum))
    return indonesian if language == "id" else english


def sign_of(row: Quantity, language: str) -> str:
    """The unit of a quantity in `language`: as its city prints it, else that of its UCUM code."""
    own = (row.sign_id or row.sign) if language == "id" else row.sign
    return own or shown(row.unit, language)


def amount_of(figure: str, row: Quantity, language: str) -> str:
    """A figure of a quantity with its unit."""
    return f"{figure} {sign_of(row, language)}".rstrip()


def amount(figure: str, ucum: str, language: str) -> str:
    """A figure with its unit; an index has none."""
    return f"{figure} {shown(ucum, language)}".rstrip()
