"""An incident in words: values and limits in the terms of the rule, and the lines of its journal.

262 cm      +45 cm in 10 min      7 expected intervals      limit 250 cm
JournalLine(when="24 Nov 03:10:05 WIT", who="ani", what="acknowledged", word="the pump runs")
"""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

import msgspec

from cloud.alarms.checklists import TICK, UNTICK, StepDone, Ticked
from cloud.alarms.records import Alarm, AlarmChange
from cloud.database.audit_actions import action_words
from cloud.database.audit_log import AuditEntry
from cloud.notify.notified import Notified
from cloud.rulebook.rule_words import amount, level_name, limit_words, plain, span, trend_words
from cloud.situation import level_of
from i18n import figures
from i18n.catalog import N_, Catalog, LanguageCode
from rules.rule import OWN_FAMILIES, Level, Rule, RuleKind
from rules.steps import count_steps, step_of
from wire import QuantityTable

CHANGES = {
    "raised": N_("began: {level}, {value}"),
    "worsened": N_("got worse: {level}, {value}"),
    "eased": N_("eased: {level}, {value}"),
    "silent": N_("the sensor has fallen silent"),
    "heard": N_("the sensor speaks again: {value}"),
    "recovering": N_("is going back: {value}"),
    "resumed": N_("is back beyond the level: {value}"),
    "closed": N_("ended: {value}"),
    "sounded": N_("sounded at the gateway"),
    "texted": N_("told to people by SMS of the gateway"),
    "retired": N_("ended because its sensor was taken out of service: no all-clear"),
    "withdrawn": N_("withdrawn: a reading that came late shows it was not so"),
}
"""What the engine found, in words for people."""
BY_PERSON = {
    "heard": N_("a person has read it, while the sensor says nothing: {value}"),
    "withdrawn": N_("withdrawn: the person's reading was taken back, or the sensor shows that it was not so"),
}
"""The same, where it rests on what a person has read."""
STEP_NAMES = {TICK: N_("step {number} done"), UNTICK: N_("step {number} not done after all")}
"""What people did with a step, by its number; the words of all other actions are the journal's."""


class JournalLine(msgspec.Struct, frozen=True):
    """One line of an alarm's journal: `who` is empty where the engine found something."""

    time_ms: int
    when: str
    who: str
    what: str
    word: str


class NotifiedLine(msgspec.Struct, frozen=True):
    """Who was told over which channel: `when` it was decided, `state` sent, failed or waiting, in `words` and why."""

    who: str
    channel: str
    when: str
    state: str
    words: str
    outcome: str


class StepLine(msgspec.Struct, frozen=True):
    """A step of the checklist: `done` says when and by whom, empty where it is not."""

    number: int
    text: str
    done: str


def step_lines(_: Catalog, rule: Rule, done: Mapping[int, StepDone], zone: ZoneInfo) -> tuple[StepLine, ...]:
    """The checklist of a rule, with what is done of it."""
    indonesian = _.language.code == LanguageCode.INDONESIAN
    numbers = range(1, count_steps(rule) + 1)
    return tuple(
        StepLine(number, step_of(rule, number, indonesian=indonesian), _step_done(_, done.get(number), zone))
        for number in numbers
    )


def _step_done(_: Catalog, step: StepDone | None, zone: ZoneInfo) -> str:
    return "" if step is None else _("{person}, {time}", person=step.by, time=figures.moment(_, step.at_ms, zone))


def value_of(_: Catalog, table: QuantityTable, rule: Rule, value: float) -> str:
    """A value in the terms of the rule: 262 cm; +45 cm in 10 min; 7 expected intervals."""
    if rule.family in OWN_FAMILIES:
        return ""  # its advice says in words what is the matter
    if rule.kind is RuleKind.SILENCE:
        return _("{n} expected intervals", n=plain(_, round(value, 1)))
    if rule.kind is RuleKind.TREND:
        return trend_words(_, table, rule, value)
    shown = amount(_, table, rule.quantity, round(value, table.row(rule.quantity).decimals))
    return _("+{value} in {time}", value=shown, time=span(_, rule.window_s)) if rule.kind is RuleKind.RISE else shown


