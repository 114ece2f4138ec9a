"""What people read."""

from typing import Any

import pytest

from cloud.notify.notifications import without_words
from cloud.notify.texts import clock, measured, text_of
from i18n.catalog import catalog_of
from rules.rule import RuleKind
from rules.trend import MOST_DAYS
from tests.own_quantities import TABLE
from tests.unit.cloud.notify.examples import LINE, line, notification
from tests.unit.cloud.notify.scene import T0
from wire import QUANTITIES


def test_one_alarm_says_what_where_since_when_how_sure_and_what_to_do():
    assert text_of(notification(LINE), console="https://siaga.test").plain.splitlines() == [
        "EXTREME · Siaga 1 · Daruba river",
        "Water level 1,325.5 cm (limit 320 cm), Gauge 0, Daruba; Flood Siaga: 1 is the worst",
        "Since 24 Nov 12:10 WIT",
        "How sure: held for 60 s",
        "Do: Sound the siren.",
        "https://siaga.test/console/en/alarms?alarm=17",
    ]


def test_the_same_in_indonesian():
    assert text_of(notification(LINE, language="id"), console="").plain.splitlines() == [
        "EKSTREM · Siaga 1 · Daruba river",
        "Tinggi muka air 1.325,5 cm (batas 320 cm), Gauge 0, Daruba; Siaga banjir: 1 terparah",
        "Sejak 24 Nov 12:10 WIT",
        "Keyakinan: bertahan 60 detik",
        "Lakukan: Bunyikan sirene.",
    ]


def test_both_languages_stand_one_below_the_other():
    text = text_of(notification(LINE, language="both"), console="").plain
    assert text.index("EKSTREM") < text.index("Bunyikan sirene.") < text.index("EXTREME") < text.index("Sound the")


TREND: dict[str, Any] = {
    "watch": RuleKind.TREND, "quantity": "battery", "value": 3.8, "limit": 5.0, "target": 20.0, "window_s": 345_600.0,
}  # fmt: skip


def test_a_trend_is_told_in_indonesian_and_in_a_storm_too():
    text = text_of(notification(line(**TREND), line(**TREND), language="id"), console="").plain
    assert "20 % dalam 3,8 hari" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "worsened"}, "WORSE · EXTREME · Siaga 1"),
        ({"kind": "silent"}, "the sensor is silent; the alarm stands"),
        ({"kind": "closed"}, "OVER · Siaga 1"),
        ({"kind": "withdrawn"}, "WITHDRAWN · Siaga 1"),
        ({"kind": "retired"}, "NO LONGER WATCHED · Siaga 1"),
        ({"kind": "retired"}, "WIT: the sensor was taken out of service, which is no all-clear"),
        ({"late": True}, "detected late, from readings that came after the fact"),
        ({"for_s": 0.0}, "by a single reading"),
        ({"of": (3, 5)}, "3 of the last 5 readings"),
        ({"also": "rain-upstream"}, "rain-upstream agrees"),
        ({"watch": RuleKind.RISE, "value": 100.0}, "rise of 100 cm in 10 min"),
        (TREND, "Battery: 20 % in 3.8 days, by its trend of 4 days (limit 5 days), Gauge 0"),
        (TREND | {"value": MOST_DAYS}, "Battery: 20 % is not in sight, by its trend"),
        (TREND | {"value": 0.0}, "Battery: 20 % is reached, by its trend"),
        ({"watch": RuleKind.SILENCE, "value": 3.0}, "no reading for 3 expected intervals"),
        ({"quantity": "temperature", "value": -4.0}, "Temperature −4 °C"),
        ({"quantity": "ispu", "value": 106.0, "limit": 101.0}, "\nISPU 106 (limit 101), Gauge 0"),
        ({"quantity": "from-the-future"}, "from-the-future 1,325.5 (limit 320)"),
    ],
)
def test_each_state_has_its_words(changes: dict[str, Any], words: str):
    assert words in text_of(notification(line(**changes)), console="").plain


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("language", ["en", "id"])
def test_no_message_writes_a_unit_in_the_signs_of_the_table(quantity: str, language: str):
    changes: dict[str, Any] = {"quantity": quantity, "value": 106.0, "limit": 101.0}
    storm = text_of(notification(line(**changes), line(**changes), language=language), console="").plain
    assert not set(text_of(notification(line(**changes), language=language), console="").plain + storm) & set("{}[]")


