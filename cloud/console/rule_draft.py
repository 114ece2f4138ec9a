"""A rule as it is being edited: the texts in the fields, and what they mean or why they mean nothing.

Draft({"for_s": "1,5", "level.0.limit": "150", …}) -> Reading(rule=Rule(…), mistakes={"level.1.limit": "Siaga 2 …"})
Times are edited in minutes. A mistake is one sentence, kept by the field beside which it is shown.
"""

import re
from typing import Any

import msgspec

from cloud.rulebook.rule_words import DAY_NAMES, SEVERITY_NAMES, amount, level_name, plain
from i18n.catalog import Catalog
from rules.marks import MARK_OF_NAME
from rules.rule import Also, AtLeast, Hours, Level, Rule, RuleKind, Severity
from rules.validation import LONGEST_LATENESS_S, LONGEST_S
from wire import QUANTITIES

MINUTES = ("for_s", "window_s", "clear_s", "lateness_s")
_MOST_S = dict.fromkeys(MINUTES, LONGEST_S) | {"lateness_s": LONGEST_LATENESS_S}
TEXTS = ("title", "title_id", "advice", "advice_id")
USUAL_WITHIN_S = 3_600.0
"""How old the reading of a second sensor may be unless somebody says so."""
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_TOO_MANY_READINGS = re.compile(r"\d{1,3}([.,]\d{3})+")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_FALLING = frozenset({RuleKind.BELOW})

Draft = dict[str, str]
"""The text in each field: title, for_s, level.0.limit, hours.day.1, also.limit …; "yes" where a box is ticked."""


class ValidationProblem(Exception):
    """A field means nothing; the text is one sentence for the person at the screen."""


class DraftMeaning(msgspec.Struct, frozen=True):
    """What a draft means: `rule` where there is no mistake, and the mistakes by field."""

    rule: Rule | None
    mistakes: dict[str, str]


def draft_of(_: Catalog, rule: Rule) -> Draft:
    """The texts of a rule, to be edited."""
    draft = {field: getattr(rule, field) for field in TEXTS}
    draft |= {field: plain_text(_, getattr(rule, field) / 60) for field in MINUTES}
    draft["hysteresis"] = plain_text(_, rule.hysteresis)
    draft["minimum"] = "" if rule.minimum is None else plain_text(_, rule.minimum)
    draft["enabled"] = _yes(rule.enabled)
    draft["at_least.n"] = str(rule.at_least.n) if rule.at_least else ""
    draft["at_least.m"] = str(rule.at_least.m) if rule.at_least else ""
    hours = rule.hours or Hours()
    draft["hours.start"], draft["hours.end"] = hours.start, hours.end
    draft |= {f"hours.day.{day}": _yes(day in hours.days) for day in range(1, 8)}
    draft |= {f"reject.{name}": _yes(name in rule.reject) for name in MARK_OF_NAME}
    draft |= _also_draft(_, rule.also)
    for number, level in enumerate(rule.levels):
        draft |= level_draft(_, number, level)
    return draft


def _also_draft(_: Catalog, also: Also | None) -> Draft:
    """The texts of the second sensor; no series where there is none."""
    return {
        "also.series": f"{also.sensor}/{also.quantity}" if also else "",
        "also.kind": also.kind.value if also else RuleKind.ABOVE.value,
        "also.limit": plain_text(_, also.limit) if also else "",
        "also.inclusive": _yes(also.inclusive if also else True),
        "also.within_s": plain_text(_, (also.within_s if also else USUAL_WITHIN_S) / 60),
    }


def level_draft(_: Catalog, number: int, level: Level) -> Draft:
    """The texts of one level."""
    return {
        f"level.{number}.name": level.name,
        f"level.{number}.name_id": level.name_id,
        f"level.{number}.severity": level.severity.value,
        f"level.{number}.limit": plain_text(_, level.limit),
        f"level.{number}.high": "" if level.high is None else plain_text(_, level.high),
        f"level.{number}.colour": level.colour,
        f"level.{number}.inclusive": _yes(level.inclusive),
    }


def meaning_of(_: Catalog, rule: Rule, draft: Draft) -> DraftMeaning:
    """What the texts mean; what is not edited here stays as it is in `rule`."""
    reader = _Reader(_, rule, draft)
    changes = reader.read()
    if reader.mistakes:
        return DraftMeaning(None, reader.mistakes)
    edited = msgspec.structs.replace(rule, **changes)
    mistakes = contradictions(_, edited)
    return DraftMeaning(None if mistakes else edited, mistakes)


