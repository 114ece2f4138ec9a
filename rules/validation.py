"""Is a rule sound? Each problem names the field, its value and what to do instead; the API, the console and the
editor have all their problems of a rule from here.

problems_in(rule) -> ["hysteresis 120: is as wide as the 100 between Siaga 3 and Siaga 2; write less than 100", …]
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from math import isfinite

from i18n.catalog import N_
from i18n.message import Bilingual, LocalizedMessage, unprintable
from i18n.units import amount
from rules.marks import MARK_OF_NAME
from rules.problem import ValidationProblem, level_field
from rules.rule import RESERVED_FAMILIES, Also, Hours, Level, Rule, RuleKind
from rules.scales import is_bare
from rules.watched import minutes_of
from wire import QUANTITIES, is_name, is_printable

LONGEST_NAME = 60
LONGEST_TEXT = 500
MOST_LEVELS = 10
MOST_DAYS = 7
MOST_READINGS = 100
"""Of `at_least`: all m are kept in the state."""
LONGEST_LATENESS_S = 3_600.0
"""All readings within the lateness are kept in the state."""
LONGEST_S = 31 * 86_400.0
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_RANGES = (RuleKind.INSIDE, RuleKind.OUTSIDE)

# Forms by which the editor of rules knows a problem that it tells in words of its own.
NO_TITLE = N_("{field} '': is empty; write what people should read when it fires")
NO_SUCH_TIME = N_("{field} {value:g}: is no such time; write seconds from {least} to {most:.0f}")
NO_SUCH_WINDOW = N_("{field} {value:g}: is no such window; write seconds from 1 to {most:.0f}")
NEGATIVE = N_("{field} {value:g}: must not be negative; write 0 or more")
NO_LEVELS = N_("{field}: there are {n}; write 1 to {most}")
NO_LEVEL_NAME = N_("{field} '': is empty; write one such as Siaga 3")
NO_COLOUR = N_("{field} {colour!r}: is no colour; write #rrggbb, or leave it empty")
NOT_ABOVE_LIMIT = N_("{field} {value:g}: is not above the limit {limit:g}; swap them")
NOT_ABOVE_0 = N_("{field} {value:g}: a {kind} needs more than 0")
NEVER_MEASURED = N_("{field} {value:g}: {quantity} is never so; write {low:g} to {high}")
NO_SUCH_COUNT = N_("{field} {n} of {m}: is impossible; write n from 1 to m, and m up to {most}")
NO_SUCH_DAYS = N_("{field} {days}: write each day once, from 1 (Monday) to 7 (Sunday), at least one")
LIMITS_OUT_OF_ORDER = N_(
    "{field}: {worse} follows {milder} but its limit {limit} is not {side} {other}; put the worst last"
)
WIDER_THAN_STEP = N_(
    "{field} {value:g}: is as wide as the {step:g} between {milder} and {worse}; write less than {step:g}"
)


def problems_in(rule: Rule) -> list[ValidationProblem]:
    """List what is wrong with the rule; empty for a sound one.

    Of a rule that has more of something than any may have only that is said: nothing else of it is looked at.
    """
    if too_many := list(_sizes(rule)):
        return too_many
    of_fields = [*_names(rule), *_numbers(rule), *_levels(rule), *_parts(rule)]
    return of_fields or [*_order(rule), *_bands(rule)]


def _sizes(rule: Rule) -> Iterator[ValidationProblem]:
    for field, count, most in (
        ("levels", len(rule.levels), MOST_LEVELS),
        ("reject", len(rule.reject), len(MARK_OF_NAME)),
        ("hours.days", 0 if rule.hours is None else len(rule.hours.days), MOST_DAYS),
    ):
        if count > most:
            yield ValidationProblem("{field}: there are {n}; write at most {most}", field=field, n=count, most=most)


def family_problems(family: str) -> Iterator[ValidationProblem]:
    """Why a family may not be called so."""
    if family in RESERVED_FAMILIES:
        yield ValidationProblem(
            "family {name!r}: is kept for what Siaga says of itself; choose another name",
            field="family",
            name=family,
        )
    if not is_name(family):
        yield ValidationProblem(
            "family {name!r}: is not a name; use 1 to 64 of a-z, 0-9, '-' and '_', starting with a letter or digit",
            field="family",
            name=family[:80],
        )


def _names(rule: Rule) -> Iterator[ValidationProblem]:
    yield from family_problems(rule.family)
    anything = rule.kind is RuleKind.SILENCE and not rule.quantity
    if not anything and rule.quantity not in QUANTITIES:
        yield ValidationProblem(
            "{field} {name!r}: is not known; write one such as water_level, pm2_5 or occupancy",
            field="quantity",
            name=rule.quantity[:40],
        )
    if not rule.title.strip():
        yield ValidationProblem(NO_TITLE, field="title")
    for field, longest in (("title", 120), ("title_id", 120), ("advice", LONGEST_TEXT), ("advice_id", LONGEST_TEXT)):
        yield from text_problems(field, getattr(rule, field), longest)
    for name in rule.reject:
        if name not in MARK_OF_NAME:
            yield ValidationProblem(
                "{field} {name!r}: is no mark; write some of {marks}",
                field="reject",
                name=name[:40],
                marks=", ".join(MARK_OF_NAME),
            )


def text_problems(field: str, text: str, longest: int) -> Iterator[ValidationProblem]:
    """Why people may not write `text` there: it is too long, or nothing could carry it as it is."""
    if not is_printable(text):
        yield ValidationProblem(unprintable(field).form, field=field)
    if len(text) > longest:
        yield ValidationProblem(
            "{field} {text!r}…: has {n} characters; write at most {longest}",
            field=field,
            text=text[:20],
            n=len(text),
            longest=longest,
        )


def _numbers(rule: Rule) -> Iterator[ValidationProblem]:
    for field, longest in (("for_s", LONGEST_S), ("clear_s", LONGEST_S), ("lateness_s", LONGEST_LATENESS_S)):
        value = getattr(rule, field)
        if not 0 <= value <= longest:
            yield _no_time(field, value, least=0, most=longest)
    if not 1 <= rule.window_s <= LONGEST_S:
        yield ValidationProblem(
            NO_SUCH_WINDOW,
            field="window_s",
            value=rule.window_s,
            most=LONGEST_S,
        )
    if not (isfinite(rule.hysteresis) and rule.hysteresis >= 0):
        yield ValidationProblem(NEGATIVE, field="hysteresis", value=rule.hysteresis)
    if rule.minimum is not None:
        yield from _minimum(rule, rule.minimum)


def _no_time(field: str, value: float, *, least: int, most: float) -> ValidationProblem:
    return ValidationProblem(
        NO_SUCH_TIME,
        field=field,
        value=value,
        least=least,
        most=most,
    )


def _minimum(rule: Rule, value: float) -> Iterator[ValidationProblem]:
    if not isfinite(value):
        yield ValidationProblem(
            "{field} {value:g}: is no number; write one, or leave it out", field="minimum", value=value
        )
    if rule.kind is not RuleKind.RISE:
        yield ValidationProblem(
            "{field} {value:g}: belongs to rules of rise only, and this is {kind}; leave it out",
            field="minimum",
            value=value,
            kind=rule.kind.value,
        )


def _levels(rule: Rule) -> Iterator[ValidationProblem]:
    if not rule.levels:
        yield ValidationProblem(NO_LEVELS, field="levels", n=len(rule.levels), most=MOST_LEVELS)
    for number, level in enumerate(rule.levels):
        yield from _level(rule, number, level)
    names = Counter(level.name for level in rule.levels)
    for name in sorted(name for name, count in names.items() if count > 1):
        yield ValidationProblem(
            "{field}: two are called {name!r}; give each a name of its own", field="levels", name=name[:LONGEST_NAME]
        )


def _level(rule: Rule, number: int, level: Level) -> Iterator[ValidationProblem]:
    if not level.name.strip():
        yield ValidationProblem(NO_LEVEL_NAME, field=level_field(number, "name"))
    for part in ("name", "name_id"):
        if is_bare(getattr(level, part)):
            yield ValidationProblem(
                "{field} {name!r}: means opposite things for floods, tsunami and volcanoes; write one such as Siaga 3",
                field=level_field(number, part),
                name=getattr(level, part).strip(),
            )
    for part in ("name", "name_id"):
        yield from text_problems(level_field(number, part), getattr(level, part), LONGEST_NAME)
    if level.colour and not _COLOUR.fullmatch(level.colour):
        yield ValidationProblem(
            NO_COLOUR,
            field=level_field(number, "colour"),
            colour=level.colour[:20],
        )
    yield from _limit(rule, level.limit, level_field(number, "limit"))
    yield from _high(rule, level, level_field(number, "high"))


def _high(rule: Rule, level: Level, field: str) -> Iterator[ValidationProblem]:
    if rule.kind not in _RANGES:
        if level.high is not None:
            yield ValidationProblem(
                "{field} {value:g}: belongs to inside and outside only; leave it out", field=field, value=level.high
            )
    elif level.high is None:
        yield ValidationProblem(
            "{field}: is missing; {kind} needs an upper end besides the limit {limit:g}",
            field=field,
            kind=rule.kind.value,
            limit=level.limit,
        )
    else:
        yield from _limit(rule, level.high, field)
        if level.high <= level.limit:
            yield ValidationProblem(
                NOT_ABOVE_LIMIT,
                field=field,
                value=level.high,
                limit=level.limit,
            )


def _limit(rule: Rule, value: float, field: str) -> Iterator[ValidationProblem]:
    if not isfinite(value):
        yield ValidationProblem("{field} {value:g}: is no number; write one", field=field, value=value)
    elif rule.kind in (RuleKind.RISE, RuleKind.SILENCE):
        if value <= 0:
            yield ValidationProblem(NOT_ABOVE_0, field=field, value=value, kind=rule.kind.value)
    elif rule.quantity in QUANTITIES:
        row = QUANTITIES[rule.quantity]
        if not row.low <= value <= row.high:
            yield ValidationProblem(
                NEVER_MEASURED,
                field=field,
                value=value,
                quantity=row.name,
                low=row.low,
                high=Bilingual(*(amount(f"{row.high:g}", row.unit, code) for code in ("en", "id"))),
            )


def _parts(rule: Rule) -> Iterator[ValidationProblem]:
    at_least = rule.at_least
    if at_least is not None and not 1 <= at_least.n <= at_least.m <= MOST_READINGS:
        yield ValidationProblem(
            NO_SUCH_COUNT,
            field="at_least",
            n=at_least.n,
            m=at_least.m,
            most=MOST_READINGS,
        )
    if rule.hours is not None:
        yield from _hours(rule.hours)
    if rule.also is not None:
        yield from _also(rule.also)
    if rule.kind is RuleKind.SILENCE:
        yield from _no_meaning_for_silence(rule)


def _hours(hours: Hours) -> Iterator[ValidationProblem]:
    wrong = [day for day in hours.days if day not in range(1, 8)]
    if wrong or not hours.days or len(set(hours.days)) < len(hours.days):
        yield ValidationProblem(
            NO_SUCH_DAYS,
            field="hours.days",
            days=list(hours.days),
        )
    for field, text in (("start", hours.start), ("end", hours.end)):
        try:
            minutes_of(text)
        except ValueError:
            yield ValidationProblem(
                '{field} {text!r}: is no time of day; write one such as "22:00"', field=f"hours.{field}", text=text[:20]
            )
    if hours.start == hours.end:
        yield ValidationProblem(
            "{field} {text!r}: is also the start, so the rule never holds; leave hours out for all day",
            field="hours.end",
            text=hours.end[:20],
        )


def _also(also: Also) -> Iterator[ValidationProblem]:
    if not is_name(also.sensor):
        yield ValidationProblem(
            "{field} {name!r}: is no sensor's name; write the second sensor's id",
            field="also.sensor",
            name=also.sensor[:80],
        )
    if also.quantity not in QUANTITIES:
        yield ValidationProblem(
            "{field} {name!r}: is not known; write one such as rainfall", field="also.quantity", name=also.quantity[:40]
        )
    if also.kind not in (RuleKind.ABOVE, RuleKind.BELOW):
        yield ValidationProblem(
            "{field} {kind!r}: a second sensor can be above or below; write one of them",
            field="also.kind",
            kind=also.kind.value,
        )
    if not isfinite(also.limit):
        yield ValidationProblem("{field} {value:g}: is no number; write one", field="also.limit", value=also.limit)
    if not 0 < also.within_s <= LONGEST_S:
        yield _no_time("also.within_s", also.within_s, least=1, most=LONGEST_S)


def _no_meaning_for_silence(rule: Rule) -> Iterator[ValidationProblem]:
    for field, plain in (("for_s", 0.0), ("hysteresis", 0.0), ("at_least", None), ("also", None), ("hours", None)):
        if getattr(rule, field) != plain:
            yield ValidationProblem(
                "{field}: has no meaning for silence, whose limit counts intervals; leave it out", field=field
            )


_SIDES = {
    RuleKind.BELOW: LocalizedMessage("below"),
    RuleKind.INSIDE: LocalizedMessage("within"),
    RuleKind.OUTSIDE: LocalizedMessage("around"),
}
"""Where the limit of a worse level lies, as seen from the milder one; of all other kinds above it."""


def _order(rule: Rule) -> Iterator[ValidationProblem]:
    for number, (milder, worse) in enumerate(pairwise(rule.levels), start=1):
        if worse.severity.rank < milder.severity.rank:
            yield ValidationProblem(
                "{field}: {worse} follows {milder} but is {severity} after {other}; put the worst last",
                field="levels",
                worse=worse.name,
                milder=milder.name,
                severity=worse.severity.value,
                other=milder.severity.value,
            )
        if _step(rule, milder, worse) <= 0:
            yield ValidationProblem(
                LIMITS_OUT_OF_ORDER,
                field="levels",
                at=level_field(number, "limit"),
                worse=worse.name,
                milder=milder.name,
                limit=_band(worse),
                side=_SIDES.get(rule.kind, LocalizedMessage("above")),
                other=_band(milder),
            )


def _step(rule: Rule, milder: Level, worse: Level) -> float:
    """How much further the worse level lies, at its nearer end; 0 or less is no order."""
    rise, fall = worse.limit - milder.limit, milder.limit - worse.limit
    if worse.high is None or milder.high is None:
        return fall if rule.kind is RuleKind.BELOW else rise
    if rule.kind is RuleKind.INSIDE:
        return min(rise, milder.high - worse.high)
    return min(fall, worse.high - milder.high)


def _band(level: Level) -> LocalizedMessage:
    if level.high is None:
        return LocalizedMessage("{limit:g}", limit=level.limit)
    return LocalizedMessage("{low:g} to {high:g}", low=level.limit, high=level.high)


def _bands(rule: Rule) -> Iterator[ValidationProblem]:
    for milder, worse in pairwise(rule.levels):
        step = _step(rule, milder, worse)
        if 0 < step <= rule.hysteresis:
            yield ValidationProblem(
                WIDER_THAN_STEP,
                field="hysteresis",
                value=rule.hysteresis,
                step=step,
                milder=milder.name,
                worse=worse.name,
            )
    yield from _way_back(rule)


def _way_back(rule: Rule) -> Iterator[ValidationProblem]:
    """Whether an alarm can close at all: somewhere beyond the hysteresis there must be values that are possible."""
    mildest, hysteresis = rule.levels[0], rule.hysteresis
    room = _room(rule, mildest)
    if hysteresis and hysteresis >= room:
        yield ValidationProblem(
            "{field} {value:g}: no value is left that would close {level}; write less than {room:g}",
            field="hysteresis",
            value=hysteresis,
            level=mildest.name,
            room=room,
        )


def _room(rule: Rule, mildest: Level) -> float:
    """How far the values reach on the other side of the mildest level."""
    row, high = QUANTITIES.get(rule.quantity), mildest.limit if mildest.high is None else mildest.high
    if rule.kind is RuleKind.RISE or row is None:
        return mildest.limit
    if rule.kind is RuleKind.OUTSIDE:
        return (high - mildest.limit) / 2
    below, above = mildest.limit - row.low, row.high - high
    return {RuleKind.ABOVE: below, RuleKind.BELOW: above}.get(rule.kind, max(below, above))
