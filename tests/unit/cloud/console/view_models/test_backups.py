"""What the page says of backups: no doubted, damaged or missing one is ever "all is well"."""

from zoneinfo import ZoneInfo

import pytest

from cloud.backup.backups import BackupResult, BackupWork
from cloud.backup.contents import BackupContents, GrowingBackup, KeptBackup
from cloud.backup.verification import Verification
from cloud.console.view_models.backups import BackupFacts, backup_views, backups_summary
from i18n.catalog import catalog_of

HOUR_MS = 3_600_000
NOW_MS = 1_795_489_800_000
EN, ZONE = catalog_of("en"), ZoneInfo("Asia/Jayapura")
FRESH = KeptBackup(
    name="a", made_ms=NOW_MS - HOUR_MS, bytes=4_711_000, siaga="0.1.0", rows=8_212, readings=1_204_000,
    verification=Verification(NOW_MS),
)  # fmt: skip
OLD = KeptBackup(name="b", made_ms=NOW_MS - 40 * HOUR_MS)
FUTURE = KeptBackup(name="c", made_ms=NOW_MS + 40 * HOUR_MS)
DAMAGED = KeptBackup(name="d", made_ms=NOW_MS - HOUR_MS, verification=Verification(NOW_MS, "registry is damaged"))


def facts(contents: BackupContents, **others: object) -> BackupFacts:
    usual: dict[str, object] = {
        "work": None, "result": None, "due_ms": None, "every_h": None, "keep": 14, "oldest_h": 36.0,
        "is_growing": False,
    }  # fmt: skip
    return BackupFacts(contents=contents, **(usual | others))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("contents", "level", "sentence"),
    [
        pytest.param(BackupContents(), "bad", "no backup yet", id="none"),
        pytest.param(BackupContents((FRESH,)), "ok", "is 60 min old", id="fresh"),
        pytest.param(BackupContents((OLD,)), "bad", "look why none was made since", id="too-old"),
        pytest.param(BackupContents((FUTURE, FRESH)), "ok", "is 60 min old", id="another-of-the-future"),
        pytest.param(BackupContents((FUTURE,)), "bad", "a clock was wrong", id="all-of-the-future"),
        pytest.param(BackupContents((DAMAGED, OLD)), "bad", "damaged", id="damaged"),
        pytest.param(BackupContents(problem="/backups: Permission denied"), "bad", "Permission", id="no"),
    ],
)
def test_the_newest_is_judged(contents: BackupContents, level: str, sentence: str):
    summary = backups_summary(EN, facts(contents), NOW_MS, ZONE)
    assert summary.level == level
    assert sentence in summary.newest


@pytest.mark.parametrize(
    ("others", "told"),
    [
        pytest.param({}, "The cloud makes none by itself", id="by-a-timer"),
        pytest.param({"every_h": 24.0, "due_ms": NOW_MS}, "the next is due now", id="due"),
        pytest.param(
            {"every_h": 24.0, "due_ms": 1_795_489_800_000 + HOUR_MS}, "keeps 14 of them; the next is due 24", id="later"
        ),
    ],
)
def test_who_makes_them_and_when_the_next_is_due(others: dict[str, object], told: str):
    assert told in backups_summary(EN, facts(BackupContents((FRESH,)), **others), NOW_MS, ZONE).schedule


WORK = BackupWork(NOW_MS, "ani")
GROWING = GrowingBackup(NOW_MS - HOUR_MS, 812_000, NOW_MS - HOUR_MS)


@pytest.mark.parametrize(
    ("contents", "others", "level", "sentence"),
    [
        pytest.param(BackupContents(growing=GROWING), {"is_growing": True}, "warn", "Another process", id="elsewhere"),
        pytest.param(
            BackupContents(growing=GROWING), {"is_growing": True, "work": WORK}, "warn", "for ani: 812.0 kB", id="here"
        ),
        pytest.param(BackupContents(growing=GROWING), {}, "bad", "it broke off", id="broke-off"),
        pytest.param(
            BackupContents(), {"work": BackupWork(NOW_MS, "ani", "a")}, "warn", "a is being verified", id="verifying"
        ),
        pytest.param(
            BackupContents(), {"result": BackupResult(WORK, NOW_MS, "the disk is full")}, "bad", "the disk is full.",
            id="failed",
        ),
        pytest.param(BackupContents(), {"result": BackupResult(WORK, NOW_MS)}, "ok", "made and verified", id="made"),
    ],
)  # fmt: skip
def test_what_is_done_now_and_was_done_last(
    contents: BackupContents, others: dict[str, object], level: str, sentence: str
):
    ((found, told),) = backups_summary(EN, facts(contents, **others), NOW_MS, ZONE).events
    assert found == level
    assert sentence in told


def test_each_backup_says_what_is_in_it_and_whether_it_was_read_back():
    views = backup_views(EN, BackupContents((FUTURE, DAMAGED, OLD, FRESH)), NOW_MS, ZONE)
    assert [view.level for view in views] == ["warn", "bad", "never", "ok"]
    assert views[1].verified == "registry is damaged."
    assert (views[3].size, views[3].holds) == ("4.7 MB", "registry: 8,212 rows · readings: 1,204,000")