def contradictions(_: Catalog, rule: Rule) -> dict[str, str]:
    """What of a rule cannot be meant, by the field to look at."""
    found: dict[str, str] = {}
    for number in range(1, len(rule.levels)):
        milder, worse = rule.levels[number - 1], rule.levels[number]
        gap = (milder.limit - worse.limit) if rule.kind in _FALLING else (worse.limit - milder.limit)
        if rule.kind not in {RuleKind.INSIDE, RuleKind.OUTSIDE} and gap <= 0:
            found[f"level.{number}.limit"] = _wrong_order(_, rule, milder, worse)
        elif rule.kind not in {RuleKind.INSIDE, RuleKind.OUTSIDE, RuleKind.SILENCE} and rule.hysteresis >= gap:
            found["hysteresis"] = _(
                "{value} is as wide as the step from {milder} to {worse}; write less than {gap}.",
                value=amount(_, rule.quantity, rule.hysteresis),
                milder=level_name(_, milder),
                worse=level_name(_, worse),
                gap=amount(_, rule.quantity, gap),
            )
    for number, level in enumerate(rule.levels):
        if level.high is not None and level.high <= level.limit:
            found[f"level.{number}.high"] = _(
                "The upper limit {high} is not above the lower one, {low}; swap them.",
                high=plain(_, level.high),
                low=plain(_, level.limit),
            )
    return found


def _wrong_order(_: Catalog, rule: Rule, milder: Level, worse: Level) -> str:
    told = {
        "worse": level_name(_, worse),
        "milder": level_name(_, milder),
        "limit": plain(_, worse.limit),
        "other": plain(_, milder.limit),
    }
    if rule.kind in _FALLING:
        return _("{worse} at {limit} is not below {milder} at {other}; the worse level needs the lower limit.", **told)
    return _("{worse} at {limit} is not above {milder} at {other}; the worse level needs the higher limit.", **told)


class _Reader:
    """Reads the texts one by one and gathers the mistakes."""

    def __init__(self, _: Catalog, rule: Rule, draft: Draft) -> None:
        self._words, self._rule, self._draft = _, rule, draft
        self.mistakes: dict[str, str] = {}

    def read(self) -> dict[str, Any]:
        kind = self._rule.kind
        changes: dict[str, Any] = {field: self._draft[field].strip() for field in TEXTS}
        changes |= {
            field: self._number(field, at_least=0.0, at_most=_MOST_S[field] / 60, times=60.0) for field in MINUTES
        }
        changes["hysteresis"] = self._number("hysteresis", at_least=0.0)
        changes["enabled"] = self._draft["enabled"] == "yes"
        changes["minimum"] = self._number("minimum") if kind is RuleKind.RISE and self._draft["minimum"] else None
        changes["at_least"] = self._at_least()
        changes["hours"] = self._hours()
        changes["also"] = self._also()
        changes["reject"] = self._reject()
        changes["levels"] = tuple(self._level(number) for number in range(level_count(self._draft)))
        if not changes["title"]:
            _ = self._words
            self.mistakes["title"] = _("A rule needs a title; write what it watches.")
        if not changes["levels"]:
            _ = self._words
            self.mistakes["levels"] = _("A rule needs a level; add one.")
        return changes

    def _number(
        self, field: str, *, at_least: float | None = None, at_most: float | None = None, times: float = 1.0
    ) -> float:
        _ = self._words
        try:
            value = parse_number(_, self._draft[field])
        except ValidationProblem as mistake:
            self.mistakes[field] = str(mistake)
            return 0.0
        if at_least is not None and value < at_least:
            least = plain(_, at_least)
            self.mistakes[field] = _("{value} is too small; write {least} or more.", value=plain(_, value), least=least)
        if at_most is not None and value > at_most:
            most = plain(_, at_most)
            self.mistakes[field] = _("{value} is too large; write {most} or less.", value=plain(_, value), most=most)
        return value * times

    def _level(self, number: int) -> Level:
        _ = self._words
        prefix = f"level.{number}."
        kind = self._rule.kind
        name = self._draft[prefix + "name"].strip()
        if not name:
            self.mistakes[prefix + "name"] = _("A level needs a name; write one such as Siaga 3.")
        two_limits = kind in {RuleKind.INSIDE, RuleKind.OUTSIDE}
        limit = self._limit(prefix + "limit")
        high = self._limit(prefix + "high") if two_limits else None
        colour = self._draft[prefix + "colour"].strip().lower()
        if colour and not _COLOUR.fullmatch(colour):
            self.mistakes[prefix + "colour"] = _("{value} is no colour; choose one.", value=colour)
        return Level(
            name,
            Severity(self._draft[prefix + "severity"]),
            limit,
            high,
            self._draft[prefix + "inclusive"] == "yes",
            colour,
            self._draft[prefix + "name_id"].strip(),
        )

    def _limit(self, field: str) -> float:
        _ = self._words
        value = self._number(field)
        if self._rule.kind in {RuleKind.RISE, RuleKind.SILENCE}:
            self._more_than_0(field, value)
            return value
        row = QUANTITIES[self._rule.quantity]
        if field not in self.mistakes and not row.low <= value <= row.high:
            self.mistakes[field] = _(
                "{value} cannot be measured; write a value from {low} to {high}.",
                value=amount(_, row.name, value),
                low=plain(_, row.low),
                high=amount(_, row.name, row.high),
            )
        return value

    def _more_than_0(self, field: str, value: float) -> None:
        _ = self._words
        if field not in self.mistakes and value <= 0:
            self.mistakes[field] = _("{value} is too small; write more than 0.", value=plain(_, value))

    def _also(self) -> Also | None:
        sensor, _slash, quantity = self._draft["also.series"].partition("/")
        if not sensor:
            return None
        limit = self._number("also.limit")
        within_s = self._number("also.within_s", at_most=LONGEST_S / 60, times=60.0)
        self._more_than_0("also.within_s", within_s)
        kind, inclusive = RuleKind(self._draft["also.kind"]), self._draft["also.inclusive"] == "yes"
        return Also(sensor, quantity, kind, limit, inclusive, within_s)

    def _reject(self) -> tuple[str, ...]:
        """The marks that are ticked: in the rule's own order if they are the same, so that nothing seems changed."""
        ticked = tuple(name for name in MARK_OF_NAME if self._draft[f"reject.{name}"] == "yes")
        return self._rule.reject if set(ticked) == set(self._rule.reject) else ticked

    def _at_least(self) -> AtLeast | None:
        _ = self._words
        n, m = self._draft["at_least.n"].strip(), self._draft["at_least.m"].strip()
        if not n and not m:
            return None
        if not (n.isdecimal() and m.isdecimal() and 1 <= int(n) <= int(m) <= 100):
            self.mistakes["at_least.n"] = _("Write two whole numbers up to 100, as in 3 of 5, or leave both empty.")
            return None
        return AtLeast(int(n), int(m))

    def _hours(self) -> Hours | None:
        _ = self._words
        days = tuple(day for day in range(1, len(DAY_NAMES) + 1) if self._draft[f"hours.day.{day}"] == "yes")
        if not days:
            self.mistakes["hours"] = _("No day is chosen; choose one, or switch the rule off.")
        for end in ("hours.start", "hours.end"):
            if not _TIME.fullmatch(self._draft[end].strip()):
                self.mistakes[end] = _("{value} is no time of day; write one such as 08:00.", value=self._draft[end])
        hours = Hours(days, self._draft["hours.start"].strip(), self._draft["hours.end"].strip())
        return None if hours == Hours() else hours


