"""The backups as the page shows them: how old the newest is, when the next is due, what is done now, and each of them.

BackupsSummary("ok", "The newest backup is 5.2 h old.", "The cloud makes one every 24 h …", events=(("ok", "…"),))
BackupView("20261125T010000Z", "25 Nov 2026 10:00", "4.7 MB", "registry: 8,212 rows · readings: 1,204,000", …)
"""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import msgspec

from cloud.backup.backups import BackupResult, BackupWork
from cloud.backup.contents import AHEAD_MS, BackupContents, KeptBackup
from i18n import figures
from i18n.catalog import Catalog, ended

_HOUR_S = 3_600
_LEAST_S = 60.0
"""An age is told in minutes: in seconds it would be another sentence each second."""


class BackupFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that the sentences are made of; `is_growing`: one is made now, here or by another process."""

    contents: BackupContents
    work: BackupWork | None
    result: BackupResult | None
    due_ms: int | None
    every_h: float | None
    keep: int
    oldest_h: float
    is_growing: bool


class BackupsSummary(msgspec.Struct, frozen=True):
    """How the backups are; `events` are level and sentence of what is done now and what was done last."""

    level: str
    newest: str
    schedule: str
    events: tuple[tuple[str, str], ...]
    busy: bool


class BackupView(msgspec.Struct, frozen=True):
    """One backup; `level` and `verified` say whether all of it is as it was written, and when that was read."""

    name: str
    made: str
    size: str
    holds: str
    version: str
    level: str
    verified: str


def backups_summary(_: Catalog, facts: BackupFacts, now_ms: int, zone: ZoneInfo) -> BackupsSummary:
    """Summarize the backups as they are at `now_ms` (UTC)."""
    level, newest = _newest(_, facts, now_ms)
    busy = facts.work is not None or facts.is_growing
    return BackupsSummary(level, newest, _schedule(_, facts, now_ms, zone), tuple(_events(_, facts, zone)), busy)


def backup_views(_: Catalog, contents: BackupContents, now_ms: int, zone: ZoneInfo) -> tuple[BackupView, ...]:
    """Each backup, the newest first."""
    return tuple(_view(_, one, now_ms, zone) for one in contents.kept)


def _newest(_: Catalog, facts: BackupFacts, now_ms: int) -> tuple[str, str]:
    contents = facts.contents
    if contents.problem:
        return "bad", ended(contents.problem)
    newest = contents.newest(now_ms)
    if newest is None and contents.kept:
        return "bad", _("Every backup is dated in the future: a clock was wrong when they were made. Make one now.")
    if newest is None:
        return "bad", _("There is no backup yet.")
    problem = newest.problem or (newest.verification.problem if newest.verification is not None else "")
    if problem:
        return "bad", _("The newest backup is damaged; make another now.")
    age_s = (now_ms - newest.made_ms) / 1_000
    if age_s > facts.oldest_h * _HOUR_S:
        age, most = _duration(_, age_s), _hours(_, facts.oldest_h)
        sentence = _("The newest backup is {age} old and should be no older than {most}: look why none was made since.",
                     age=age, most=most)  # fmt: skip
        return "bad", sentence
    return "ok", _("The newest backup is {age} old.", age=_duration(_, max(_LEAST_S, age_s)))


def _schedule(_: Catalog, facts: BackupFacts, now_ms: int, zone: ZoneInfo) -> str:
    if facts.every_h is None or facts.due_ms is None:
        return _("The cloud makes none by itself: a timer of the server does, or nobody. [backup] every_h in cloud.toml"
                 " lets the cloud do it.")  # fmt: skip
    every = _hours(_, facts.every_h)
    if facts.due_ms <= now_ms:
        return _("The cloud makes one every {every}, verifies it and keeps {keep} of them; the next is due now.",
                 every=every, keep=facts.keep)  # fmt: skip
    due = figures.day_and_time(_, facts.due_ms, zone)
    return _("The cloud makes one every {every}, verifies it and keeps {keep} of them; the next is due {time}.",
             every=every, keep=facts.keep, time=due)  # fmt: skip


def _events(_: Catalog, facts: BackupFacts, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    if facts.work is not None and facts.work.verifies:
        since = figures.day_and_time(_, facts.work.since_ms, zone)
        yield "warn", _("The backup {name} is being verified since {time} for {person}.",
                        name=facts.work.verifies, time=since, person=facts.work.actor)  # fmt: skip
    if facts.is_growing:
        yield "warn", _growing(_, facts, zone)
    elif facts.contents.growing is not None:
        growing = facts.contents.growing
        since, grown = (figures.day_and_time(_, time, zone) for time in (growing.since_ms, growing.grown_ms))
        text = _("A backup begun {time} has not grown since {grown}: it broke off, and the next one clears it away.",
                 time=since, grown=grown)  # fmt: skip
        yield "bad", text
    if facts.result is not None and facts.work is None:
        yield _result(_, facts.result, zone)


def _growing(_: Catalog, facts: BackupFacts, zone: ZoneInfo) -> str:
    growing, work = facts.contents.growing, facts.work
    size = figures.size(_, 0 if growing is None else growing.bytes)
    if work is not None and not work.verifies:
        since = figures.day_and_time(_, work.since_ms, zone)
        return _("A backup is being made since {time} for {person}: {size} so far.",
                 time=since, person=work.actor, size=size)  # fmt: skip
    since = "" if growing is None else figures.day_and_time(_, growing.since_ms, zone)
    return _("Another process is making a backup since {time}: {size} so far.", time=since, size=size)


def _result(_: Catalog, result: BackupResult, zone: ZoneInfo) -> tuple[str, str]:
    work, time = result.work, figures.day_and_time(_, result.ended_ms, zone)
    if work.verifies and result.problem:
        text = _(
            "{time}: the backup {name} is not whole: {problem}", time=time, name=work.verifies, problem=result.problem
        )
        return "bad", ended(text)
    if work.verifies:
        return "ok", _("{time}: all of the backup {name} is as it was written.", time=time, name=work.verifies)
    if result.problem:
        return "bad", ended(_("{time}: no backup was made: {problem}", time=time, problem=result.problem))
    return "ok", _("{time}: a backup was made and verified.", time=time)


def _view(_: Catalog, backup: KeptBackup, now_ms: int, zone: ZoneInfo) -> BackupView:
    level, verified = _verified(_, backup, now_ms, zone)
    return BackupView(
        backup.name, figures.day_and_time(_, backup.made_ms, zone), figures.size(_, backup.bytes), _holds(_, backup),
        f"Siaga {backup.siaga}" if backup.siaga else "", level, verified,
    )  # fmt: skip


def _holds(_: Catalog, backup: KeptBackup) -> str:
    if backup.problem:
        return _("not known")
    rows = _.number(backup.rows, 0)
    if backup.readings is None:
        return _("registry: {rows} rows · no readings", rows=rows)
    return _("registry: {rows} rows · readings: {readings}", rows=rows, readings=_.number(backup.readings, 0))


def _verified(_: Catalog, backup: KeptBackup, now_ms: int, zone: ZoneInfo) -> tuple[str, str]:
    verification = backup.verification
    if backup.problem or (verification is not None and verification.problem):
        return "bad", ended(backup.problem or (verification.problem if verification is not None else ""))
    if backup.made_ms > now_ms + AHEAD_MS:
        return "warn", _("dated in the future: a clock was wrong")
    if verification is None:
        return "never", _("not verified yet")
    return "ok", _("verified {time}", time=figures.day_and_time(_, verification.verified_ms, zone))


def _hours(_: Catalog, hours: float) -> str:
    return f"{_.short_number(hours, 2)} {_('h')}"


def _duration(_: Catalog, seconds: float) -> str:
    return " ".join(figures.duration(_, seconds))
