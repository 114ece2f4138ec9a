"""A series: one quantity of one sensor, and how a sentence names a few of them.

in_words({("river-1", "water_level"), …}) -> "air-1 pm2_5, river-1 water_level and 3 more"
"""

from collections.abc import Collection

from i18n.message import first_names

Series = tuple[str, str]
"""(sensor, quantity); ("", "") for what cannot be read."""
MOST_NAMED = 6


def in_words(series: Collection[Series]) -> str:
    """Series as people read them, the first few."""
    return first_names([f"{sensor} {quantity}" for sensor, quantity in sorted(series)], most=MOST_NAMED)