def read_by_words(_: Catalog, person: str, read_ms: int, zone: ZoneInfo) -> str:
    """Who has read a value, where it was no sensor: read by ani at 24 Nov 14:05 (person)."""
    return _("read by {person} at {time} (person)", person=person, time=figures.minute(_, read_ms, zone))


def limit_of(_: Catalog, table: QuantityTable, rule: Rule, level: Level) -> str:
    """The limit of a level, said as such: limit 250 cm; nothing for what Siaga raises about itself."""
    return "" if rule.family in OWN_FAMILIES else _("limit {limit}", limit=_limit(_, table, rule, level))


def _limit(_: Catalog, table: QuantityTable, rule: Rule, level: Level) -> str:
    if rule.kind is RuleKind.SILENCE:
        return _("{n} expected intervals", n=plain(_, level.limit))
    words = limit_words(_, table, rule, level)
    return _("+{value} in {time}", value=words, time=span(_, rule.window_s)) if rule.kind is RuleKind.RISE else words


def journal_lines(
    _: Catalog,
    table: QuantityTable,
    alarm: Alarm,
    changes: Iterable[AlarmChange],
    entries: Iterable[AuditEntry],
    zone: ZoneInfo,
) -> tuple[JournalLine, ...]:
    """What the engine found and what people did, the newest first."""
    found = [_change(_, table, alarm, change, zone) for change in changes]
    done = [_entry(_, entry, zone) for entry in entries]
    return tuple(sorted([*found, *done], key=lambda line: line.time_ms, reverse=True))


def _change(_: Catalog, table: QuantityTable, alarm: Alarm, change: AlarmChange, zone: ZoneInfo) -> JournalLine:
    text = (BY_PERSON if change.read_by else CHANGES).get(change.kind, CHANGES.get(change.kind))
    words = change.kind if text is None else _(
        text,
        level=level_name(_, level_of(alarm.rule, change.level)),
        value=value_of(_, table, alarm.rule, change.value),
    )  # fmt: skip
    notes = [_("detected late")] if change.late else []
    if change.read_by is not None and change.read_ms is not None:
        notes.append(read_by_words(_, change.read_by, change.read_ms, zone))
    return JournalLine(change.time_ms, figures.moment(_, change.time_ms, zone), "", words, "; ".join(notes))


def _entry(_: Catalog, entry: AuditEntry, zone: ZoneInfo) -> JournalLine:
    step = STEP_NAMES.get(entry.action)
    what = action_words(_, entry.action) if step is None else _(step, number=_step_number(entry))
    return JournalLine(entry.at_ms, figures.moment(_, entry.at_ms, zone), entry.actor, what, entry.reason)


def _step_number(entry: AuditEntry) -> int:
    return msgspec.json.decode(entry.after, type=Ticked).step


def notified_lines(_: Catalog, notified: Iterable[Notified], zone: ZoneInfo) -> tuple[NotifiedLine, ...]:
    """Who was told and whether it arrived, the oldest first."""
    return tuple(_notified(_, one, zone) for one in notified)


def _notified(_: Catalog, notified: Notified, zone: ZoneInfo) -> NotifiedLine:
    when = figures.moment(_, notified.made_ms, zone)
    who = notified.person or _("the channel itself")
    if notified.done_ms is None:
        words = _("not yet: tried {n} times", n=notified.attempts) if notified.attempts else _("not yet")
        return NotifiedLine(who, notified.channel, when, "waiting", words, notified.outcome)
    if not notified.sent:
        return NotifiedLine(who, notified.channel, when, "failed", _("did not arrive"), notified.outcome)
    after = span(_, max(0, round((notified.done_ms - notified.made_ms) / 1_000)))
    words = _("answered after {time}", time=after) if notified.answered else _("accepted after {time}", time=after)
    return NotifiedLine(who, notified.channel, when, "sent", words, "")
