"""Units as people read them."""

import pytest

from i18n.units import UNITS, amount, shown
from wire import QUANTITIES

LANGUAGES = ("en", "id")


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=lambda row: row.name)
def test_no_quantity_is_told_in_the_signs_of_the_table(quantity):
    assert quantity.unit in UNITS
    for language in LANGUAGES:
        said = amount("106", quantity.unit, language)
        assert not set(said) & set("{}[]"), said
        assert said == said.strip()


def test_an_index_stands_alone_and_an_amount_has_its_unit():
    assert amount("106", "{ISPU}", "en") == "106"
    assert amount("12,5", "ug/m3", "id") == "12,5 µg/m³"
    assert shown("{person}", "id") == "orang"
