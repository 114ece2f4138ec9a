"""Which open alarm stands first: the worst, of these the ones that nobody has acknowledged.

severity    extreme   severe   moderate   minor
rank           9 8       7 6        5 4     3 2       the odd ones: not acknowledged
"""

from functools import lru_cache

import msgspec
from sqlalchemy import ColumnElement, case

from cloud.alarms.tables import AlarmRow
from rules.rule import Rule, Severity

ACKNOWLEDGED_NOT = 1
_RULE = msgspec.json.Decoder(Rule)


def least_rank(severity: Severity) -> int:
    """Return the lowest rank of an alarm of that severity."""
    return 2 * severity.rank


def rank_of(rule: str, level: int, *, acknowledged: bool = False) -> int:
    """Return the rank of an alarm by the JSON of its rule and the level that counts; a level too many is the worst."""
    severities = _severities(rule)
    return 2 * severities[max(0, min(level, len(severities) - 1))] + (0 if acknowledged else ACKNOWLEDGED_NOT)


def rank_by_row(rank: ColumnElement[int]) -> ColumnElement[int]:
    """Give `rank`, that of an alarm which nobody has acknowledged, as it is for the row that is being written.

    Whether somebody has is asked of the row itself: another process may have written it just now.
    """
    return case((AlarmRow.acknowledged_ms.is_(None), rank), else_=rank - ACKNOWLEDGED_NOT)


@lru_cache(maxsize=1_024)
def _severities(rule: str) -> tuple[int, ...]:
    return tuple(level.severity.rank for level in _RULE.decode(rule).levels)
