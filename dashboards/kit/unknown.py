"""What nobody knows is grey and says so: the one gate that every panel passes on its way into a dashboard.

a value that is null or no number ─► the words of the panel, grey        a cell ─► a grey dash

Grafana gives an empty figure the colour of its lowest threshold, which is the calm one, and `noValue` has no colour.
"""

from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions,
    DynamicConfigValue,
    FieldConfig,
    Panel,
    SpecialValueMap,
    SpecialValueMatch,
    ValueMapping,
    ValueMappingResult,
)

from dashboards.kit.style import DashboardStyle
from dashboards.kit.words import Text
from rules.colours import UNKNOWN

DASH = "–"
NO_DATA = Text("No data")
UNHEARD = Text("The platform is not heard: look at the server")
"""Where the cloud's own samples are missing, nothing may look calm."""
_HALF_MINUTES = 5
"""Two minutes, and what of the newest half minute has passed."""
_FIGURES = frozenset({"stat", "gauge", "bargauge"})
"""Panels that stand there with one value when there is none."""
_STATES = frozenset({"state-timeline", "status-history", "geomap"})


def unknown_is_grey(panel: Panel, style: DashboardStyle) -> None:
    """Let no value at all have words of its own and be grey, in every field of the panel."""
    source = panel.field_config
    if source is not None:
        absent = [*_absent(_words(panel, style)), *_empty_cell(panel)]
        source.defaults.mappings = _with(absent, source.defaults.mappings)
        for override in source.overrides:
            override.properties = [_kept(absent, each) for each in override.properties]


def says_nothing(mapping: ValueMapping) -> bool:
    """Whether a mapping is that of no value."""
    return isinstance(mapping, SpecialValueMap) and mapping.options.match is SpecialValueMatch.NULL_AND_NAN


def no_value_as(words: str, colour: str) -> ValueMapping:
    """The words and the colour of no value, for a panel that knows what it means."""
    result = ValueMappingResult(text=words, color=colour)
    return SpecialValueMap(DashboardSpecialValueMapOptions(SpecialValueMatch.NULL_AND_NAN, result))


def _absent(words: str) -> list[ValueMapping]:
    return [no_value_as(words, UNKNOWN)]


def _empty_cell(panel: Panel) -> list[ValueMapping]:
    """In a cell with an empty text Grafana would write what the whole table says where it has no row."""
    dash = ValueMappingResult(text=DASH, color=UNKNOWN)
    special = SpecialValueMap(DashboardSpecialValueMapOptions(SpecialValueMatch.EMPTY, dash))
    return [special] if panel.type_val == "table" else []


def _words(panel: Panel, style: DashboardStyle) -> str:
    if panel.type_val in _FIGURES:
        return _sentence(panel.field_config.defaults if panel.field_config else None) or style.say(NO_DATA)
    return style.say(NO_DATA) if panel.type_val in _STATES else DASH


def _sentence(defaults: FieldConfig | None) -> str:
    return (defaults.no_value if defaults else None) or ""


def _kept(absent: list[ValueMapping], each: DynamicConfigValue) -> DynamicConfigValue:
    """An override takes the place of all mappings of the panel, so it has the one of no value too."""
    if each.id_val != "mappings" or not isinstance(each.value, list):
        return each
    return DynamicConfigValue(each.id_val, _with(absent, each.value))


def _with(absent: list[ValueMapping], mappings: list[ValueMapping] | None) -> list[ValueMapping]:
    others = mappings or []
    return others if any(map(says_nothing, others)) else [*absent, *others]


def unheard(column: str, value: float) -> str:
    """A query for one row, `value` in `column`, where the platform was heard within a day but not in two minutes.

    What is not there cannot be asked for, but with a sample of the last day the store counts the half minutes
    without one.
    """
    each = 'SELECT count("seconds") AS "samples" FROM "ingest" WHERE time > now() - 1d AND time < now()'
    lately = f'SELECT moving_average("samples", {_HALF_MINUTES}) AS "samples" FROM ({each} GROUP BY time(30s) fill(0))'
    newest = f'SELECT last("samples") AS "samples" FROM ({lately})'
    return f'SELECT "samples" * 0 + {value:g} AS "{column}" FROM ({newest}) WHERE "samples" = 0'
