"""Units of the wire as Grafana shows them: µg/m³, cm, mm/jam.

unit_of("rain_rate", look) -> "suffix: mm/jam"        decimals_of("water_level") -> 1

`suffix:` is Grafana's way of writing a unit after the figure without scaling it: a gauge's 1,510 cm stay centimetres.
"""

from dashboards.kit.style import DashboardStyle
from dashboards.kit.words import Text, Words
from i18n.message import Bilingual
from i18n.units import UNITS, shown
from i18n.units import sign_of as sign_in
from wire import BUILT_IN, QuantityTable

_OF_DASHBOARDS = {
    "{reading}/min": Text("readings/min"),
    "{message}": Text("messages"),
    "{batch}": Text("batches"),
    "1/min": Text("a minute"),
    "d": Text("days"),
}
_WORDS = {ucum: Bilingual(english, indonesian) for ucum, (english, indonesian) in UNITS.items()} | _OF_DASHBOARDS
_OF_GRAFANA = {"s": "dtdhms", "ms": "ms", "By": "bytes", "": "none"}
"""Those that Grafana scales well by itself, in signs that need no language: 90 s is 00:01:30."""
TIME = "dateTimeAsIso"
SHORT_TIME = "time:DD/MM HH:mm"
"""Day and time, for the wall."""


def unit(ucum: str, style: DashboardStyle) -> str:
    """The unit for Grafana of a UCUM code; an index has none."""
    if ucum in _OF_GRAFANA:
        return _OF_GRAFANA[ucum]
    word = style.say(_WORDS[ucum]) if ucum in _WORDS else shown(ucum, style.language)
    return f"suffix: {word}" if word else "none"


def unit_of(quantity: str, style: DashboardStyle) -> str:
    """The unit for Grafana of a quantity; KeyError where there is no such quantity."""
    row = style.quantities[quantity]
    return f"suffix: {sign_in(row, style.language)}" if row.sign else unit(row.unit, style)


def sign_of(unit: str) -> str:
    """What stands at an axis for a unit of Grafana, "cm"; empty where Grafana scales it by itself, or there is none."""
    return unit.removeprefix("suffix: ") if unit.startswith("suffix: ") else ""


def decimals_of(quantity: str, table: QuantityTable = BUILT_IN) -> int:
    """The decimals that a quantity is shown with."""
    return table[quantity].decimals


def name_of(quantity: str, table: QuantityTable = BUILT_IN) -> Words:
    """What a quantity is called."""
    row = table[quantity]
    return Bilingual(row.english, row.indonesian)
