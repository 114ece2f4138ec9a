"""What people read, in English and Indonesian: at 3 a.m., on a phone.

EXTREME · Siaga 1 · Daruba river bridge
Water level 325 cm (limit 320 cm), River gauge, Daruba; Flood Siaga: 1 is the worst
Since 24 Nov 03:10 WIT
How sure: held for 60 s
Do: sound the siren
https://siaga.morotai.go.id/console/en/alarms?alarm=17
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from cloud.notify.notifications import AlarmLine, Notification, unit_of
from rules.rule import RuleKind, Severity
from rules.scales import scale_of
from wire import QUANTITIES
from wire.units import shown

CLOSED_KINDS = ("closed", "withdrawn")


class NotificationWords(msgspec.Struct, frozen=True):
    """The words of one language; `marks` are its thousands and decimal marks."""

    code: str
    marks: tuple[str, str]
    months: str
    severity: dict[Severity, str]
    kinds: dict[str, str]
    test: str
    again: str
    limit: str
    since: str
    until: str
    sure: str
    late: str
    silent: str
    held: str
    of: str
    also: str
    one: str
    action: str
    rise: str
    no_data: str
    many: str
    more: str
    told: str


ENGLISH = NotificationWords(
    code="en",
    marks=(",", "."),
    months="Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    severity=dict(zip(Severity, ("MINOR", "MODERATE", "SEVERE", "EXTREME"), strict=True)),
    kinds={
        "raised": "", "worsened": "WORSE", "eased": "EASING", "silent": "NO DATA", "heard": "DATA AGAIN",
        "recovering": "RECOVERING", "resumed": "BACK", "closed": "OVER", "withdrawn": "WITHDRAWN",
    },
    test="TEST",
    again="Perhaps sent before",
    limit="limit",
    since="Since",
    until="Over at",
    sure="How sure",
    late="detected late, from readings that came after the fact",
    silent="the sensor is silent; the alarm stands",
    held="held for {for_s} s",
    of="{n} of the last {m} readings",
    also="{sensor} agrees",
    one="by a single reading",
    action="Do",
    rise="rise of {value} in {minutes} min",
    no_data="no reading for {value} expected intervals",
    many="{n} alarms, the worst",
    more="+ {n} more",
    told="told before",
)  # fmt: skip

INDONESIAN = NotificationWords(
    code="id",
    marks=(".", ","),
    months="Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des",
    severity=dict(zip(Severity, ("RINGAN", "SEDANG", "BERAT", "EKSTREM"), strict=True)),
    kinds={
        "raised": "", "worsened": "MEMBURUK", "eased": "MEREDA", "silent": "TANPA DATA", "heard": "DATA KEMBALI",
        "recovering": "MEMULIH", "resumed": "KEMBALI", "closed": "SELESAI", "withdrawn": "DITARIK",
    },
    test="UJI COBA",
    again="Mungkin sudah terkirim",
    limit="batas",
    since="Sejak",
    until="Selesai pukul",
    sure="Keyakinan",
    late="terlambat diketahui, dari data yang datang kemudian",
    silent="sensor diam; peringatan tetap berlaku",
    held="bertahan {for_s} detik",
    of="{n} dari {m} data terakhir",
    also="{sensor} mendukung",
    one="dari satu data saja",
    action="Lakukan",
    rise="naik {value} dalam {minutes} menit",
    no_data="tanpa data selama {value} kali selang biasanya",
    many="{n} peringatan, terberat",
    more="+ {n} lagi",
    told="sudah diberitahukan",
)  # fmt: skip

LANGUAGES = {"en": (ENGLISH,), "id": (INDONESIAN,), "both": (INDONESIAN, ENGLISH)}


class NotificationText(msgspec.Struct, frozen=True):
    """A page in words: `first` is its first line and a mail's subject, `plain` all of it."""

    first: str
    plain: str


def text_of(page: Notification, *, console: str, most: int | None = None) -> NotificationText:
    """The page in its language; `most` characters at most, by leaving lines of a storm to the console."""
    languages = LANGUAGES[page.language]
    if len(page.lines) == 1:
        first, body = _one(page.lines[0], languages, console)
    else:
        first, body = _many(page.lines, languages, console, most)
    if page.again:
        body = f"({' / '.join(words.again for words in languages)})\n{body}"
    if page.test:
        first = _marked_test(first)
    return NotificationText(first, _short(f"{first}\n{body}", most))


def headline(line: AlarmLine, words: NotificationWords) -> str:
    """The first line: what and where."""
    severity = "" if line.test or line.kind in CLOSED_KINDS else words.severity[line.severity]
    parts = (words.kinds[line.kind], severity, _level(line, words), line.site_name)
    return " · ".join(part for part in parts if part)


def description(line: AlarmLine, words: NotificationWords) -> str:
    """The value against its limit, of which sensor, where; and of a level which end of its scale is the bad one."""
    said = ", ".join(part for part in (measured(line, words), line.sensor_name, line.place) if part)
    scale = scale_of(_level(line, words))
    return said if scale is None else f"{said}; {scale.bad_end[words.code == 'id']}"


def measured(line: AlarmLine, words: NotificationWords) -> str:
    """The value with its unit, as the rule looks at it; empty for what Siaga says of itself."""
    if line.is_own:
        return ""
    if line.watch is RuleKind.SILENCE:
        return words.no_data.format(value=_number(line.value, 1, words))
    value, limit = (_figure(line.quantity, figure, words) for figure in (line.value, line.limit))
    if line.watch is RuleKind.RISE:
        value = words.rise.format(value=value, minutes=_number(line.window_s / 60, 0, words))
    return f"{_quantity(line.quantity, words)} {value} ({words.limit} {limit})"


