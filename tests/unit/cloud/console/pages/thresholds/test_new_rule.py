import pytest

from cloud.console.pages.thresholds.new_rule import first_rule, measured_in
from cloud.console.view_models.thresholds import (
    fields_to_save,
    view_of_new,
)
from i18n.catalog import catalog_of
from rules.rule import Rule, RuleKind
from tests.unit.cloud.api.morotai import Morotai

EN = catalog_of("en")


@pytest.mark.parametrize("kind", RuleKind)
async def test_a_new_rule_begins_as_one_that_can_be_shown_and_edited(city: Morotai, kind):
    measured = measured_in(city.rule_store, "site:daruba")
    assert measured[:4] == ["water_level", "distance", "pm2_5", "temperature"]
    assert "ispu" in measured, "and what is computed of the site"
    assert "capacity_used" not in measured, "nobody is counted there"
    rule = first_rule("High water", "water_level", kind, city.rule_store.families())
    view = view_of_new(EN, city.rule_store, rule, "site:daruba")
    assert (view.title, view.own) == ("High water", True)
    assert set(fields_to_save(view.resolved, rule, "site:daruba")) == set(Rule.__struct_fields__) - {"family"}
