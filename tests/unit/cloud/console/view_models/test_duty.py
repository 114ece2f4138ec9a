from cloud.console.view_models.duty import EntryView, OnDutyView, on_duty, week_of
from cloud.notify.duty import Duty
from i18n.catalog import catalog_of
from tests.unit.cloud.console.alarms_made import NOON_MS, WIT

EN, ID = catalog_of("en"), catalog_of("id")
HOUR = 3_600_000
NIGHT = Duty(1, "ani", 1, NOON_MS - NOON_MS % HOUR + 7 * HOUR, NOON_MS - NOON_MS % HOUR + 19 * HOUR)
"""19:00 to 07:00."""


def test_a_duty_over_midnight_stands_in_both_days():
    backup = Duty(2, "budi", 2, NIGHT.from_ms, NIGHT.until_ms)
    today, tomorrow, *others = week_of(EN, [backup, NIGHT], NOON_MS, NOON_MS, WIT)
    whole = "24 Nov 19:00 – 25 Nov 07:00"
    assert (today.title, today.today, tomorrow.today) == ("Tue 24 Nov", True, False)
    assert today.entries == (
        EntryView(1, "ani", 1, "19:00–24:00", whole),
        EntryView(2, "budi", 2, "19:00–24:00", whole),
    )
    assert [entry.span for entry in tomorrow.entries] == ["00:00–07:00"] * 2
    assert len(others) == 5
    assert not any(day.entries for day in others)
    assert week_of(ID, [], NOON_MS, NOON_MS, WIT)[0].title == "Sel 24 Nov"


def test_who_is_called_first_stands_first():
    second = Duty(3, "budi", 2, NOON_MS - HOUR, NOON_MS + HOUR)
    first, over = Duty(4, "cici", 1, NOON_MS, NOON_MS + 2 * HOUR), Duty(5, "dedi", 1, NOON_MS - HOUR, NOON_MS)
    assert on_duty(EN, [second, first, over, NIGHT], NOON_MS, WIT) == (
        OnDutyView("cici", 1, "until 24 Nov 14:10"),
        OnDutyView("budi", 2, "until 24 Nov 13:10"),
    )
