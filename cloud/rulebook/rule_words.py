"""A rule as a person reads it.

Alarm when Water level reaches 150 cm (Siaga 3), 250 cm (Siaga 2), 320 cm (Siaga 1). It must last 1 min.
The alarm ends when the value has been 10 cm back for 10 min.
"""

from i18n import figures
from i18n.catalog import N_, Catalog
from rules.marks import MARK_OF_NAME, Mark
from rules.rule import Also, AtLeast, Direction, Hours, Level, Rule, RuleKind
from rules.trend import MOST_DAYS
from wire import QuantityTable

KIND_NAMES = {
    RuleKind.ABOVE: N_("the value is too high"),
    RuleKind.BELOW: N_("the value is too low"),
    RuleKind.INSIDE: N_("the value is between two limits"),
    RuleKind.OUTSIDE: N_("the value is outside two limits"),
    RuleKind.RISE: N_("the value rises fast"),
    RuleKind.TREND: N_("the value nears a limit"),
    RuleKind.SILENCE: N_("the sensor says nothing"),
}
MARK_WORDS = {
    Mark.BACKFILL: N_("sent late"),
    Mark.CLOCK_ESTIMATED: N_("time estimated"),
    Mark.CLOCK_UNKNOWN: N_("time uncertain"),
    Mark.SPIKE: N_("spike"),
    Mark.STUCK: N_("does not move"),
    Mark.TWINS_DISAGREE: N_("twin disagrees"),
    Mark.TWIN_ASTRAY: N_("twin astray"),
    Mark.WITHDRAWN: N_("withdrawn"),
}
DIRECTION_NAMES = {Direction.FALLING: N_("falling"), Direction.RISING: N_("rising")}
DAY_NAMES = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
_OPENINGS = {
    RuleKind.ABOVE: (N_("Alarm when {quantity} reaches {levels}."), N_("Alarm when {quantity} exceeds {levels}.")),
    RuleKind.BELOW: (N_("Alarm when {quantity} falls to {levels}."), N_("Alarm when {quantity} falls below {levels}.")),
    RuleKind.INSIDE: (N_("Alarm while {quantity} is between {levels}."),) * 2,
    RuleKind.OUTSIDE: (N_("Alarm while {quantity} is outside {levels}."),) * 2,
    RuleKind.RISE: (N_("Alarm when {quantity} rises by {levels} within {window}."),) * 2,
    RuleKind.TREND: (N_("Alarm when {quantity} reaches {target} within {levels} by its trend of {window}."),) * 2,
    RuleKind.SILENCE: (N_("Alarm when nothing is heard for {levels} expected intervals."),) * 2,
}
"""How the sentence begins: where the limit itself counts, and where it does not."""


def level_name(_: Catalog, level: Level) -> str:
    """The name of a level in this language."""
    return level.name_id if _.language.code == "id" and level.name_id else level.name


def title_of(_: Catalog, rule: Rule) -> str:
    """The title of a rule in this language."""
    return rule.title_id if _.language.code == "id" and rule.title_id else rule.title


def advice_of(_: Catalog, rule: Rule) -> str:
    """What to do, in this language."""
    return rule.advice_id if _.language.code == "id" and rule.advice_id else rule.advice


def sentence(_: Catalog, table: QuantityTable, rule: Rule) -> str:
    """The whole rule in a few sentences."""
    parts = [_opening(_, table, rule), _lasting(_, rule), _ending(_, table, rule)]
    if rule.minimum is not None and rule.kind is RuleKind.RISE:
        parts.append(_("Only from {value} on.", value=amount(_, table, rule.quantity, rule.minimum)))
    if rule.also is not None:
        parts.append(_("Only if {other}.", other=also_words(_, table, rule.also)))
    if rule.hours is not None:
        parts.append(_("Only {hours}.", hours=hours_words(_, rule.hours)))
    if not rule.enabled:
        parts.append(_("Switched off."))
    return " ".join(part for part in parts if part)


def _opening(_: Catalog, table: QuantityTable, rule: Rule) -> str:
    inclusive = all(level.inclusive for level in rule.levels)
    return _(
        _OPENINGS[rule.kind][0 if inclusive else 1],
        quantity=quantity_name(_, table, rule.quantity),
        levels=", ".join(f"{limit_words(_, table, rule, level)} ({level_name(_, level)})" for level in rule.levels),
        window=span(_, rule.window_s),
        target="–" if rule.target is None else amount(_, table, rule.quantity, rule.target),
    )


def _lasting(_: Catalog, rule: Rule) -> str:
    if rule.kind is RuleKind.SILENCE:
        return ""
    if rule.at_least is not None:
        return _("At least {n} of {m} readings must say so.", n=rule.at_least.n, m=rule.at_least.m)
    return _("It must last {time}.", time=span(_, rule.for_s)) if rule.for_s else ""


def _ending(_: Catalog, table: QuantityTable, rule: Rule) -> str:
    if rule.kind is RuleKind.SILENCE:
        return ""
    if rule.kind is RuleKind.TREND and rule.hysteresis:
        return _("The alarm ends when that is {back} further off.", back=days_words(_, rule.hysteresis))
    if rule.hysteresis and rule.clear_s:
        return _(
            "The alarm ends when the value has been {back} back for {time}.",
            back=amount(_, table, rule.quantity, rule.hysteresis),
            time=span(_, rule.clear_s),
        )
    if rule.hysteresis:
        return _("The alarm ends when the value is {back} back.", back=amount(_, table, rule.quantity, rule.hysteresis))
    return _("The alarm ends after {time} of calm.", time=span(_, rule.clear_s)) if rule.clear_s else ""


