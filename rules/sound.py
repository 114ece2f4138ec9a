"""Is a rule sound? Each mistake is one sentence that names the field and its value and what to do.

mistakes_in(rule) -> ["hysteresis 120: is as wide as the 100 between Siaga 3 and Siaga 2; write less than 100", …]
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from math import isfinite

from rules.marks import MARK_OF_NAME
from rules.rule import Hours, Kind, Level, Rule, Severity
from rules.watched import minutes_of
from wire import QUANTITIES, is_name

LONGEST_NAME = 60
LONGEST_TEXT = 500
MOST_LEVELS = 10
MOST_READINGS = 100
"""Of `at_least`: all m are kept in the state."""
LONGEST_LATENESS_S = 3_600.0
"""All readings within the lateness are kept in the state."""
LONGEST_S = 31 * 86_400.0
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_SEVERITIES = list(Severity)
_RANGES = (Kind.INSIDE, Kind.OUTSIDE)


def mistakes_in(rule: Rule) -> list[str]:
    """What is wrong with the rule, in sentences; empty for a sound one."""
    mistakes = [*_names(rule), *_numbers(rule), *_levels(rule), *_parts(rule)]
    return mistakes or [*_order(rule), *_bands(rule)]


def _names(rule: Rule) -> Iterator[str]:
    if not is_name(rule.family):
        yield f"family {rule.family[:80]!r}: is no name; use up to 64 of a-z, 0-9, '-' and '_'"
    anything = rule.kind is Kind.SILENCE and not rule.quantity
    if not anything and rule.quantity not in QUANTITIES:
        yield f"quantity {rule.quantity[:40]!r}: is not known; write one such as water_level, pm2_5 or occupancy"
    if not rule.title.strip():
        yield "title '': is empty; write what people should read when it fires"
    for field, longest in (("title", 120), ("title_id", 120), ("advice", LONGEST_TEXT), ("advice_id", LONGEST_TEXT)):
        text = getattr(rule, field)
        if len(text) > longest:
            yield f"{field} {text[:20]!r}…: has {len(text)} characters; write at most {longest}"
    for name in rule.reject:
        if name not in MARK_OF_NAME:
            yield f"reject {name[:40]!r}: is no mark; write some of {', '.join(MARK_OF_NAME)}"


def _numbers(rule: Rule) -> Iterator[str]:
    for field, longest in (("for_s", LONGEST_S), ("clear_s", LONGEST_S), ("lateness_s", LONGEST_LATENESS_S)):
        value = getattr(rule, field)
        if not 0 <= value <= longest:
            yield f"{field} {value:g}: is no such time; write seconds from 0 to {longest:g}"
    if not 1 <= rule.window_s <= LONGEST_S:
        yield f"window_s {rule.window_s:g}: is no such window; write seconds from 1 to {LONGEST_S:g}"
    if not (isfinite(rule.hysteresis) and rule.hysteresis >= 0):
        yield f"hysteresis {rule.hysteresis:g}: must not be negative; write 0 or more"
    if rule.minimum is not None and not isfinite(rule.minimum):
        yield f"minimum {rule.minimum:g}: is no number; write one, or leave it out"
    if rule.minimum is not None and rule.kind is not Kind.RISE:
        yield f"minimum {rule.minimum:g}: belongs to rules of rise only, and this is {rule.kind.value}; leave it out"


def _levels(rule: Rule) -> Iterator[str]:
    if not 1 <= len(rule.levels) <= MOST_LEVELS:
        yield f"levels: there are {len(rule.levels)}; write 1 to {MOST_LEVELS}"
    for number, level in enumerate(rule.levels):
        yield from _level(rule, level, f"levels[{number}]")
    names = [level.name for level in rule.levels]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"levels: two are called {name[:LONGEST_NAME]!r}; give each a name of its own"


def _level(rule: Rule, level: Level, field: str) -> Iterator[str]:
    if not level.name.strip():
        yield f"{field}.name '': is empty; write one such as Siaga 3"
    for part in ("name", "name_id"):
        text = getattr(level, part)
        if len(text) > LONGEST_NAME:
            yield f"{field}.{part} {text[:20]!r}…: has {len(text)} characters; write at most {LONGEST_NAME}"
    if level.colour and not _COLOUR.fullmatch(level.colour):
        yield f"{field}.colour {level.colour[:20]!r}: is no colour; write #rrggbb, or leave it empty"
    yield from _limit(rule, level.limit, f"{field}.limit")
    if rule.kind not in _RANGES:
        if level.high is not None:
            yield f"{field}.high {level.high:g}: belongs to inside and outside only; leave it out"
    elif level.high is None:
        yield f"{field}.high: is missing; {rule.kind.value} needs an upper end besides the limit {level.limit:g}"
    else:
        yield from _limit(rule, level.high, f"{field}.high")
        if level.high <= level.limit:
            yield f"{field}.high {level.high:g}: is not above the limit {level.limit:g}; swap them"


def _limit(rule: Rule, value: float, field: str) -> Iterator[str]:
    if not isfinite(value):
        yield f"{field} {value:g}: is no number; write one"
    elif rule.kind in (Kind.RISE, Kind.SILENCE):
        if value <= 0:
            yield f"{field} {value:g}: a {rule.kind.value} needs more than 0"
    elif rule.quantity in QUANTITIES:
        row = QUANTITIES[rule.quantity]
        if not row.low <= value <= row.high:
            yield f"{field} {value:g}: {row.name} is never so; write {row.low:g} to {row.high:g} {row.unit}"


def _parts(rule: Rule) -> Iterator[str]:
    at_least = rule.at_least
    if at_least is not None and not 1 <= at_least.n <= at_least.m <= MOST_READINGS:
        yield f"at_least {at_least.n} of {at_least.m}: is impossible; write n from 1 to m, and m up to {MOST_READINGS}"
    if rule.hours is not None:
        yield from _hours(rule.hours)
    yield from _also(rule)
    if rule.kind is Kind.SILENCE:
        yield from _no_meaning_for_silence(rule)


def _hours(hours: Hours) -> Iterator[str]:
    wrong = [day for day in hours.days if day not in range(1, 8)]
    if wrong or not hours.days or len(set(hours.days)) < len(hours.days):
        yield f"hours.days {list(hours.days)}: write each day once, from 1 (Monday) to 7 (Sunday), at least one"
    for field, text in (("start", hours.start), ("end", hours.end)):
        try:
            minutes_of(text)
        except ValueError:
            yield f'hours.{field} {text[:20]!r}: is no time of day; write one such as "22:00"'
    if hours.start == hours.end:
        yield f"hours.end {hours.end[:20]!r}: is also the start, so the rule never holds; leave hours out for all day"


def _also(rule: Rule) -> Iterator[str]:
    also = rule.also
    if also is None:
        return
    if not is_name(also.sensor):
        yield f"also.sensor {also.sensor[:80]!r}: is no sensor's name; write the second sensor's id"
    if also.quantity not in QUANTITIES:
        yield f"also.quantity {also.quantity[:40]!r}: is not known; write one such as rainfall"
    if also.kind not in (Kind.ABOVE, Kind.BELOW):
        yield f"also.kind {also.kind.value!r}: a second sensor can be above or below; write one of them"
    if not isfinite(also.limit):
        yield f"also.limit {also.limit:g}: is no number; write one"
    if not 0 < also.within_s <= LONGEST_S:
        yield f"also.within_s {also.within_s:g}: is no such time; write seconds from 1 to {LONGEST_S:g}"


def _no_meaning_for_silence(rule: Rule) -> Iterator[str]:
    for field, plain in (("for_s", 0.0), ("hysteresis", 0.0), ("at_least", None), ("also", None), ("hours", None)):
        if getattr(rule, field) != plain:
            yield f"{field}: has no meaning for silence, whose limit counts intervals; leave it out"


def _order(rule: Rule) -> Iterator[str]:
    for milder, worse in pairwise(rule.levels):
        names = f"{worse.name} follows {milder.name}"
        if _SEVERITIES.index(worse.severity) < _SEVERITIES.index(milder.severity):
            yield f"levels: {names} but is {worse.severity.value} after {milder.severity.value}; put the worst last"
        if _step(rule, milder, worse) <= 0:
            side = {Kind.BELOW: "below", Kind.INSIDE: "within", Kind.OUTSIDE: "around"}.get(rule.kind, "above")
            yield f"levels: {names} but its limit {_band(worse)} is not {side} {_band(milder)}; put the worst last"


def _step(rule: Rule, milder: Level, worse: Level) -> float:
    """How much further the worse level lies, at its nearer end; 0 or less is no order."""
    rise, fall = worse.limit - milder.limit, milder.limit - worse.limit
    if worse.high is None or milder.high is None:
        return fall if rule.kind is Kind.BELOW else rise
    if rule.kind is Kind.INSIDE:
        return min(rise, milder.high - worse.high)
    return min(fall, worse.high - milder.high)


def _band(level: Level) -> str:
    return f"{level.limit:g}" if level.high is None else f"{level.limit:g} to {level.high:g}"


def _bands(rule: Rule) -> Iterator[str]:
    for milder, worse in pairwise(rule.levels):
        step = _step(rule, milder, worse)
        if 0 < step <= rule.hysteresis:
            yield (
                f"hysteresis {rule.hysteresis:g}: is as wide as the {step:g} between {milder.name} and {worse.name}; "
                f"write less than {step:g}"
            )
    yield from _way_back(rule)


def _way_back(rule: Rule) -> Iterator[str]:
    """Whether an alarm can close at all: somewhere beyond the hysteresis there must be values that are possible."""
    mildest, hysteresis = rule.levels[0], rule.hysteresis
    room = _room(rule, mildest)
    if hysteresis and hysteresis >= room:
        yield f"hysteresis {hysteresis:g}: no value is left that would close {mildest.name}; write less than {room:g}"


def _room(rule: Rule, mildest: Level) -> float:
    """How far the values reach on the other side of the mildest level."""
    row, high = QUANTITIES.get(rule.quantity), mildest.limit if mildest.high is None else mildest.high
    if rule.kind is Kind.RISE or row is None:
        return mildest.limit
    if rule.kind is Kind.OUTSIDE:
        return (high - mildest.limit) / 2
    below, above = mildest.limit - row.low, row.high - high
    return {Kind.ABOVE: below, Kind.BELOW: above}.get(rule.kind, max(below, above))
