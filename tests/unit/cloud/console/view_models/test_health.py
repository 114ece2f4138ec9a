"""The parts of the cloud in their reader's words, the worst first."""

from zoneinfo import ZoneInfo

from cloud.console.view_models.health import PartView, part_views
from cloud.core.health import Component, Condition, Health
from cloud.core.times import message_time
from i18n.catalog import catalog_of
from i18n.message import LocalizedMessage

WIT = ZoneInfo("Asia/Jayapura")
HEALTH = Health(
    Condition.DOWN,
    {},
    {
        "store": Component(Condition.OK, LocalizedMessage("takes and gives readings")),
        "channel_siren": Component(Condition.DEGRADED, "550 no such user"),
        "broker": Component(Condition.DOWN, LocalizedMessage("not connected yet")),
        "pump": Component(Condition.OK, ""),
        "rollups": Component(
            Condition.OK,
            LocalizedMessage("rollups of hours and minutes hold until {until}", until=message_time(1_795_489_200_000)),
        ),
    },
)


def test_the_worst_part_is_told_first_and_all_in_the_reader_s_language():
    assert part_views(catalog_of("id"), HEALTH, WIT) == (
        PartView("bad", "broker", "Sambungan ke broker", "belum tersambung"),
        PartView("warn", "channel_siren", "Saluran siren", "550 no such user"),
        PartView("ok", "store", "Penyimpan data", "menerima dan memberi data"),
        PartView("ok", "pump", "pump", ""),
        PartView("ok", "rollups", "Rangkuman data", "rangkuman jam dan menit berlaku sampai 24 Nov 2026 12:00 WIT"),
    )
    assert [part.said for part in part_views(catalog_of("en"), HEALTH, WIT)][:2] == [
        "not connected yet",
        "550 no such user",
    ]
