"""What people read, in English and Indonesian: at 3 a.m., on a phone.

EXTREME · Siaga 1 · Daruba river bridge
Water level 325 cm (limit 320 cm), River gauge, Daruba; Flood Siaga: 1 is the worst
Since 24 Nov 03:10 WIT
How sure: held for 60 s
Do: sound the siren
https://siaga.morotai.go.id/console/en/alarms?alarm=17
"""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

import msgspec

from cloud.notify.notifications import AlarmLine, Notification
from i18n import figures
from i18n.catalog import Catalog, LanguageCode, catalog_of
from i18n.message import LocalizedMessage, in_context
from i18n.units import amount_of
from rules.rule import RuleKind
from rules.scales import scale_of
from rules.severities import SEVERITY_NAMES
from rules.trend import MOST_DAYS

CLOSED_KINDS = ("closed", "withdrawn", "retired")


LANGUAGES = {"en": ("en",), "id": ("id",), "both": ("id", "en")}
"""The codes of the languages that a person reads, by what the settings call it."""
_KINDS: dict[str, LocalizedMessage | str] = {
    "raised": "",
    "worsened": in_context("notification", "WORSE"),
    "eased": in_context("notification", "EASING"),
    "silent": in_context("notification", "NO DATA"),
    "heard": in_context("notification", "DATA AGAIN"),
    "recovering": in_context("notification", "RECOVERING"),
    "resumed": in_context("notification", "BACK"),
    "closed": in_context("notification", "OVER"),
    "withdrawn": in_context("notification", "WITHDRAWN"),
    "retired": in_context("notification", "NO LONGER WATCHED"),
}
_TEST = in_context("notification", "TEST")
_AGAIN = in_context("notification", "Perhaps sent before")
_LIMIT = in_context("notification", "limit")
_SINCE = in_context("notification", "Since")
_UNTIL = in_context("notification", "Over at")
HOW_SURE = in_context("notification", "How sure")
_LATE = in_context("notification", "detected late, from readings that came after the fact")
_SILENT = in_context("notification", "the sensor is silent; the alarm stands")
_RETIRED = in_context("notification", "the sensor was taken out of service, which is no all-clear")
_BY_ONE = in_context("notification", "by a single reading")
_ACTION = in_context("notification", "Do")
NOTIFIED_BEFORE = in_context("notification", "told before")


class NotificationText(msgspec.Struct, frozen=True):
    """A page in words: `first` is its first line and a mail's subject, `plain` all of it."""

    first: str
    plain: str


def text_of(page: Notification, *, console: str, most: int | None = None) -> NotificationText:
    """The page in its language; `most` characters at most, by leaving lines of a storm to the console."""
    languages = [catalog_of(code) for code in LANGUAGES[page.language]]
    if len(page.lines) == 1:
        first, body = _one(page.lines[0], languages, console)
    else:
        first, body = _many(page.lines, languages, console, most)
    if page.again:
        body = f"({' / '.join(_.said(_AGAIN) for _ in languages)})\n{body}"
    if page.test:
        first = _marked_test(first)
    return NotificationText(first, _short(f"{first}\n{body}", most))


def headline(line: AlarmLine, _: Catalog) -> str:
    """The first line: what and where."""
    severity = "" if line.test or line.kind in CLOSED_KINDS else _.said(SEVERITY_NAMES[line.severity]).upper()
    parts = (_.said(_KINDS[line.kind]), severity, _level(line, _), line.site_name)
    return " · ".join(part for part in parts if part)


def description(line: AlarmLine, _: Catalog) -> str:
    """The value against its limit, of which sensor, where; and of a level which end of its scale is the bad one."""
    said = ", ".join(part for part in (measured(line, _), line.sensor_name, line.place) if part)
    scale = scale_of(_level(line, _))
    return said if scale is None else f"{said}; {scale.bad_end[_.language.code == 'id']}"