def level_count(draft: Draft) -> int:
    """How many levels a draft has."""
    return sum(field.startswith("level.") and field.endswith(".limit") for field in draft)


def without_level(draft: Draft, number: int) -> Draft:
    """The draft without one of its levels; the later ones move up."""
    kept = {field: text for field, text in draft.items() if not field.startswith("level.")}
    for field, text in draft.items():
        if field.startswith("level."):
            _level, place, part = field.split(".")
            if int(place) != number:
                kept[f"level.{int(place) - (int(place) > number)}.{part}"] = text
    return kept


def next_level(_: Catalog, rule: Rule, draft: Draft) -> Draft:
    """The draft with one more level, worse than the last; its limit is left to be written."""
    count = level_count(draft)
    severities = list(Severity)
    last = Severity(draft[f"level.{count - 1}.severity"]) if count else Severity.MINOR
    worse = severities[min(severities.index(last) + bool(count), len(severities) - 1)]
    texts = level_draft(
        _, count, Level("", worse, 0.0, 0.0 if rule.kind in {RuleKind.INSIDE, RuleKind.OUTSIDE} else None)
    )
    texts[f"level.{count}.limit"] = texts[f"level.{count}.high"] = ""
    return {**draft, **texts}


def parse_number(_: Catalog, text: str) -> float:
    """The number in `text`, with a decimal comma or point; Mistake where it is none or could be two."""
    text = text.strip().replace("−", "-")
    if _TOO_MANY_READINGS.fullmatch(text.lstrip("-")) and not text.lstrip("-").startswith("0"):
        bare = re.sub(r"[.,]", "", text)
        raise ValidationProblem(
            _("{value} can be read in two ways; write {bare} if you mean that.", value=text, bare=bare)
        )
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        raise ValidationProblem(
            _("“{value}” is no number; write one such as {example}.", value=text, example=_example(_))
        ) from None
    if value != value or abs(value) == float("inf"):
        raise ValidationProblem(
            _("“{value}” is no number; write one such as {example}.", value=text, example=_example(_))
        )
    return value


def plain_text(_: Catalog, value: float) -> str:
    """A number to be edited: no marks between thousands, as few decimals as it needs."""
    text = f"{value:.10g}".replace(".", _.language.decimal)
    return text + "0" if _TOO_MANY_READINGS.fullmatch(text.lstrip("-")) else text  # 1.125 is no thousand


def _example(_: Catalog) -> str:
    return plain_text(_, 12.5)


def _yes(value: bool) -> str:
    return "yes" if value else ""


def severity_choices(_: Catalog) -> list[tuple[str, str]]:
    """The severities to choose from, the mildest first."""
    return [(severity.value, _(name)) for severity, name in SEVERITY_NAMES.items()]
