"""The colours of severities, for the console and for dashboards; a level may name one of its own.

Yellow, amber, orange, red, as warning services use them; green where nothing is exceeded, grey where nothing is known.
"""

from rules.rule import Level, Severity

SEVERITY_COLOURS = {
    Severity.MINOR: "#ffe08a",
    Severity.MODERATE: "#ffb31a",
    Severity.SEVERE: "#f4661b",
    Severity.EXTREME: "#c81e2c",
}
"""For levels that name no colour of their own."""
CALM = "#2f9e6b"
"""For a place where no level is exceeded."""
UNKNOWN = "#8796ad"
"""For a place of which nothing is known."""


def colour_of(level: Level) -> str:
    """The level's own colour, or that of its severity; #rrggbb."""
    return level.colour or SEVERITY_COLOURS[level.severity]
