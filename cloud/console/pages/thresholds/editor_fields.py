"""The fields of the editor as its template needs them: what is written in each, its words, and what is wrong with it.

Must last             Must go back by           Days and hours
[ 1    ] min          [ 10   ] cm               [x] Mon [x] Tue …   [00:00] to [24:00]
from Pulau Morotai    set here · Use the inherited value
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from cloud.console.pages.thresholds.rule_draft import MINUTES, Draft, level_count
from cloud.console.view_models.rule_fields import FIELD_NAMES, fields_of, severity_choices
from cloud.console.view_models.thresholds import RuleView
from cloud.rulebook.rule_words import DAY_NAMES, DIRECTION_NAMES, MARK_WORDS, unit_of
from i18n.catalog import N_, Catalog
from rules.colours import SEVERITY_COLOURS
from rules.marks import MARK_OF_NAME
from rules.problem import level_field
from rules.rule import Rule, RuleKind, Severity
from wire import QuantityTable

LEVELS_MOST = 8
SECTIONS = (
    (N_("When it begins and ends"), ("for_s", "hysteresis", "clear_s"), False),
    (N_("What counts"), ("target", "direction", "at_least", "window_s", "minimum"), True),
    (N_("When it holds"), ("enabled", "hours"), True),
    (N_("What people read"), ("title", "title_id", "advice", "advice_id"), True),
    (N_("Second sensor and doubt"), ("also", "reject", "lateness_s"), True),
)
"""A title, its fields, and whether it is folded until something there is wrong or set here."""
NEEDED = frozenset({"target", "window_s"})
"""Fields without which a rule of their kind says nothing: never folded."""
_HINTS = {
    "for_s": N_("How long the limit must be passed before there is an alarm; 0 for at once."),
    "at_least": N_("So many of the last readings must be beyond the limit; empty for each one."),
    "window_s": N_("The rise, or the trend, is measured over this time."),
    "target": N_("The value that must not be reached: the alarm comes so many days before."),
    "minimum": N_("A rise below this value is no alarm; empty for any value."),
    "hysteresis": N_("How far the value must go back before the alarm may end; this stops flicker."),
    "clear_s": N_("How long it must stay back before the alarm ends."),
    "hours": N_("When the rule holds, in the time of the place."),
    "also": N_("There is an alarm only while its newest reading agrees."),
    "reject": N_("Readings with one of these marks raise no alarm and end none."),
    "lateness_s": N_("Readings out of order by no more than this still count in their order."),
}
_MEANT = {"also": ("also.sensor", "also.quantity"), "hours": ("hours.days",)}
"""What the rule calls parts that are written in other places."""
_LIMIT_NAMES = {
    RuleKind.ABOVE: N_("From"),
    RuleKind.BELOW: N_("Down to"),
    RuleKind.INSIDE: N_("From"),
    RuleKind.OUTSIDE: N_("Below"),
    RuleKind.RISE: N_("Rise of"),
    RuleKind.TREND: N_("Within"),
    RuleKind.SILENCE: N_("Silent for"),
}
_UNITS = {RuleKind.SILENCE: N_("expected intervals"), RuleKind.TREND: N_("days")}
"""Of limits that are not in the unit of the quantity."""
_HIGH_NAMES = {RuleKind.INSIDE: N_("Up to"), RuleKind.OUTSIDE: N_("Or above")}

Kind = Literal["line", "number", "area", "choice", "tick", "colour", "suggested"]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One place to write in: `name` in the form, `label` for who does not see it, `after` its unit.

    `is_plain`: a colour that stands there because the level has none of its own.
    """

    name: str
    kind: Kind
    label: str
    value: str
    after: str = ""
    short: bool = False
    options: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    is_plain: bool = False