def measured(line: AlarmLine, _: Catalog) -> str:
    """The value with its unit, as the rule looks at it; empty for what Siaga says of itself."""
    if line.is_own:
        return ""
    if line.watch is RuleKind.SILENCE:
        if line.value <= 0:  # it was heard again
            return ""
        return _.said(
            in_context("notification", "no reading for {value} expected intervals", value=_.short_number(line.value, 1))
        )
    if line.watch is RuleKind.TREND:
        return _trend(line, _)
    value, limit = (_figure(line, figure, _) for figure in (line.value, line.limit))
    if line.watch is RuleKind.RISE:
        minutes = _.number(line.window_s / 60, 0)
        value = _.said(in_context("notification", "rise of {value} in {minutes} min", value=value, minutes=minutes))
    return f"{_quantity(line, _)} {value} ({_.said(_LIMIT)} {limit})"


def _trend(line: AlarmLine, _: Catalog) -> str:
    """When the target is reached, by the trend: Battery: 20 % in 3.8 days, by its trend of 4 days (limit 5 days)."""
    limit = _.said(_days(line.limit, _))
    days = _.number(line.window_s / 86_400, 0)
    said = _.said(in_context("notification", "by its trend of {days} days", days=days))
    return f"{_quantity(line, _)}: {_ahead(line, _)}, {said} ({_.said(_LIMIT)} {limit})"


def _ahead(line: AlarmLine, _: Catalog) -> str:
    target = "–" if line.target is None else _figure(line, line.target, _)
    if line.value >= MOST_DAYS:
        return _.said(in_context("notification", "{target} is not in sight", target=target))
    if line.value <= 0:
        return _.said(in_context("notification", "{target} is reached", target=target))
    days = _.said(_days(line.value, _))
    return _.said(in_context("notification", "{target} in {days}", target=target, days=days))


def _days(days: float, _: Catalog) -> LocalizedMessage:
    shown = _.short_number(days, 1)
    if shown == "1":
        return in_context("notification", "{n} day", n=shown)
    return in_context("notification", "{n} days", n=shown)


def certainty(line: AlarmLine, _: Catalog) -> str:
    """How sure it is."""
    parts = [_.said(_LATE)] if line.late else []
    if line.kind == "silent":
        parts.append(_.said(_SILENT))
    if line.kind == "retired":
        parts.append(_.said(_RETIRED))
    if line.read_by:
        time = clock(line.read_ms, line.zone, _)
        said = in_context("notification", "read by {person} at {time} (person)", person=line.read_by, time=time)
        return "; ".join([*parts, _.said(said)])
    if line.for_s:
        parts.append(_.said(in_context("notification", "held for {for_s} s", for_s=_.number(line.for_s, 0))))
    if line.of is not None:
        parts.append(_.said(in_context("notification", "{n} of the last {m} readings", n=line.of[0], m=line.of[1])))
    if line.also:
        parts.append(_.said(in_context("notification", "{sensor} agrees", sensor=line.also)))
    return "; ".join(parts) or _.said(_BY_ONE)


def clock(time_ms: int, zone: str, _: Catalog) -> str:
    """A time in the site's zone: 24 Nov 03:10 WIT."""
    place = ZoneInfo(zone)
    return f"{figures.minute(_, time_ms, place)} {figures.zone_name(time_ms, place)}"


def advice(line: AlarmLine, _: Catalog) -> str:
    """What to do."""
    return line.advice_id if _.language.code == "id" else line.advice


def link(console: str, code: str, alarm: int | None = None) -> str:
    """Where the console shows an alarm, or all of them; empty where the console's address is not set."""
    if not console:
        return ""
    return f"{console}/console/{code}/alarms" + ("" if alarm is None else f"?alarm={alarm}")


def _one(line: AlarmLine, languages: Sequence[Catalog], console: str) -> tuple[str, str]:
    blocks = [_block(line, _, console) for _ in languages]
    first = headline(line, languages[0])
    for number, _ in enumerate(languages[1:], start=1):
        blocks[number] = f"{headline(line, _)}\n{blocks[number]}"
    return first, "\n\n".join(blocks)


