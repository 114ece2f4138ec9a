import msgspec
import pytest

from cloud.console.pages.thresholds.rule_draft import draft_of, level_count, meaning_of, next_level, without_level
from i18n.catalog import catalog_of
from rules.rule import Also, AtLeast, Direction, Hours, Level, Rule, RuleKind, Severity
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
HEAT = Rule(
    family="comfort", quantity="temperature", kind=RuleKind.OUTSIDE, title="Comfort",
    levels=(Level("Uncomfortable", Severity.MINOR, 18.0, 33.0),), hours=Hours((1, 2, 3), "08:00", "17:00"),
    at_least=AtLeast(3, 5),
)  # fmt: skip
TREND = Rule(
    family="battery", quantity="battery", kind=RuleKind.TREND, title="Battery", target=20.0, window_s=345_600.0,
    direction=Direction.FALLING, levels=(Level("Days left", Severity.MINOR, 5.0),),
)  # fmt: skip
TWO = msgspec.structs.replace(
    RIVER, also=Also("rain", "rainfall", RuleKind.BELOW, 5.5, False, 1_800.0),
    reject=("spike", "backfill"), lateness_s=90.0
)  # fmt: skip


def problems(draft, rule=RIVER):
    return meaning_of(EN, BUILT_IN, rule, draft).problems


@pytest.mark.parametrize("words", [EN, ID], ids=["en", "id"])
@pytest.mark.parametrize(
    "rule", [RIVER, RISE, HEAT, TWO, TREND], ids=["above", "rise", "outside", "two sensors", "trend"]
)
def test_a_rule_that_nobody_has_touched_means_itself(words, rule):
    assert meaning_of(words, BUILT_IN, rule, draft_of(words, rule)).rule == rule


def test_what_is_written_becomes_the_rule():
    draft = draft_of(EN, RIVER) | {"levels[0].limit": "170", "for_s": "1.5", "hours.day.7": "", "at_least.n": "2"}
    draft |= {"at_least.m": "3"}
    rule = meaning_of(EN, BUILT_IN, RIVER, draft).rule
    assert rule is not None
    assert (rule.levels[0].limit, rule.for_s, rule.at_least) == (170.0, 90.0, AtLeast(2, 3))
    assert rule.hours == Hours((1, 2, 3, 4, 5, 6))


def test_a_trend_has_a_limit_that_it_reaches_and_days():
    draft = draft_of(EN, TREND) | {"target": "30", "direction": "rising", "levels[0].limit": "6", "window_s": "2880"}
    rule = meaning_of(EN, BUILT_IN, TREND, draft).rule
    assert rule is not None
    assert (rule.target, rule.direction, rule.window_s) == (30.0, Direction.RISING, 172_800.0)
    assert problems(draft | {"target": "", "window_s": "600", "levels[0].limit": "90"}, TREND) == {
        "target": "Write the value that must not be reached.",
        "window_s": "A trend is measured over 2 to 14 days: write 2,880 to 20,160 minutes.",
        "levels[0].limit": "level 1, limit 90: no trend tells so many days ahead; write 60 or less",
    }


def test_a_second_sensor_is_chosen_with_its_limit_and_taken_away_again():
    draft = draft_of(ID, RIVER) | {"also.series": "rain/rainfall", "also.limit": "12,5", "also.kind": "below"}
    rule = meaning_of(ID, BUILT_IN, RIVER, draft).rule
    assert rule is not None
    assert rule.also == Also("rain", "rainfall", RuleKind.BELOW, 12.5, True, 3_600.0)
    less = meaning_of(ID, BUILT_IN, TWO, draft_of(ID, TWO) | {"also.series": "", "also.limit": "x"}).rule
    assert less is not None
    assert less.also is None, "what is not asked for any more is not looked at"


def test_readings_not_believed_are_those_that_are_ticked():
    draft = draft_of(EN, RIVER) | {"reject.spike": "", "reject.stuck": "yes", "lateness_s": "2"}
    rule = meaning_of(EN, BUILT_IN, RIVER, draft).rule
    assert rule is not None
    assert (rule.reject, rule.lateness_s) == (("clock_unknown", "stuck"), 120.0)