def test_a_sensor_that_is_heard_again_is_not_said_to_be_silent():
    text = text_of(notification(line(kind="closed", watch=RuleKind.SILENCE, value=0.0)), console="").plain
    assert "expected intervals" not in text
    assert "Gauge 0, Daruba" in text


def test_what_is_over_asks_nobody_to_do_anything():
    text = text_of(notification(line(kind="closed")), console="").plain
    assert "Do:" not in text
    assert "Over at 24 Nov 12:10 WIT" in text


def test_a_storm_is_counted_in_its_first_line_and_has_a_line_for_each():
    lines = [line(alarm=n, sensor_name=f"Gauge {n}") for n in range(40)]
    text = text_of(notification(*lines), console="https://siaga.test")
    assert text.first == "40 alarms, the worst EXTREME · Siaga 1 · Daruba river"
    assert text.plain.count("• ") == 40
    assert "• Siaga 1 · Daruba river · Gauge 7 1,325.5 cm · 24 Nov 12:10 WIT" in text.plain


def test_a_storm_in_two_languages_names_each_alarm_once():
    text = text_of(notification(*[line(alarm=n, repeated=n == 1) for n in range(2)], language="both"), console="")
    assert text.plain.count("• ") == 2
    assert "sudah diberitahukan/told before" in text.plain


def test_a_phone_gets_as_many_lines_as_fit_and_the_number_of_the_others():
    lines = [line(alarm=n, sensor_name=f"Gauge {n}") for n in range(200)]
    text = text_of(notification(*lines), console="https://siaga.test", most=4_096).plain
    shown = text.count("• ")
    assert len(text) <= 4_096
    assert 40 <= shown < 200
    assert f"+ {200 - shown} more" in text
    assert text.endswith("https://siaga.test/console/en/alarms")


@pytest.mark.parametrize("language", ["en", "id", "both"])
def test_a_test_is_marked_in_both_languages_whatever_the_language(language: str):
    text = text_of(notification(line(test=True), language=language, test=True), console="")
    assert text.first.startswith("TEST / UJI COBA · ")


def test_what_a_city_added_is_told_by_its_own_name_and_unit():
    loud = line(quantity="leq", value=91.44, limit=85.0, own=TABLE["leq"])
    assert measured(loud, catalog_of("en")) == "Noise level 91.4 dB(A) (limit 85 dB(A))"
    assert measured(loud, catalog_of("id")) == "Tingkat kebisingan 91,4 dB(A) (batas 85 dB(A))"
    horns = line(quantity="horn_count_hour", value=400.0, limit=300.0, own=TABLE["horn_count_hour"])
    assert measured(horns, catalog_of("id")) == "Klakson, jumlah per jam 400 klakson (batas 300 klakson)"


def test_a_line_without_words_keeps_the_id_of_a_quantity_that_the_city_named():
    plain = without_words(line(quantity="leq", value=91.4, limit=85.0, own=TABLE["leq"]))
    assert measured(plain, catalog_of("en")) == "leq 91.4 dB (limit 85 dB)"


def test_a_notification_says_who_has_read_what_no_sensor_has_measured():
    told = text_of(notification(line(read_by="ani", read_ms=T0 - 60_000)), console="")
    read = told.plain.split("How sure: ")[1].splitlines()[0]
    assert read == f"read by ani at {clock(T0 - 60_000, 'Asia/Jayapura', catalog_of('en'))} (person)"
    assert "ani" not in text_of(notification(without_words(line(read_by="ani", read_ms=T0))), console="").plain
