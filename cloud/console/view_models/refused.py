"""Refused readings as people read them: why and how often, group by group; and one, raw beside what is read in it.

GroupView("gw-east", "unknown_sensor", "unknown sensor", "3", "12", "24 Nov 12:10")
LetterContent(raw='{"v":1,…}', is_text=True, cut=False, readings=(ReadingView("air-pier", "pm2_5", …), …))
"""

import base64
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from zoneinfo import ZoneInfo

import msgspec

from cloud.core.reasons import Reason
from cloud.ingest.dead_letter_records import DeadLetter, DeadLetterGroup, Discarded
from cloud.ingest.dead_letter_room import MOST_NAMED
from i18n import figures
from i18n.catalog import N_, Catalog
from wire import WireError, decode_batch
from wire.batch import Batch

REASON_WORDS = {
    Reason.NOT_A_BATCH.value: N_("unreadable message"),
    Reason.OVERSIZED.value: N_("message too large"),
    Reason.UNKNOWN_GATEWAY.value: N_("unknown gateway"),
    Reason.UNKNOWN_SENSOR.value: N_("unknown sensor"),
    Reason.FOREIGN_SENSOR.value: N_("sensor of another gateway"),
    Reason.UNKNOWN_QUANTITY.value: N_("unknown quantity"),
    Reason.UNDECLARED_QUANTITY.value: N_("quantity not registered"),
    Reason.OUT_OF_BOUNDS.value: N_("impossible value"),
    Reason.TIME_TOO_EARLY.value: N_("time before 2020"),
    Reason.TIME_IN_FUTURE.value: N_("time in the future"),
    Reason.STORE_REJECTED.value: N_("refused by the database"),
    Reason.FAULT.value: N_("fault in Siaga"),
}
"""Why something was refused, in words for people."""
MOST_READINGS = 100
"""Readings of one letter that its page shows; a batch may have 20,000."""
MOST_RAW = 8_192
"""Characters of a raw form that its page shows."""


class GroupView(msgspec.Struct, frozen=True):
    """The open letters of a gateway and a reason."""

    gateway: str
    reason: str
    why: str
    letters: str
    times: str
    since: str


class LetterView(msgspec.Struct, frozen=True):
    """One letter in a list; `stored` is empty until all that was in it is stored."""

    id: int
    time: str
    gateway: str
    why: str
    sentence: str
    times: str
    stored: str


class ReadingView(msgspec.Struct, frozen=True):
    """One reading in a letter, as it was sent."""

    sensor: str
    quantity: str
    time: str
    value: str


class LetterContent(msgspec.Struct, frozen=True):
    """A letter's raw form as far as it is shown, and what is read in it, or why nothing can be."""

    raw: str
    is_text: bool
    is_cut: bool
    readings: tuple[ReadingView, ...] = ()
    all_readings: str = ""
    problem: str = ""


def reason_words(_: Catalog, reason: str) -> str:
    """A reason in words; one that only a newer server knows as it stands."""
    return _(REASON_WORDS[reason]) if reason in REASON_WORDS else reason


def group_view(_: Catalog, group: DeadLetterGroup, zone: ZoneInfo) -> GroupView:
    """A group for the screen, its time in `zone`."""
    return GroupView(
        group.gateway, group.reason, reason_words(_, group.reason), _.number(group.letters, 0),
        _.number(group.times, 0), figures.minute(_, group.first_ms, zone),
    )  # fmt: skip


def letter_view(_: Catalog, letter: DeadLetter, zone: ZoneInfo) -> LetterView:
    """A letter in a list, its times in `zone`."""
    stored_ms = letter.replayed_ms
    return LetterView(
        letter.id, figures.moment(_, letter.time_ms, zone), letter.gateway, reason_words(_, letter.reason),
        _.said(letter.sentence), _.number(letter.count, 0),
        "" if stored_ms is None else _("stored {time}", time=figures.moment(_, stored_ms, zone)),
    )  # fmt: skip


def letter_content(_: Catalog, letter: DeadLetter, zone: ZoneInfo) -> LetterContent:
    """A letter's raw form beside what is read in it."""
    raw, is_text = _readable(letter.raw)
    shown, is_cut = raw[:MOST_RAW], len(raw) > MOST_RAW
    try:
        batch = decode_batch(letter.raw)
    except WireError as error:
        return LetterContent(shown, is_text, is_cut, problem=str(error))
    readings = tuple(_reading_views(_, batch, zone))
    count = sum(len(column.values) for column in batch.columns)
    return LetterContent(shown, is_text, is_cut, readings, _.plural("{n} reading", "{n} readings", count))


def discarded_words(_: Catalog, discarded: Sequence[Discarded]) -> str:
    """What was refused and not kept, gateway by gateway; empty where all was kept."""
    sums: Counter[str] = Counter()
    for row in discarded:
        sums[row.gateway or _("unknown gateway")] += row.readings
    if not sums:
        return ""
    rows = ", ".join(f"{gateway}: {_.number(readings, 0)}" for gateway, readings in sums.most_common(MOST_NAMED))
    return _("Refused and not kept, for want of room: {rows}. Mend the cause, then discard or try again.", rows=rows)


def _reading_views(_: Catalog, batch: Batch, zone: ZoneInfo) -> Iterable[ReadingView]:
    for reading in islice(batch.readings(), MOST_READINGS):
        time = figures.moment(_, reading.time_ms, zone) if _is_a_time(reading.time_ms) else str(reading.time_ms)
        yield ReadingView(reading.sensor, reading.quantity, time, f"{reading.value:.10g}")


def _is_a_time(time_ms: int) -> bool:
    """Whether a calendar has it: from 1970 to the year 9999."""
    return 0 <= time_ms < 253_370_764_800_000


def _readable(raw: bytes) -> tuple[str, bool]:
    try:
        return raw.decode(), True
    except UnicodeDecodeError:
        return base64.b64encode(raw[: MOST_RAW + 1]).decode(), False
