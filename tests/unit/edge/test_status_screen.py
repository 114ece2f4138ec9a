"""The screen of siaga-edge status: 80 columns, one language, and nothing of a device that moves a cursor."""

import re
import time

import msgspec
import pytest

from edge.control.condition import GatewayCondition
from edge.control.snapshot import AlarmNow, ClockNow, ModemNow, OutputNow, SmsNow, SourceNow, SpoolNow
from edge.status_screen import one_line, screen
from edge.status_view import WORDS, local_time
from i18n.catalog import LanguageCode, catalog_of
from i18n.message import Bilingual
from tests.unit.edge.control.snapshots import NOW_MS, snapshot
from wire import Clock, SourceStatus
from wire.gateway_update import UpdateState, UpdateStatus

ENGLISH, INDONESIAN = catalog_of(LanguageCode.ENGLISH), catalog_of(LanguageCode.INDONESIAN)


@pytest.fixture(autouse=True)
def zone_of_morotai(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TZ", "WIT-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


SCREEN = """\
gw-daruba · siaga-edge 0.1.0 · running for 60 min                      11:32:33
REFUSED  the cloud has everything up to 11:32:31
         refused: 12 of air-mraket: unknown sensor

Source                   State        Readings  A minute   Noise  Last
river                    working         1,204      30.0   0.3 %  1 s ago
  river-daruba-1 water_level                            132.4 cm  1 s ago
air                      working            24       6.0       –  8 s ago

Spool    0 readings wait; 400.0 kB of 536.9 MB; with the link down it is full in
         231.5 days
Link     connected to broker.example.org:8883 for 60 min; last acknowledgement 2
         s ago
Clock    the time is known, from the system's clock
Refused  refused: 12 of air-mraket: unknown sensor; add the sensor at the
         server, or mend its name here"""


def test_a_gateway_is_shown_on_eighty_columns():
    assert "\n".join(line.text for line in screen(snapshot(), ENGLISH)) == SCREEN


def test_the_same_in_indonesian_has_nothing_of_it_in_english():
    shown = "\n".join(line.text for line in screen(snapshot(), INDONESIAN))
    assert "cloud sudah punya semuanya sampai 11:32:31" in shown
    assert "ditolak: 12 dari air-mraket: sensor tidak dikenal; tambahkan sensor itu di server" in re.sub(
        r"\s+", " ", shown
    )
    assert "132,4 cm" in shown
    assert not re.search(r"\b(the|of|for|and|is)\b", shown)


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal(columns: int):
    wide = SourceNow("a source with a name of hundred letters " * 2, SourceStatus.OK, "it says " * 30, 10**9)
    for line in screen(snapshot(sources=(wide, *snapshot().sources)), ENGLISH, columns):
        assert len(line.text) <= columns


def test_one_line_begins_with_the_word_for_scripts_in_each_language():
    assert one_line(snapshot(), ENGLISH) == (
        "refused: the cloud has everything up to 11:32:31; refused: 12 of air-mraket: unknown sensor"
    )
    assert one_line(snapshot(), INDONESIAN).startswith("refused: cloud sudah")


def test_what_a_device_says_moves_no_cursor():
    source = SourceNow("air", SourceStatus.SILENT, "only noise came: \x1b[2J\x1b]0;x\x07")
    for line in screen(snapshot(sources=(source,), notes=("\x1b[31m",)), ENGLISH):
        assert "\x1b" not in line.text
        assert "\x07" not in line.text
    assert "\x1b" not in one_line(snapshot(sources=(source,)), ENGLISH)


def test_a_backlog_says_when_it_is_sent_and_since_when_it_waits():
    spool = SpoolNow(40_000, 10**6, 10**8, 10**8, 7, NOW_MS - 3 * 86_400_000, 2.0, 10.0**6, 45.0)
    shown = re.sub(r"\s+", " ", " ".join(line.text for line in screen(snapshot(spool=spool), ENGLISH)))
    assert "the oldest is of 2025-11-26 11:32:33; sent in about 45 s; 7 readings were lost ever" in shown


def test_a_time_that_is_not_known_is_said():
    clock = ClockNow(Clock.UNKNOWN, "nowhere", "the clock is not confirmed")
    shown = [line.text for line in screen(snapshot(clock=clock), ENGLISH)]
    assert any(line.startswith("Clock    the time is not known yet") for line in shown)


def test_a_gateway_without_sources_and_acknowledgements_says_so():
    bare = snapshot(sources=(), cloud=msgspec.structs.replace(snapshot().cloud, has_until_ms=None))
    shown = "\n".join(line.text for line in screen(bare, ENGLISH))
    assert "no source is named in edge.toml" in shown
    assert "the cloud has acknowledged nothing since the agent started" in shown


def test_each_condition_has_its_word():
    assert WORDS.keys() == set(GatewayCondition)
    assert local_time(NOW_MS, NOW_MS) == "11:32:33"


def test_an_update_has_a_line():
    update = UpdateStatus("1.2.0", UpdateState.ON_TRIAL)
    lines = [line.text for line in screen(snapshot(update=update), ENGLISH)]
    assert "Update   update to version 1.2.0: runs on trial until the cloud has acknowledged" in lines


def test_with_an_alarm_nobody_reads_that_all_is_well():
    alarm = AlarmNow(
        "river-level", "river-1", Bilingual("Alert 2: River level", "Siaga 2: Permukaan sungai"), "water_level", 212.0,
        "cm", NOW_MS - 60_000,
    )  # fmt: skip
    calm = msgspec.structs.replace(snapshot().cloud, refused=(), refused_in_all=0, refused_age_s=None)
    assert "ALL IS WELL" in [line.text for line in screen(snapshot(cloud=calm), ENGLISH)][1]
    shown = [line.text for line in screen(snapshot(cloud=calm, alarms=(alarm,)), ENGLISH)]
    assert shown[1:3] == [
        "ALARM  Alert 2: River level since 11:31:33, now 212 cm", "       the cloud has everything up to 11:32:31",
    ]  # fmt: skip
    assert not any("ALL IS WELL" in line for line in shown)
    assert one_line(snapshot(cloud=calm, alarms=(alarm,)), INDONESIAN).startswith(
        "well: Alarm: Siaga 2: Permukaan sungai"
    )


def test_the_modem_and_what_sms_have_told_stand_on_the_screen():
    modem = ModemNow("", "SIM7600", "TELKOMSEL", 4, False, 64.0, 3_120.0, 68.8)
    sms = OutputNow("sms", False, problem="ModemManager refuses Send", sms=SmsNow(2, 1, 0))
    alarm = AlarmNow("f", "river", Bilingual("Siaga 2", "Siaga 2"), "water_level", 412, "cm", NOW_MS, texted=2)
    lines = screen(snapshot(modem=modem, outputs=(sms,), alarms=(alarm,)), ENGLISH)
    text = " ".join(" ".join(line.text for line in lines).split())
    assert "TELKOMSEL, 4G; signal 64 %; 3,120 MB used of the plan; 69 percent left" in text
    assert "sms: 2 SMS sent; 1 people are not told yet; ModemManager refuses Send" in text
    assert "now 412 cm; 2 people were told by SMS" in text
    assert "no output here answered" not in text
    wrong = screen(snapshot(modem=ModemNow("the modem finds no SIM")), ENGLISH)
    assert "Modem    the modem finds no SIM" in [line.text for line in wrong]