def certainty(line: AlarmLine, words: NotificationWords) -> str:
    """How sure it is."""
    parts = [words.late] if line.late else []
    if line.kind == "silent":
        parts.append(words.silent)
    if line.for_s:
        parts.append(words.held.format(for_s=_number(line.for_s, 0, words)))
    if line.of is not None:
        parts.append(words.of.format(n=line.of[0], m=line.of[1]))
    if line.also:
        parts.append(words.also.format(sensor=line.also))
    return "; ".join(parts) or words.one


def clock(time_ms: int, zone: str, words: NotificationWords) -> str:
    """A time in the site's zone: 24 Nov 03:10 WIT."""
    local = datetime.fromtimestamp(time_ms / 1_000, UTC).astimezone(ZoneInfo(zone))
    return f"{local.day} {words.months.split()[local.month - 1]} {local:%H:%M %Z}"


def advice(line: AlarmLine, words: NotificationWords) -> str:
    """What to do."""
    return line.advice_id if words.code == "id" else line.advice


def link(console: str, code: str, alarm: int | None = None) -> str:
    """Where the console shows an alarm, or all of them; empty where the console's address is not set."""
    if not console:
        return ""
    return f"{console}/console/{code}/alarms" + ("" if alarm is None else f"?alarm={alarm}")


def _one(line: AlarmLine, languages: Sequence[NotificationWords], console: str) -> tuple[str, str]:
    blocks = [_block(line, words, console) for words in languages]
    first = headline(line, languages[0])
    for number, words in enumerate(languages[1:], start=1):
        blocks[number] = f"{headline(line, words)}\n{blocks[number]}"
    return first, "\n\n".join(blocks)


def _block(line: AlarmLine, words: NotificationWords, console: str) -> str:
    over = line.kind in CLOSED_KINDS
    if line.test:
        return f"{advice(line, words)}\n{clock(line.time_ms, line.zone, words)}"
    rows = [
        description(line, words),
        f"{words.since} {clock(line.opened_ms, line.zone, words)}",
        f"{words.until} {clock(line.time_ms, line.zone, words)}" if over else "",
        "" if over or line.is_own else f"{words.sure}: {certainty(line, words)}",
        f"{words.action}: {advice(line, words)}" if advice(line, words) and not over else "",
        link(console, words.code, line.alarm),
    ]
    return "\n".join(row for row in rows if row)


def _many(
    lines: Sequence[AlarmLine], languages: Sequence[NotificationWords], console: str, most: int | None
) -> tuple[str, str]:
    first, *others = [
        f"{words.many.format(n=len(lines))} {headline(lines[0], words)}" for words in languages
    ]  # the subject says how many there are and how bad
    address = link(console, languages[0].code)
    rows = [_row(line, languages) for line in lines]
    room = None if most is None else most - len("\n".join([first, *others, address])) - 80
    kept = _fitting(rows, room)
    left = len(rows) - len(kept)
    more = [" / ".join(words.more.format(n=left) for words in languages)] if left else []
    return first, "\n".join([*others, *kept, *more, *([address] if address else [])])


def _row(line: AlarmLine, languages: Sequence[NotificationWords]) -> str:
    """A line of a storm: short, and in two languages only where they differ."""
    words = languages[0]
    parts = (
        _each(languages, lambda each: each.kinds[line.kind]),
        _each(languages, lambda each: _level(line, each)),
        line.site_name,
        f"{line.sensor_name} {_brief(line, words)}".rstrip(),
        clock(line.opened_ms, line.zone, words),
        _each(languages, lambda each: each.told) if line.repeated else "",
    )
    return "• " + " · ".join(part for part in parts if part)


def _brief(line: AlarmLine, words: NotificationWords) -> str:
    if line.is_own:
        return ""
    if line.watch is RuleKind.SILENCE:
        return f"× {_number(line.value, 1, words)}"
    return ("+" if line.watch is RuleKind.RISE else "") + _figure(line.quantity, line.value, words)


def _each(languages: Sequence[NotificationWords], say: Callable[[NotificationWords], str]) -> str:
    return "/".join(dict.fromkeys(text for words in languages if (text := say(words))))


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
    return f"{ENGLISH.test} / {INDONESIAN.test} · {first}"


def _short(text: str, most: int | None) -> str:
    return text if most is None or len(text) <= most else text[: most - 1] + "…"


def _level(line: AlarmLine, words: NotificationWords) -> str:
    return line.level_name_id if words.code == "id" else line.level_name


def _quantity(quantity: str, words: NotificationWords) -> str:
    row = QUANTITIES.get(quantity)
    if row is None:
        return quantity
    return row.indonesian if words.code == "id" else row.english


def _figure(quantity: str, value: float, words: NotificationWords) -> str:
    row = QUANTITIES.get(quantity)
    return (
        f"{_number(value, 1 if row is None else row.decimals, words)} {shown(unit_of(quantity), words.code)}".rstrip()
    )


def _number(value: float, decimals: int, words: NotificationWords) -> str:
    text = f"{value:,.{decimals}f}"
    if decimals:
        text = text.rstrip("0").rstrip(".")
    thousands, point = words.marks
    return "".join({",": thousands, ".": point, "-": "−"}.get(character, character) for character in text)