def limit_words(_: Catalog, table: QuantityTable, rule: Rule, level: Level) -> str:
    """The limit of a level with its unit: 150 cm, 20 to 30 °C, 5."""
    if rule.kind is RuleKind.SILENCE:
        return plain(_, level.limit)
    if level.high is not None:
        return _("{low} to {high}", low=plain(_, level.limit), high=amount(_, table, rule.quantity, level.high))
    return level_amount(_, table, rule, level.limit)


def level_amount(_: Catalog, table: QuantityTable, rule: Rule, value: float) -> str:
    """An amount on the scale of a rule's levels: days for a trend, else that of the quantity."""
    if rule.kind is RuleKind.TREND:
        return days_words(_, value)
    return amount(_, table, rule.quantity, value)


def days_words(_: Catalog, days: float) -> str:
    """Days ahead, as exact as they can be told: 0.4 days, 3.8 days, 12 days."""
    shown = _.number(days, 1 if days < 10 and days != round(days) else 0)
    return _.plural("{n} day", "{n} days", 1) if shown == "1" else _("{n} days", n=shown)


def trend_words(_: Catalog, table: QuantityTable, rule: Rule, days: float) -> str:
    """What a trend says: 20 % in 3.8 days."""
    target = "–" if rule.target is None else amount(_, table, rule.quantity, rule.target)
    if days >= MOST_DAYS:
        return _("{target} is not in sight", target=target)
    if days <= 0:
        return _("{target} is reached", target=target)
    return _("{target} in {days}", target=target, days=days_words(_, days))


def also_words(_: Catalog, table: QuantityTable, also: Also) -> str:
    """The second sensor that must agree."""
    side = _("above") if also.kind is RuleKind.ABOVE else _("below")
    return _(
        "{quantity} of {sensor} is {side} {limit} too, at most {time} old",
        quantity=figures.name_of(_, table.row(also.quantity)),
        sensor=also.sensor,
        side=side,
        limit=amount(_, table, also.quantity, also.limit),
        time=span(_, also.within_s),
    )


def hours_words(_: Catalog, hours: Hours) -> str:
    """When a rule holds: every day 08:00–17:00; Mon, Tue 00:00–24:00."""
    every = len(set(hours.days)) == len(DAY_NAMES)
    days = _("every day") if every else ", ".join(_(DAY_NAMES[day - 1]) for day in sorted(set(hours.days)))
    return f"{days} {hours.start}–{hours.end}"


def at_least_words(_: Catalog, at_least: AtLeast) -> str:
    """3 of 5 readings."""
    return _("{n} of {m} readings", n=at_least.n, m=at_least.m)


def marks_words(_: Catalog, names: tuple[str, ...]) -> str:
    """The marks by the words that people know; a mark that is new here by its own name."""
    words = [_(MARK_WORDS[MARK_OF_NAME[name]]) if name in MARK_OF_NAME else name for name in names]
    return ", ".join(words) or _("none")


def amount(_: Catalog, table: QuantityTable, quantity: str, value: float) -> str:
    """A limit with its unit, without decimals that say nothing: 150 cm, 15.5 µg/m³."""
    unit = unit_of(_, table, quantity)
    return f"{plain(_, value)} {unit}".strip()


def quantity_name(_: Catalog, table: QuantityTable, quantity: str) -> str:
    """What is measured as people call it; a rule of silence may mean all that a sensor measures."""
    return figures.name_of(_, table.row(quantity)) if quantity else _("everything the sensor measures")


def unit_of(_: Catalog, table: QuantityTable, quantity: str) -> str:
    """The unit that stands beside a limit of `quantity`; none where a rule means every quantity."""
    return figures.unit_of(_, table.row(quantity)) if quantity else ""


def plain(_: Catalog, value: float) -> str:
    """A number with as many decimals as it has, three at most."""
    decimals = next((count for count in range(3) if round(value, count) == round(value, 3)), 3)
    return _.number(value, decimals)


def about(_: Catalog, seconds: float) -> str:
    """A measured length of time, as exact as people tell it: 45 s, 12 min, 1.5 h, 3 days."""
    unit_s, parts = next(((unit, parts) for unit, parts in _ROUND if seconds >= unit), (1, 1))
    return span(_, max(0.0, seconds) * parts // unit_s * unit_s / parts)


_ROUND = ((2 * 86_400, 2), (3_600, 10), (60, 1))
"""From how many seconds on, and into how many parts of that a measured time is cut."""
_SPANS = ((86_400, N_("{n} days")), (3_600, N_("{n} h")), (60, N_("{n} min")))


def span(_: Catalog, seconds: float) -> str:
    """A length of time as people set it: 45 s, 10 min, 1.5 h, 2 days."""
    for unit_s, text in _SPANS:
        if seconds >= unit_s * (2 if unit_s == 86_400 else 1):
            return _(text, n=plain(_, seconds / unit_s))
    return _("{n} s", n=plain(_, seconds))