class FieldView(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a rule; `can_release` where it can go back to the inherited value."""

    name: str
    label: str
    hint: str
    parts: tuple[Part, ...]
    problem: str
    origin: str
    own: bool
    can_release: bool


class SectionView(msgspec.Struct, frozen=True):
    """Some fields under a title."""

    title: str
    fields: tuple[FieldView, ...]
    folded: bool


class EditorFields:
    """Makes the views of one rule's fields from a draft; `others` is what a second sensor may be."""

    def __init__(
        self, _: Catalog, table: QuantityTable, view: RuleView, draft: Draft, problems: Mapping[str, str], *,
        released: frozenset[str], inherited: Rule | None, others: Sequence[tuple[str, str]],
    ) -> None:  # fmt: skip
        self._words, self._table, self._view, self._draft, self._problems = _, table, view, draft, problems
        self._released, self._inherited, self._others = released, inherited, tuple(others)
        self._rule = view.resolved.rule
        self.told: set[str] = {"levels"}
        """The problems that stand beside a field."""

    def sections(self) -> list[SectionView]:
        """All fields but the levels, those of the rule's kind."""
        _, known = self._words, fields_of(self._rule.kind)
        wanted = [(title, [name for name in names if name in known], folded) for title, names, folded in SECTIONS]
        made = [(title, tuple(self.field(name) for name in names), folded) for title, names, folded in wanted if names]
        return [SectionView(_(title), fields, folded and not _matters(fields)) for title, fields, folded in made]

    def field(self, name: str) -> FieldView:
        """One field."""
        _ = self._words
        parts = tuple(self._parts(name))
        beside = [name, *(part.name for part in parts), *_MEANT.get(name, ())]
        self.told.update(beside)
        value = next((value for value in self._view.values if value.field == name), None)
        released = name in self._released
        return FieldView(
            name=name,
            label=_(FIELD_NAMES[name]),
            hint=_(_HINTS[name]) if name in _HINTS else "",
            parts=parts,
            problem=" ".join(self._problems[one] for one in dict.fromkeys(beside) if one in self._problems),
            origin="" if self._inherited is None or value is None else _("inherited") if released else value.origin,
            own=value is not None and value.own and not released,
            can_release=self._inherited is not None and value is not None and value.own and not released,
        )

    def levels(self) -> list[tuple[Part, ...]]:
        """The places to write in of each level, from the mildest to the worst."""
        return [tuple(self._level(number)) for number in range(level_count(self._draft))]

    def _level(self, number: int) -> Iterable[Part]:
        _, kind, draft = self._words, self._rule.kind, self._draft
        unit = _(_UNITS[kind]) if kind in _UNITS else unit_of(_, self._table, self._rule.quantity)

        def part(name: str, shape: Kind, label: str, after: str = "", **more: object) -> Part:
            full = level_field(number, name)
            self.told.add(full)
            value, problem = draft[full], self._problems.get(full, "")
            return Part(name=full, kind=shape, label=label, value=value, after=after, problem=problem, **more)  # type: ignore[arg-type]

        yield part("name", "line", _("Name in English"))
        yield part("name_id", "line", _("Name in Indonesian"))
        yield part("limit", "number", _(_LIMIT_NAMES[kind]), unit)
        if kind in _HIGH_NAMES:
            yield part("high", "number", _(_HIGH_NAMES[kind]), unit)
        yield part("severity", "choice", _("How bad"), options=tuple(severity_choices(_)))
        colour = part("colour", "colour", _("Colour"))
        plain = SEVERITY_COLOURS[Severity(draft[level_field(number, "severity")])]
        yield colour if colour.value else msgspec.structs.replace(colour, value=plain, is_plain=True)
        if kind in {RuleKind.ABOVE, RuleKind.BELOW}:
            yield part("inclusive", "tick", _("the limit itself counts"))

    def _parts(self, name: str) -> Iterable[Part]:
        _ = self._words
        if name == "levels":
            return ()
        own = {"at_least": self._at_least, "hours": self._hours, "also": self._also, "reject": self._reject}
        if name in own:
            return own[name]()
        if name == "enabled":
            return [self._part(name, "tick", _(FIELD_NAMES[name]))]
        if name in {"advice", "advice_id"}:
            return [self._part(name, "area", _(FIELD_NAMES[name]))]
        if name == "direction":
            ways = tuple((way.value, _(words)) for way, words in DIRECTION_NAMES.items())
            return [self._part(name, "choice", _(FIELD_NAMES[name]), options=ways)]
        return [self._part(name, "number" if self._unit(name) else "line", _(FIELD_NAMES[name]), self._unit(name))]

    def _unit(self, name: str) -> str:
        _ = self._words
        if name in MINUTES:
            return _("min")
        if name == "hysteresis" and self._rule.kind is RuleKind.TREND:
            return _("days")
        return unit_of(_, self._table, self._rule.quantity) if name in {"hysteresis", "minimum", "target"} else ""

    def _at_least(self) -> Iterable[Part]:
        _ = self._words
        yield self._part("at_least.n", "number", _("so many readings"), _("of the last"), short=True)
        yield self._part("at_least.m", "number", _("of the last readings"), _("readings"), short=True)

    def _hours(self) -> Iterable[Part]:
        _ = self._words
        for day, words in enumerate(DAY_NAMES, start=1):
            yield self._part(f"hours.day.{day}", "tick", _(words))
        yield self._part("hours.start", "line", _("from time of day"), _("to"), short=True)
        yield self._part("hours.end", "line", _("to time of day"), short=True)

    def _also(self) -> Iterable[Part]:
        _, series = self._words, self._draft["also.series"]
        quantity = series.partition("/")[2]
        unit = unit_of(_, self._table, quantity) if quantity in self._table else ""
        sides = ((RuleKind.ABOVE.value, _("above")), (RuleKind.BELOW.value, _("below")))
        yield self._part("also.series", "suggested", _("Second sensor"), options=self._others)
        yield self._part("also.kind", "choice", _("side"), options=sides)
        yield self._part("also.limit", "number", _("its limit"), unit, short=True)
        yield self._part("also.within_s", "number", _("at most so old"), _("min old at most"), short=True)
        yield self._part("also.inclusive", "tick", _("the limit itself counts"))

    def _reject(self) -> Iterable[Part]:
        _ = self._words
        for name, mark in MARK_OF_NAME.items():
            yield self._part(f"reject.{name}", "tick", _(MARK_WORDS[mark]))

    def _part(
        self, name: str, kind: Kind, label: str, after: str = "", *, short: bool = False,
        options: tuple[tuple[str, str], ...] = (),
    ) -> Part:  # fmt: skip
        value = self._draft[name]
        return Part(name=name, kind=kind, label=label, value=value, after=after, short=short, options=options)


def _matters(fields: Iterable[FieldView]) -> bool:
    """Whether a folded section must be seen: something in it is wrong, set here, or needed."""
    return any(field.problem or field.own or field.name in NEEDED for field in fields)