def _block(line: AlarmLine, _: Catalog, console: str) -> str:
    over = line.kind in CLOSED_KINDS
    if line.test:
        return f"{advice(line, _)}\n{clock(line.time_ms, line.zone, _)}"
    rows = [
        description(line, _),
        f"{_.said(_SINCE)} {clock(line.opened_ms, line.zone, _)}",
        _end(line, _) if over else "",
        "" if over or line.is_own else f"{_.said(HOW_SURE)}: {certainty(line, _)}",
        f"{_.said(_ACTION)}: {advice(line, _)}" if advice(line, _) and not over else "",
        link(console, _.language.code, line.alarm),
    ]
    return "\n".join(row for row in rows if row)


def _end(line: AlarmLine, _: Catalog) -> str:
    at = clock(line.time_ms, line.zone, _)
    return f"{at}: {_.said(_RETIRED)}" if line.kind == "retired" else f"{_.said(_UNTIL)} {at}"


def _many(lines: Sequence[AlarmLine], languages: Sequence[Catalog], console: str, most: int | None) -> tuple[str, str]:
    first, *others = [
        f"{_.said(in_context('notification', '{n} alarms, the worst', n=len(lines)))} {headline(lines[0], _)}"
        for _ in languages
    ]  # the subject says how many there are and how bad
    address = link(console, languages[0].language.code)
    rows = [_row(line, languages) for line in lines]
    room = None if most is None else most - len("\n".join([first, *others, address])) - 80
    kept = _fitting(rows, room)
    left = len(rows) - len(kept)
    more = [" / ".join(_.said(in_context("notification", "+ {n} more", n=left)) for _ in languages)] if left else []
    return first, "\n".join([*others, *kept, *more, *([address] if address else [])])


def _row(line: AlarmLine, languages: Sequence[Catalog]) -> str:
    """A line of a storm: short, and in two languages only where they differ."""
    _ = languages[0]
    parts = (
        _each(languages, lambda each: each.said(_KINDS[line.kind])),
        _each(languages, lambda each: _level(line, each)),
        line.site_name,
        f"{line.sensor_name} {_brief(line, _)}".rstrip(),
        clock(line.opened_ms, line.zone, _),
        _each(languages, lambda each: each.said(NOTIFIED_BEFORE)) if line.repeated else "",
    )
    return "• " + " · ".join(part for part in parts if part)


def _brief(line: AlarmLine, _: Catalog) -> str:
    if line.is_own:
        return ""
    if line.watch is RuleKind.SILENCE:
        return f"× {_.short_number(line.value, 1)}"
    if line.watch is RuleKind.TREND:
        return _ahead(line, _)
    return ("+" if line.watch is RuleKind.RISE else "") + _figure(line, line.value, _)


def _each(languages: Sequence[Catalog], say: Callable[[Catalog], str]) -> str:
    return "/".join(dict.fromkeys(text for _ in languages if (text := say(_))))


def _fitting(rows: list[str], room: int | None) -> list[str]:
    if room is None:
        return rows
    kept, used = [], 0
    for row in rows:
        used += len(row) + 1
        if used > room:
            break
        kept.append(row)
    return kept


def _marked_test(first: str) -> str:
    return f"{_TEST} / {catalog_of(LanguageCode.INDONESIAN).said(_TEST)} · {first}"


def _short(text: str, most: int | None) -> str:
    return text if most is None or len(text) <= most else text[: most - 1] + "…"


def _level(line: AlarmLine, _: Catalog) -> str:
    return line.level_name_id if _.language.code == "id" else line.level_name


def _quantity(line: AlarmLine, _: Catalog) -> str:
    return line.quantity if line.row is None else line.row.name_in(_.language.code)


def _figure(line: AlarmLine, value: float, _: Catalog) -> str:
    if line.row is None:
        return _.short_number(value, 1)
    return amount_of(_.short_number(value, line.row.decimals), line.row, _.language.code)
