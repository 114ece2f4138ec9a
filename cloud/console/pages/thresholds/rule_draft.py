"""A rule as it is being edited: the texts in the fields, and what they mean or why they mean nothing.

{"for_s": "1,5", "levels[0].limit": "150", …}  ─►  DraftMeaning(Rule(…), {}) or (None, {"levels[1].limit": "Siaga 2 …"})
Times are edited in minutes. What a rule may be is asked of `rules.validation`; only reading the texts is done here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from math import nan
from typing import Any

import msgspec

from cloud.console.pages.thresholds.problem_sentences import editor_sentence
from cloud.console.view_models.rule_fields import fields_of
from cloud.console.view_models.typed_number import InvalidInput, parse_number, plain_text
from cloud.rulebook.rule_words import DAY_NAMES
from i18n.catalog import Catalog
from rules.level_checks import MOST_LEVELS
from rules.marks import MARK_OF_NAME
from rules.problem import level_field
from rules.rule import Also, AtLeast, Direction, Hours, Level, Rule, RuleKind, Severity
from rules.validation import problems_in
from wire import QuantityTable

MINUTES = ("for_s", "window_s", "clear_s", "lateness_s")
TEXTS = ("title", "title_id", "advice", "advice_id")
USUAL_WITHIN_S = 3_600.0
"""How old the reading of a second sensor may be unless somebody writes another age."""
LONGEST_TEXT = 1_000
"""Of each field of a form; what a rule may hold is asked of its checks."""
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_NO_COUNT = AtLeast(0, 0)
"""What is read of texts that are no whole numbers; no rule may have it."""
_RANGES = frozenset({RuleKind.INSIDE, RuleKind.OUTSIDE})
LEVEL_PARTS = ("name", "name_id", "severity", "limit", "high", "colour", "inclusive")

PLAIN = "plain"
"""Beside a level's colour in a form: the colour that was shown because the level has none of its own."""

Draft = dict[str, str]
"""The text in each field: title, for_s, levels[0].limit, hours.day.1, also.limit …; "yes" where a box is ticked."""


class DraftMeaning(msgspec.Struct, frozen=True):
    """What a draft means: `rule` where nothing is wrong, and else one sentence for each field with a problem."""

    rule: Rule | None
    problems: dict[str, str]


def draft_of(_: Catalog, rule: Rule) -> Draft:
    """The texts of a rule, to be edited."""
    draft = {field: getattr(rule, field) for field in TEXTS}
    draft |= {field: plain_text(_, getattr(rule, field) / 60) for field in MINUTES}
    draft["hysteresis"] = plain_text(_, rule.hysteresis)
    draft["minimum"] = "" if rule.minimum is None else plain_text(_, rule.minimum)
    draft["target"] = "" if rule.target is None else plain_text(_, rule.target)
    draft["direction"] = rule.direction.value
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


def draft_sent(_: Catalog, rule: Rule, sent: Mapping[str, Sequence[str]]) -> Draft:
    """The texts that a form holds: a box that is not ticked sends none, and what is no choice stays as it is."""
    known = draft_of(_, rule)
    draft = without_levels(known)
    of_kind = fields_of(rule.kind)
    names = [name for name in draft if name.partition(".")[0] in of_kind]
    names += [level_field(number, part) for number in range(_levels_sent(sent)) for part in LEVEL_PARTS]
    for name in names:
        text, choices = _first(sent, name), _CHOICES.get(name.rpartition("].")[2])
        draft[name] = text if choices is None or text in choices else known.get(name, choices[0])
    for number in range(_levels_sent(sent)):
        colour = level_field(number, "colour")
        if draft[colour] == _first(sent, level_field(number, PLAIN)):
            draft[colour] = ""  # that of the severity, which a field for colours cannot leave out
    return draft


def _first(sent: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(sent.get(name, ())), "")[:LONGEST_TEXT]


def _levels_sent(sent: Mapping[str, Sequence[str]]) -> int:
    """Count the levels of a form, which are numbered from 0 on."""
    return next((number for number in range(MOST_LEVELS) if level_field(number, "limit") not in sent), MOST_LEVELS)


_CHOICES = {
    "severity": [severity.value for severity in Severity],
    "direction": [way.value for way in Direction],
    "also.kind": [RuleKind.ABOVE.value, RuleKind.BELOW.value],
}


def level_draft(_: Catalog, number: int, level: Level) -> Draft:
    """The texts of one level."""
    texts = {
        "name": level.name,
        "name_id": level.name_id,
        "severity": level.severity.value,
        "limit": plain_text(_, level.limit),
        "high": "" if level.high is None else plain_text(_, level.high),
        "colour": level.colour,
        "inclusive": _yes(level.inclusive),
    }
    return {level_field(number, part): text for part, text in texts.items()}


def meaning_of(_: Catalog, table: QuantityTable, rule: Rule, draft: Draft) -> DraftMeaning:
    """Read what the texts mean; what is not edited here stays as it is in `rule`."""
    reader = _Reader(_, rule, draft)
    edited = reader.rule()
    sentences = dict(reader.unreadable)
    for problem in problems_in(edited, table):
        sentences.setdefault(problem.field, editor_sentence(_, table, edited, problem))
    return DraftMeaning(None if sentences else edited, sentences)