def test_a_second_sensor_without_a_limit_and_a_wait_too_long_are_problems_beside_their_fields():
    draft = draft_of(EN, RIVER) | {"also.series": "rain/rainfall", "also.within_s": "0", "lateness_s": "61"}
    assert problems(draft) == {
        "also.limit": "“” is no number; write one such as 12.5.",
        "also.within_s": "0 is too small; write more than 0.",
        "lateness_s": "61 is too large; write 60 or less.",
    }


def test_each_problem_is_a_sentence_beside_its_field():
    draft = draft_of(EN, RIVER) | {
        "levels[0].limit": "high", "levels[1].limit": "20000", "levels[2].name": " ", "for_s": "-1", "hours.start": "8",
        "title": "", "at_least.n": "5", "at_least.m": "3",
    }  # fmt: skip
    assert problems(draft) == {
        "levels[0].limit": "“high” is no number; write one such as 12.5.",
        "levels[1].limit": "20,000 cm cannot be measured; write a value from −1,000 to 10,000 cm.",
        "levels[2].name": "A level needs a name; write one such as Siaga 3.",
        "for_s": "−1 is too small; write 0 or more.",
        "hours.start": "8 is no time of day; write one such as 08:00.",
        "title": "A rule needs a title; write what it watches.",
        "at_least": "Write two whole numbers up to 100, as in 3 of 5, or leave both empty.",
    }


def test_levels_that_contradict_each_other_are_named():
    wrong = draft_of(EN, RIVER) | {"levels[1].limit": "140", "hysteresis": "1"}
    assert problems(wrong) == {
        "levels[1].limit": "Siaga 2 at 140 is not above Siaga 3 at 150; the worse level needs the higher limit."
    }
    low = msgspec.structs.replace(RIVER, kind=RuleKind.BELOW, hysteresis=1.0)
    assert "is not below" in problems(draft_of(EN, low), low)["levels[1].limit"]


def test_bands_out_of_order_are_named_in_the_editor_too():
    worse = Level("Hot", Severity.SEVERE, 10.0, 40.0)
    two = msgspec.structs.replace(HEAT, levels=(*HEAT.levels, worse))
    assert problems(draft_of(EN, two), two) == {}
    assert problems(draft_of(EN, two) | {"levels[1].high": "30"}, two) == {
        "levels[1].limit": (
            "Levels: Hot follows Uncomfortable but its limit 10 to 30 is not around 18 to 33; put the worst last"
        )
    }


def test_a_hysteresis_as_wide_as_the_step_is_named():
    wide = draft_of(EN, RIVER) | {"hysteresis": "70"}
    assert (
        problems(wide)["hysteresis"] == "70 cm is as wide as the step from Siaga 2 to Siaga 1; write less than 70 cm."
    )


def test_two_limits_must_stand_in_their_order():
    assert "swap them" in problems(draft_of(EN, HEAT) | {"levels[0].high": "10"}, HEAT)["levels[0].high"]


def test_a_rule_needs_a_day_and_a_level():
    no_days = draft_of(EN, RIVER) | {f"hours.day.{day}": "" for day in range(1, 8)}
    assert problems(no_days) == {"hours.days": "No day is chosen; choose one, or switch the rule off."}
    empty = draft_of(EN, RISE)
    assert "levels" in problems(without_level(empty, 0), RISE)


def test_levels_come_and_go():
    draft = draft_of(EN, RIVER)
    more = next_level(EN, RIVER, draft)
    assert (level_count(more), more["levels[3].severity"], more["levels[3].limit"]) == (4, "extreme", "")
    fewer = without_level(draft, 0)
    assert (level_count(fewer), fewer["levels[0].name"], fewer["levels[1].name"]) == (2, "Siaga 2", "Siaga 1")
    assert fewer["title"] == "River level"
