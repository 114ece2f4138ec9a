"""What is to be done at a place when its rules wake: each rule once, the gravest first, in the language of the page."""

from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.action_plan import MOST_SHOWN, action_plan
from i18n.catalog import catalog_of
from rules.rule import Level, Rule, RuleKind, Severity
from rules.scope import Resolved
from wire import BUILT_IN

ZONE = ZoneInfo("Asia/Jayapura")
FLOOD = Rule(
    family="river-level", quantity="water_level", kind=RuleKind.ABOVE, title="River level", title_id="Muka air",
    levels=(Level("Siaga 3", Severity.MODERATE, 150), Level("Siaga 1", Severity.EXTREME, 320)),
    advice="1. Call the village heads. 2. Close the bridge.", advice_id="1. Hubungi kepala desa. 2. Tutup jembatan.",
)  # fmt: skip
DUST = Rule(
    family="dust", quantity="pm2_5", kind=RuleKind.ABOVE, title="Dust", advice="Stay inside.",
    levels=(Level("high", Severity.MINOR, 55.5),),
)  # fmt: skip


def held(rule: Rule, versions: str = "all@3") -> Resolved:
    return Resolved(rule, {}, versions)


def test_the_gravest_rule_comes_first_and_names_every_sensor_that_it_holds_for():
    rules = [("Air", held(DUST)), ("River A", held(FLOOD)), ("River B", held(FLOOD))]
    plan = action_plan(catalog_of("en"), BUILT_IN, rules, ZONE)
    assert [(one.title, one.where, one.watched) for one in plan.actions] == [
        ("River level", "River A, River B", "Water level"), ("Dust", "Air", "PM2.5"),
    ]  # fmt: skip
    assert [(level.word, limit) for level, limit in plan.actions[0].levels] == [
        ("Siaga 3", "limit 150 cm"), ("Siaga 1", "limit 320 cm"),
    ]  # fmt: skip
    assert plan.actions[0].steps == ("Call the village heads.", "Close the bridge.")
    assert (plan.actions[1].steps, plan.actions[1].advice) == ((), "Stay inside.")


def test_the_steps_are_in_the_language_of_the_page():
    (one,) = action_plan(catalog_of("id"), BUILT_IN, [("Sungai", held(FLOOD))], ZONE).actions
    assert (one.title, one.steps) == ("Muka air", ("Hubungi kepala desa.", "Tutup jembatan."))


def test_a_rule_is_changed_where_it_was_said_last_and_one_that_is_switched_off_plans_nothing():
    rules = [
        ("River A", held(FLOOD, "all@3 sensor:river-a@1")), ("River B", held(FLOOD)),
        ("Air", held(msgspec.structs.replace(DUST, enabled=False))),
    ]  # fmt: skip
    plan = action_plan(catalog_of("en"), BUILT_IN, rules, ZONE)
    assert [(one.where, one.scope) for one in plan.actions] == [("River B", "all"), ("River A", "sensor:river-a")]


def test_a_long_plan_is_cut_and_says_how_much_more_there_is():
    many = [("Air", held(msgspec.structs.replace(DUST, family=f"dust-{n}"))) for n in range(MOST_SHOWN + 3)]
    many += [(f"River {n}", held(FLOOD)) for n in range(9)]
    plan = action_plan(catalog_of("en"), BUILT_IN, many, ZONE)
    assert (len(plan.actions), plan.more) == (MOST_SHOWN, 4)
    assert plan.actions[0].where == "River 0, River 1, River 2, River 3 and 5 more"