class _Reader:
    """Reads the texts one by one and gathers those that cannot be read; a number that cannot stays no number."""

    def __init__(self, _: Catalog, rule: Rule, draft: Draft) -> None:
        self._words, self._rule, self._draft = _, rule, draft
        self.unreadable: dict[str, str] = {}

    def rule(self) -> Rule:
        changes: dict[str, Any] = {field: self._draft[field].strip() for field in TEXTS}
        changes |= {field: self._number(field) * 60 for field in MINUTES}
        changes |= {
            "hysteresis": self._number("hysteresis"),
            "enabled": self._ticked("enabled"),
            "minimum": self._number_or_none("minimum", of=RuleKind.RISE),
            "target": self._number_or_none("target", of=RuleKind.TREND),
            "direction": Direction(self._draft["direction"]),
            "at_least": self._at_least(),
            "hours": self._hours(),
            "also": self._also(),
            "reject": self._reject(),
            "levels": tuple(self._level(number) for number in range(level_count(self._draft))),
        }
        return msgspec.structs.replace(self._rule, **changes)

    def _ticked(self, field: str) -> bool:
        return self._draft[field] == "yes"

    def _number(self, field: str) -> float:
        try:
            return parse_number(self._words, self._draft[field])
        except InvalidInput as error:
            self.unreadable[field] = str(error)
            return nan

    def _number_or_none(self, field: str, *, of: RuleKind) -> float | None:
        """A number that only rules of one kind have, and may lack."""
        return self._number(field) if self._rule.kind is of and self._draft[field].strip() else None

    def _level(self, number: int) -> Level:
        draft = {part: self._draft[level_field(number, part)].strip() for part in LEVEL_PARTS}
        return Level(
            name=draft["name"],
            severity=Severity(draft["severity"]),
            limit=self._number(level_field(number, "limit")),
            high=self._number(level_field(number, "high")) if self._rule.kind in _RANGES else None,
            inclusive=draft["inclusive"] == "yes",
            colour=draft["colour"].lower(),
            name_id=draft["name_id"],
        )

    def _also(self) -> Also | None:
        sensor, _slash, quantity = self._draft["also.series"].partition("/")
        if not sensor:
            return None
        limit, within_s = self._number("also.limit"), self._number("also.within_s") * 60
        return Also(
            sensor, quantity, RuleKind(self._draft["also.kind"]), limit, self._ticked("also.inclusive"), within_s
        )

    def _reject(self) -> tuple[str, ...]:
        """The marks that are ticked: in the rule's own order if they are the same, so that nothing seems changed."""
        ticked = tuple(name for name in MARK_OF_NAME if self._ticked(f"reject.{name}"))
        return self._rule.reject if set(ticked) == set(self._rule.reject) else ticked

    def _at_least(self) -> AtLeast | None:
        n, m = self._draft["at_least.n"].strip(), self._draft["at_least.m"].strip()
        if not n and not m:
            return None
        return AtLeast(int(n), int(m)) if n.isdecimal() and m.isdecimal() else _NO_COUNT

    def _hours(self) -> Hours | None:
        days = tuple(day for day in range(1, len(DAY_NAMES) + 1) if self._ticked(f"hours.day.{day}"))
        hours = Hours(days, self._time_of_day("hours.start"), self._time_of_day("hours.end"))
        return None if hours == Hours() else hours

    def _time_of_day(self, field: str) -> str:
        _ = self._words
        text = self._draft[field].strip()
        if not _TIME.fullmatch(text):
            self.unreadable[field] = _("{value} is no time of day; write one such as 08:00.", value=self._draft[field])
        return text


def level_count(draft: Draft) -> int:
    """Count the levels of a draft."""
    return sum(level_field(number, "limit") in draft for number in range(MOST_LEVELS))


def levels_in(draft: Draft) -> Draft:
    """The texts of all levels alone."""
    return _level_texts(draft, range(level_count(draft)))


def without_levels(draft: Draft) -> Draft:
    """The draft without any level."""
    levels = levels_in(draft)
    return {field: text for field, text in draft.items() if field not in levels}


def without_level(draft: Draft, number: int) -> Draft:
    """The draft without one of its levels; the later ones move up."""
    kept = [each for each in range(level_count(draft)) if each != number]
    return without_levels(draft) | _level_texts(draft, kept)


def _level_texts(draft: Draft, numbers: Iterable[int]) -> Draft:
    """The texts of these levels, which are numbered from 0 on."""
    return {
        level_field(place, part): draft[level_field(number, part)]
        for place, number in enumerate(numbers)
        for part in LEVEL_PARTS
    }


def next_level(_: Catalog, rule: Rule, draft: Draft) -> Draft:
    """The draft with one more level, worse than the last; its limit is left to be written."""
    count = level_count(draft)
    severities = list(Severity)
    last = Severity(draft[level_field(count - 1, "severity")]) if count else Severity.MINOR
    worse = severities[min(severities.index(last) + bool(count), len(severities) - 1)]
    texts = level_draft(_, count, Level("", worse, 0.0))
    texts[level_field(count, "limit")] = ""
    return {**draft, **texts}


def _yes(value: bool) -> str:
    return "yes" if value else ""
