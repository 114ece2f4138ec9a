import math
from typing import Any

import msgspec
import pytest

from rules.problem import ValidationProblem
from rules.rule import RESERVED_FAMILIES, Also, AtLeast, Direction, Hours, Level, Rule, RuleKind, Severity
from rules.validation import NEGATIVE, family_problems, problems_in
from wire import BUILT_IN

S3 = Level("Siaga 3", Severity.MODERATE, 150.0)
S2 = Level("Siaga 2", Severity.SEVERE, 250.0)
SOUND = Rule(family="river-level", quantity="water_level", kind=RuleKind.ABOVE, levels=(S3, S2), title="River")
TREND: dict[str, Any] = {
    "kind": RuleKind.TREND, "target": 20.0, "window_s": 345_600.0,
    "levels": (msgspec.structs.replace(S3, limit=5.0), msgspec.structs.replace(S2, limit=2.0)),
}  # fmt: skip


def _sound(**changes: Any) -> list[ValidationProblem]:
    return problems_in(msgspec.structs.replace(SOUND, **changes), BUILT_IN)


def _level(**changes: Any) -> Level:
    return msgspec.structs.replace(S3, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kind": RuleKind.BELOW, "levels": (S2, _level(severity=Severity.EXTREME))},
        {"kind": RuleKind.INSIDE, "levels": (_level(high=300.0), _level(name="In", limit=200.0, high=250.0))},
        {"kind": RuleKind.OUTSIDE, "levels": (_level(high=300.0), _level(name="Out", limit=100.0, high=350.0))},
        {"kind": RuleKind.RISE, "minimum": 100.0, "window_s": 3600.0},
        TREND | {"hysteresis": 1.0},
        TREND | {"direction": Direction.RISING, "target": 9_000.0},
        {"kind": RuleKind.SILENCE, "levels": (_level(limit=3.0),)},
        {"kind": RuleKind.SILENCE, "levels": (_level(limit=3.0),), "quantity": ""},
        {"at_least": AtLeast(3, 5), "hours": Hours((6, 7), "22:00", "05:00"), "hysteresis": 99.9},
        {"also": Also("rain-1", "rainfall", RuleKind.ABOVE, 10.0)},
    ],
)
def test_a_sound_rule_has_no_mistakes(changes: dict[str, Any]):
    assert _sound(**changes) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"family": "River Level"}, "family 'River Level'"),
        ({"quantity": "water"}, "quantity 'water': is not known"),
        ({"quantity": ""}, "quantity '': is not known"),
        ({"title": " "}, "title '': is empty"),
        ({"title": "x" * 121}, "has 121 characters; write at most 120"),
        ({"advice_id": "x" * 501}, "has 501 characters; write at most 500"),
        ({"reject": ("spikes",)}, "reject 'spikes': is no mark"),
        ({"for_s": -1.0}, "for_s -1: is no such time"),
        ({"for_s": math.nan}, "for_s nan: is no such time"),
        ({"clear_s": math.inf}, "clear_s inf: is no such time"),
        ({"lateness_s": 3_601.0}, "lateness_s 3601: is no such time; write seconds from 0 to 3600"),
        ({"window_s": 0.0}, "window_s 0: is no such window"),
        ({"hysteresis": -5.0}, "hysteresis -5: must not be negative"),
        ({"hysteresis": math.nan}, "hysteresis nan"),
        ({"minimum": 5.0}, "minimum 5: belongs to rules of rise only, and this is above"),
        ({"minimum": math.nan, "kind": RuleKind.RISE}, "minimum nan: is no number"),
        ({"levels": ()}, "levels: there are 0; write 1 to 10"),
        ({"levels": (S3, _level(limit=200.0))}, "levels: two are called 'Siaga 3'"),
        ({"levels": (_level(name=""),)}, "levels[0].name '': is empty"),
        ({"levels": (_level(name_id="x" * 61),)}, "levels[0].name_id 'xxxxxxxxxxxxxxxxxxxx'…: has 61 characters"),
        ({"levels": (_level(colour="red"),)}, "levels[0].colour 'red': is no colour"),
        ({"levels": (_level(limit=math.nan),)}, "levels[0].limit nan: is no number"),
        ({"levels": (_level(limit=20_000.0),)}, "levels[0].limit 20000: water_level is never so; write -1000 to 10000"),
        ({"levels": (_level(high=300.0),)}, "levels[0].high 300: belongs to inside and outside only"),
        ({"kind": RuleKind.INSIDE, "levels": (S3,)}, "levels[0].high: is missing"),
        ({"kind": RuleKind.INSIDE, "levels": (_level(high=150.0),)}, "levels[0].high 150: is not above the limit 150"),
        ({"kind": RuleKind.INSIDE, "levels": (_level(high=math.inf),)}, "levels[0].high inf: is no number"),
        ({"target": 5.0}, "target 5: belongs to rules of a trend only, and this is above; leave it out"),
        (TREND | {"target": None}, "target: is missing; write the value that must not be reached, such as 20"),
        (TREND | {"target": math.inf}, "target inf: is no number; write one"),
        (TREND | {"target": 20_000.0}, "target 20000: water_level is never so; write -1000 to 10000 cm"),
        (TREND | {"window_s": 3_600.0}, "window_s 3600: is no window of a trend; write seconds from 172800 to 1209600"),
        (TREND | {"levels": (_level(limit=90.0),)}, "levels[0].limit 90: no trend tells so many days ahead"),
        (TREND | {"levels": (_level(limit=0.0),)}, "levels[0].limit 0: a trend needs more than 0"),
        (TREND | {"at_least": AtLeast(1, 2)}, "at_least: has no meaning for a trend"),
        ({"kind": RuleKind.RISE, "levels": (_level(limit=0.0),)}, "levels[0].limit 0: a rise needs more than 0"),
        ({"kind": RuleKind.SILENCE, "levels": (_level(limit=-1.0),)},
         "levels[0].limit -1: a silence needs more than 0"),
        ({"kind": RuleKind.SILENCE, "levels": (_level(limit=3.0),), "for_s": 60.0},
         "for_s: has no meaning for silence"),
        ({"at_least": AtLeast(4, 3)}, "at_least 4 of 3: is impossible"),
        ({"at_least": AtLeast(0, 3)}, "at_least 0 of 3: is impossible"),
        ({"at_least": AtLeast(2, 101)}, "at_least 2 of 101: is impossible"),
        ({"hours": Hours(days=(0, 8))}, "hours.days [0, 8]"),
        ({"hours": Hours(days=())}, "hours.days []"),
        ({"hours": Hours(days=(1, 1))}, "hours.days [1, 1]"),
        ({"hours": Hours(start="25:00")}, "hours.start '25:00': is no time of day"),
        ({"hours": Hours(end="noon")}, "hours.end 'noon': is no time of day"),
        ({"hours": Hours(end="24:01")}, "hours.end '24:01': is no time of day"),
        ({"hours": Hours(start="08:00", end="08:00")}, "hours.end '08:00': is also the start"),
        ({"also": Also("Rain 1", "rainfall", RuleKind.ABOVE, 1.0)}, "also.sensor 'Rain 1'"),
        ({"also": Also("rain-1", "rain", RuleKind.ABOVE, 1.0)}, "also.quantity 'rain': is not known"),
        ({"also": Also("rain-1", "rainfall", RuleKind.RISE, 1.0)}, "also.kind 'rise'"),
        ({"also": Also("rain-1", "rainfall", RuleKind.ABOVE, math.nan)}, "also.limit nan"),
        ({"also": Also("rain-1", "rainfall", RuleKind.ABOVE, 1.0, within_s=0.0)}, "also.within_s 0"),
        ({"levels": (S2, S3)}, "levels: Siaga 3 follows Siaga 2 but is moderate after severe; put the worst last"),
        ({"levels": (S3, _level(name="Siaga 2"))}, "Siaga 2 follows Siaga 3 but its limit 150 is not above 150"),
        ({"kind": RuleKind.BELOW}, "levels: Siaga 2 follows Siaga 3 but its limit 250 is not below 150"),
        ({"kind": RuleKind.INSIDE, "levels": (_level(high=300.0), _level(name="In", limit=200.0, high=310.0))},
         "levels: In follows Siaga 3 but its limit 200 to 310 is not within 150 to 300"),
        ({"hysteresis": 100.0}, "hysteresis 100: is as wide as the 100 between Siaga 3 and Siaga 2; write less"),
        ({"kind": RuleKind.OUTSIDE, "levels": (_level(high=200.0),), "hysteresis": 25.0},
         "hysteresis 25: no value is left that would close Siaga 3; write less than 25"),
        ({"kind": RuleKind.RISE, "levels": (_level(limit=30.0),), "hysteresis": 30.0},
         "hysteresis 30: no value is left that would close Siaga 3; write less than 30"),
        ({"quantity": "pm2_5", "levels": (_level(limit=15.0),), "hysteresis": 20.0},
         "hysteresis 20: no value is left that would close Siaga 3; write less than 15"),
        ({"kind": RuleKind.BELOW, "quantity": "humidity", "levels": (_level(limit=90.0),), "hysteresis": 10.0},
         "hysteresis 10: no value is left that would close Siaga 3; write less than 10"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_field_and_value(changes: dict[str, Any], sentence: str):
    mistakes = _sound(**changes)
    assert len([mistake for mistake in mistakes if sentence in mistake]) == 1, mistakes


def test_a_problem_knows_the_field_to_look_at_which_may_be_narrower_than_the_one_it_names():
    (problem,) = problems_in(msgspec.structs.replace(SOUND, hysteresis=-1.0), BUILT_IN)
    values = {"field": "hysteresis", "value": -1.0}
    assert (problem.field, problem.form, problem.values) == ("hysteresis", NEGATIVE, values)
    same = msgspec.structs.replace(SOUND, levels=(S3, _level(name="Siaga 2", severity=Severity.SEVERE)))
    (problem,) = problems_in(same, BUILT_IN)
    assert (problem.field, problem.partition(":")[0]) == ("levels[1].limit", "levels")


def test_every_mistake_is_told_at_once():
    assert len(_sound(title="", for_s=-1.0, at_least=AtLeast(4, 3))) == 3


@pytest.mark.parametrize("family", RESERVED_FAMILIES)
def test_the_families_of_what_siaga_says_of_itself_are_nobodys_rules(family: str):
    assert any("kept for what Siaga says of itself" in mistake for mistake in family_problems(family))


def test_a_rule_with_too_many_parts_is_told_that_alone_and_at_once():
    levels = tuple(Level("the same name\r\n" * 50, Severity.MINOR, float("nan")) for _ in range(50_000))
    (mistake,) = problems_in(msgspec.structs.replace(SOUND, levels=levels), BUILT_IN)
    assert mistake == "levels: there are 50000; write at most 10"
    hours = Hours(tuple(range(100_000)), "22:00", "06:00")
    (mistake,) = problems_in(msgspec.structs.replace(SOUND, hours=hours), BUILT_IN)
    assert mistake == "hours.days: there are 100000; write at most 7"


@pytest.mark.parametrize("field", ["title", "title_id", "advice", "advice_id"])
def test_what_people_read_of_a_rule_is_printable(field: str):
    for text in ("Siaga 9\r\nBcc: x", "a\0", "\ud800", "\u202eabc"):
        mistakes = problems_in(msgspec.structs.replace(SOUND, **{field: text}), BUILT_IN)
        assert [mistake.partition(":")[0] for mistake in mistakes] == [field]
    level = msgspec.structs.replace(SOUND.levels[0], name="a\r\nb", name_id="\0")
    mistakes = problems_in(msgspec.structs.replace(SOUND, levels=(level, *SOUND.levels[1:])), BUILT_IN)
    assert [mistake.partition(":")[0] for mistake in mistakes] == ["levels[0].name", "levels[0].name_id"]
