"""Units of the wire as Grafana shows them: µg/m³, cm, mm/jam.

unit_of("rain_rate", look) -> "suffix: mm/jam"        decimals_of("water_level") -> 1

`suffix:` is Grafana's way of writing a unit after the figure without scaling it: a gauge's 1,510 cm stay centimetres.
"""

from dashboards.kit.look import Look
from dashboards.kit.words import Text
from wire import QUANTITIES

_SAME = {
    "cm": "cm", "mm": "mm", "m3/s": "m³/s", "ug/m3": "µg/m³", "[ppm]": "ppm", "Cel": "°C", "%": "%", "hPa": "hPa",
    "dB[SPL]": "dB", "m/s": "m/s", "deg": "°", "MiBy": "MiB", "By": "B",
}  # fmt: skip
_WORDS = {
    "mm/h": Text("mm/jam", "mm/h"),
    "{person}": Text("orang", "people"),
    "{person}/m2": Text("orang/m²", "people/m²"),
    "{device}": Text("perangkat", "devices"),
    "{reading}": Text("data", "readings"),
    "{reading}/min": Text("data/menit", "readings/min"),
    "{message}": Text("pesan", "messages"),
    "{batch}": Text("paket", "batches"),
    "1/min": Text("per menit", "a minute"),
    "d": Text("hari", "days"),
}
_OF_GRAFANA = {"s": "dtdhms", "ms": "ms", "By": "bytes", "": "none"}
"""Those that Grafana scales well by itself, in signs that need no language: 90 s is 00:01:30."""
TIME = "dateTimeAsIso"
SHORT_TIME = "time:DD/MM HH:mm"
"""Day and time, for the wall."""


def unit(ucum: str, look: Look) -> str:
    """The unit for Grafana of a UCUM code; a code in braces that is no word for people (an index) has none."""
    if ucum in _OF_GRAFANA:
        return _OF_GRAFANA[ucum]
    if ucum in _WORDS:
        return f"suffix: {look.say(_WORDS[ucum])}"
    return f"suffix: {_SAME[ucum]}" if ucum in _SAME else "none"


def unit_of(quantity: str, look: Look) -> str:
    """The unit for Grafana of a quantity; KeyError where there is no such quantity."""
    return unit(QUANTITIES[quantity].unit, look)


def decimals_of(quantity: str) -> int:
    """The decimals that a quantity is shown with."""
    return QUANTITIES[quantity].decimals


def name_of(quantity: str) -> Text:
    """What a quantity is called."""
    row = QUANTITIES[quantity]
    return Text(row.indonesian, row.english)
