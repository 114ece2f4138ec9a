from cloud.console.pages.thresholds.editor_fields import SECTIONS
from cloud.console.view_models.rule_fields import FIELD_NAMES


def test_every_field_of_a_rule_can_be_edited_once():
    shown = [field for _title, fields, _folded in SECTIONS for field in fields]
    chosen_before, in_rows_of_their_own = {"quantity", "kind"}, {"levels"}
    assert sorted(shown) == sorted(FIELD_NAMES.keys() - chosen_before - in_rows_of_their_own)
