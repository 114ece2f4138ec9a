import itertools
import re
from typing import Any

import pytest

from rules.rule import AtLeast, Hours, Level, RuleKind, Severity
from rules.scope import Patch, Place, resolve, rule_of, scopes_of

RIVER = Place("river-1", "daruba", ("gauges", "upstream"), ("water_level", "distance"))
LEVELS = [{"name": "Siaga 3", "severity": "moderate", "limit": 150}]
ALL = Patch("all", 3, {"quantity": "water_level", "kind": "above", "title": "River", "levels": LEVELS, "for_s": 60})


def test_the_rule_of_all_holds_for_a_sensor_that_measures_its_quantity():
    resolved = resolve("river-level", [ALL], RIVER)
    assert resolved is not None
    assert resolved.rule.levels == (Level("Siaga 3", Severity.MODERATE, 150.0),)
    assert (resolved.rule.family, resolved.rule.kind, resolved.versions) == ("river-level", RuleKind.ABOVE, "all@3")
    assert set(resolved.origin.values()) == {"all"}


def test_the_narrower_scope_wins_field_by_field_whatever_the_order():
    patches = [
        ALL,
        Patch("group:gauges", 1, {"for_s": 1, "clear_s": 1, "hysteresis": 1, "title": "Gauges"}),
        Patch("group:upstream", 2, {"clear_s": 2, "hysteresis": 2, "title": "Upstream"}),
        Patch("site:daruba", 4, {"hysteresis": 3, "title": "Daruba"}),
        Patch("sensor:river-1", 9, {"title": "The bridge"}),
    ]
    for order in itertools.permutations(patches):
        resolved = resolve("river-level", list(order), RIVER)
        assert resolved is not None
        rule = resolved.rule
        assert (rule.for_s, rule.clear_s, rule.hysteresis, rule.title) == (1, 2, 3, "The bridge")
        assert resolved.origin == {
            "quantity": "all", "kind": "all", "levels": "all", "for_s": "group:gauges", "clear_s": "group:upstream",
            "hysteresis": "site:daruba", "title": "sensor:river-1",
        }  # fmt: skip
        assert resolved.versions == "all@3 group:gauges@1 group:upstream@2 site:daruba@4 sensor:river-1@9"


def test_what_is_said_of_other_places_does_not_count():
    others = [Patch("group:beach", 1, {"title": "Beach"}), Patch("site:tobelo", 1, {}), Patch("sensor:river-2", 1, {})]
    assert resolve("river-level", others, RIVER) is None
    resolved = resolve("river-level", [*others, ALL], RIVER)
    assert resolved is not None
    assert resolved.versions == "all@3"


def test_a_sensor_that_does_not_measure_the_quantity_has_no_such_rule():
    assert resolve("river-level", [ALL], Place("air-1", "daruba", (), ("pm2_5",))) is None


def test_silence_can_be_asked_of_every_sensor_whatever_it_measures():
    silence = Patch("all", 1, {"quantity": "", "kind": "silence", "title": "Silent", "levels": LEVELS})
    assert resolve("silence", [silence], Place("air-1", "daruba", (), ("pm2_5",))) is not None


def test_null_takes_an_inherited_value_away():
    wide = Patch("all", 1, ALL.fields | {"at_least": {"n": 2, "m": 3}, "hours": {"days": [1], "end": "12:00"}})
    resolved = resolve("river-level", [wide, Patch("sensor:river-1", 1, {"hours": None})], RIVER)
    assert resolved is not None
    assert (resolved.rule.at_least, resolved.rule.hours) == (AtLeast(2, 3), None)
    assert resolved.origin["hours"] == "sensor:river-1"
    inherited = resolve("river-level", [wide], RIVER)
    assert inherited is not None
    assert inherited.rule.hours == Hours(days=(1,), end="12:00")


def test_the_scopes_of_a_place_go_from_wide_to_narrow():
    assert scopes_of(RIVER) == ("all", "group:gauges", "group:upstream", "site:daruba", "sensor:river-1")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"histeresis": 5}, "histeresis: a rule has no such field; did you mean hysteresis?"),
        ({"levels": [{"name": "S", "severity": "severe", "limits": 3}]},
         "levels[0].limits: there is no such field; did you mean limit?"),
        ({"hours": {"from": "08:00"}}, "hours.from: there is no such field; there are days, start, end"),
        ({"for_s": "soon"}, "for_s: is 'soon'; write a number"),
        ({"kind": "over"}, "kind: is 'over'; write one of above, below, inside, outside, rise, trend, silence"),
        ({"levels": [{"name": "S", "severity": "bad", "limit": 3}]},
         "levels[0].severity: is 'bad'; write one of minor, moderate, severe, extreme"),
        ({"at_least": {"n": 2}}, "at_least: is {'n': 2}; object missing required field `m`"),
        ({"also": [1]}, "also: is [1]; write an object or null"),
        ({"at_least": {"n": 2, "m": 2.5}}, "at_least.m: is 2.5; write a whole number"),
    ],
)  # fmt: skip
def test_what_makes_no_rule_is_refused_with_field_and_value(change: dict[str, Any], sentence: str):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        rule_of("river-level", ALL.fields | change)


def test_a_rule_that_no_scope_has_finished_is_refused_with_the_field_that_is_missing():
    with pytest.raises(ValueError, match="levels: no scope of river-level sets it"):
        resolve("river-level", [Patch("all", 1, {"quantity": "water_level", "kind": "above", "title": "River"})], RIVER)
