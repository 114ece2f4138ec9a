from cloud.console.view_models.rule_fields import FIELD_NAMES
from rules.rule import Rule


def test_every_field_of_a_rule_has_a_name_for_people():
    assert set(FIELD_NAMES) == set(Rule.__struct_fields__) - {"family"}
