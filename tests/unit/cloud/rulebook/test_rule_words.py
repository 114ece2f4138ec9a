import msgspec

from cloud.rulebook.rule_words import sentence
from i18n.catalog import catalog_of
from rules.rule import Also, AtLeast, Hours, Level, Rule, RuleKind, Severity
from tests.unit.cloud.console.alarms_made import RIVER
from wire import BUILT_IN

EN, ID = catalog_of("en"), catalog_of("id")
RISE = msgspec.structs.replace(
    RIVER,
    kind=RuleKind.RISE,
    levels=(Level("Fast", Severity.SEVERE, 30.5),),
    hysteresis=0.0,
    minimum=120.0,
    clear_s=0.0,
)
TREND = Rule(
    family="battery", quantity="battery", kind=RuleKind.TREND, title="Battery", target=20.0, window_s=345_600.0,
    hysteresis=1.0,
    levels=(Level("Days left", Severity.MINOR, 5.0), Level("Hardly two", Severity.MODERATE, 2.0)),
)  # fmt: skip
HEAT = Rule(
    family="comfort", quantity="temperature", kind=RuleKind.OUTSIDE, title="Comfort",
    levels=(Level("Uncomfortable", Severity.MINOR, 18.0, 33.0),), hours=Hours((1, 2, 3), "08:00", "17:00"),
    at_least=AtLeast(3, 5),
)  # fmt: skip


def test_a_rule_is_told_in_sentences():
    assert sentence(EN, BUILT_IN, RIVER) == (
        "Alarm when Water level reaches 150 cm (Siaga 3), 250 cm (Siaga 2), 320 cm (Siaga 1). It must last 1 min. "
        "The alarm ends when the value has been 10 cm back for 10 min."
    )
    assert sentence(EN, BUILT_IN, RISE) == (
        "Alarm when Water level rises by 30.5 cm (Fast) within 10 min. It must last 1 min. Only from 120 cm on."
    )
    assert sentence(EN, BUILT_IN, HEAT) == (
        "Alarm while Temperature is outside 18 to 33 °C (Uncomfortable). At least 3 of 5 readings must say so. "
        "Only Mon, Tue, Wed 08:00–17:00."
    )
    rain = msgspec.structs.replace(RIVER, also=Also("rain", "rain_rate", RuleKind.ABOVE, 20.0), enabled=False)
    assert sentence(EN, BUILT_IN, rain).endswith(
        "Only if Rain rate of rain is above 20 mm/h too, at most 1 h old. Switched off."
    )
    assert sentence(EN, BUILT_IN, TREND) == (
        "Alarm when Battery reaches 20 % within 5 days (Days left), 2 days (Hardly two) by its trend of 4 days. "
        "The alarm ends when that is 1 day further off."
    )
    assert sentence(ID, BUILT_IN, TREND).startswith("Alarm bila Baterai menurut tren 4 hari mencapai 20 % dalam 5 hari")
    assert "Alarm bila Tinggi muka air mencapai 150 cm (Siaga 3)" in sentence(ID, BUILT_IN, RIVER)
    quiet = msgspec.structs.replace(
        RIVER, kind=RuleKind.SILENCE, quantity="", levels=(Level("Quiet", Severity.MINOR, 5.0),)
    )
    assert sentence(EN, BUILT_IN, quiet) == "Alarm when nothing is heard for 5 (Quiet) expected intervals."
