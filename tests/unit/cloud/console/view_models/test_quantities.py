"""What the city added to Siaga's own quantities, as the console lists it."""

from msgspec.structs import replace

from cloud.console.view_models.quantities import QuantityView, own_quantities
from i18n.catalog import catalog_of
from tests.own_quantities import DOMAINS, QUANTITIES, TABLE
from wire import BUILT_IN, QuantityTable


def test_each_is_told_with_its_domain_bounds_unit_and_way_to_an_hour():
    horns, leq, column = own_quantities(catalog_of("en"), TABLE)
    assert leq == QuantityView("leq", "Noise level", "Noise", "20.0 to 140.0 dB(A)", "by the hour its mean", True)
    assert (horns.bounds, horns.hour) == ("0 to 10,000 horns", "by the hour its sum")
    assert (column.domain, column.bounds) == ("Volcano", "0.00 to 100.00 g/m2")
    assert own_quantities(catalog_of("id"), TABLE)[0].bounds == "0 sampai 10.000 klakson"


def test_what_was_taken_out_stands_last_and_a_city_that_added_nothing_has_none():
    gone = QuantityTable(DOMAINS, [replace(QUANTITIES[0], retired=True), *QUANTITIES[1:]])
    assert [(row.id, row.in_use) for row in own_quantities(catalog_of("en"), gone)][-1] == ("leq", False)
    assert own_quantities(catalog_of("en"), BUILT_IN) == ()
