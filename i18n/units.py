"""Units as people read them, in English and Indonesian, by the UCUM code that stands in the table of quantities.

shown("ug/m3", "id") -> "µg/m³"        shown("{person}", "id") -> "orang"        shown("mm/h", "id") -> "mm/jam"
"""

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
    "MiBy":      ("MiB",           "MiB"),
    "By":        ("bytes",         "bita"),
    "{person}":  ("people",        "orang"),
    "{week}":    ("weeks",         "minggu"),
    "{device}":  ("devices",       "perangkat"),
    "{reading}": ("readings",      "data"),
    "{person}/m2": ("people/m²",   "orang/m²"),
    "{ISPU}":    ("ISPU",          "ISPU"),
    "{AQI}":     ("AQI",           "AQI"),
    "{Siaga}":   ("on the flood Siaga scale, 1 is the worst", "pada skala Siaga banjir, 1 terparah"),
    "{parameter}": ("#",           "#"),
    "{version}": ("v",             "v"),
}  # fmt: skip


def shown(ucum: str, language: str) -> str:
    """The unit in `language` ("id", else English); a code that is not in the table as it is."""
    english, indonesian = UNITS.get(ucum, (ucum, ucum))
    return indonesian if language == "id" else english
