import pytest

from cloud.console.pages.thresholds.problem_sentences import refusal_sentence
from cloud.console.pages.thresholds.rule_actions import rejected_for
from cloud.console.pages.thresholds.rule_subject import family_name, first_rule, measured_in
from cloud.console.view_models.thresholds import fields_to_save, view_of_new
from i18n.catalog import catalog_of
from rules.problem import ValidationProblem
from rules.rule import Rule, RuleKind
from tests.unit.cloud.api.morotai import Morotai

EN = catalog_of("en")


@pytest.mark.parametrize("kind", RuleKind)
async def test_a_new_rule_begins_as_one_that_can_be_shown_and_edited(city: Morotai, kind: RuleKind):
    measured = measured_in(city.rule_store, "site:daruba")
    assert measured[:4] == ["water_level", "distance", "pm2_5", "temperature"]
    assert "ispu" in measured, "and what is computed of the site"
    assert "capacity_used" not in measured, "nobody is counted there"
    rule = first_rule("high-water", "High water", "water_level", kind)
    view = view_of_new(EN, city.rule_store, rule, "site:daruba")
    assert (view.title, view.own) == ("High water", True)
    assert set(fields_to_save(view.resolved, rule, "site:daruba")) == set(Rule.__struct_fields__) - {"family"}


def test_a_new_family_is_named_by_its_title():
    assert family_name("Tinggi Muka Air (Sungai)", []) == "tinggi-muka-air-sungai"
    assert family_name("River level", ["river-level", "river-level-2"]) == "river-level-3"
    assert family_name("…", []) == "rule"


def test_sentences_of_a_refusal_stand_beside_the_field_they_name():
    limit = ValidationProblem("{field} {value:g}: is no number; write one", field="levels[1].limit", value=3.5)
    negative = ValidationProblem(
        "{field} {value:g}: must not be negative; write 0 or more", field="hysteresis", value=-3.5
    )
    reason = ValidationProblem("reason: is empty; say what is done there", field="reason")
    again = ValidationProblem(negative.form, field="hysteresis", value=-4.5)
    refused = rejected_for(catalog_of("id"), [negative, limit, reason, again])
    assert refused.by_field == {
        "hysteresis": "Harus kembali sejauh -3,5: tidak boleh negatif; tulis 0 atau lebih",
        "levels[1].limit": "tingkat 2, batas 3,5: bukan angka; tulis angka",
        "reason": "alasan: masih kosong; tulis apa yang dikerjakan di sana",
    }
    assert refused.others == ("Harus kembali sejauh -4,5: tidak boleh negatif; tulis 0 atau lebih",)
    assert refusal_sentence(EN, again) == "Must go back by -4.5: must not be negative; write 0 or more"
