"""The table of a city: Siaga's own quantities, and what the city added."""

import pytest

from tests.own_quantities import DOMAINS, QUANTITIES, TABLE
from wire import BUILT_IN, DomainRow, HourOf, Quantity, QuantityTable
from wire import QUANTITIES as OWN_OF_SIAGA
from wire.names import is_name
from wire.quantity_table import LONGEST_DOMAIN, LONGEST_QUANTITY, computation_of, names_taken_by


def test_a_city_that_added_nothing_has_what_every_city_has():
    assert dict(BUILT_IN) == OWN_OF_SIAGA
    assert BUILT_IN.watched == ("flood", "air", "footfall")
    assert BUILT_IN.own_domains == ()


def test_what_a_city_added_stands_beside_it_with_what_is_computed_of_it():
    added = set(TABLE) - set(BUILT_IN)
    assert added == {
        "leq", "leq_hour", "leq_hour_completeness", "horn_count", "horn_count_hour", "horn_count_hour_completeness",
        "so2_column", "so2_column_hour", "so2_column_hour_completeness", "noise_computation", "volcano_computation",
    }  # fmt: skip
    assert {name for name in added if not TABLE[name].derived} == set(TABLE.own) == {"leq", "horn_count", "so2_column"}
    assert TABLE.watched == ("flood", "air", "footfall", "noise", "volcano")
    assert TABLE["leq_hour"].english == "Noise level, mean of the hour"
    assert TABLE["horn_count_hour"].indonesian == "Klakson, jumlah per jam"
    assert TABLE["so2_column_hour"].english == "SO2 column, highest of the hour"
    assert set(TABLE.of_domain("volcano")) == {name for name in added if "volcano" in name or "so2_column" in name}


def test_an_hour_may_hold_as_many_amounts_as_it_has_seconds():
    assert TABLE["horn_count_hour"].high == 3_600 * TABLE["horn_count"].high
    assert (TABLE["leq_hour"].low, TABLE["leq_hour"].high) == (20.0, 140.0)


def test_what_a_city_added_to_a_domain_of_every_city_has_that_ones_version():
    dew = Quantity("dew_point", "air", "Cel", 1, -60.0, 60.0, "Dew point", "Titik embun")
    table = QuantityTable([], [dew])
    assert computation_of("air") in OWN_OF_SIAGA
    assert set(table) - set(BUILT_IN) == set(names_taken_by("dew_point"))


def test_a_name_that_every_city_has_is_not_taken_away():
    mine = Quantity("pm2_5", "noise", "dB", 1, 0.0, 1.0, "Mine", "Milikku")
    table = QuantityTable([DomainRow("air", "My air", "Udaraku")], [mine])
    assert dict(table) == OWN_OF_SIAGA
    assert table.domains["air"].english == "Air"


def test_what_is_retired_has_its_history_and_can_be_measured_no_more():
    from msgspec.structs import replace

    gone = replace(QUANTITIES[0], retired=True)
    table = QuantityTable([replace(DOMAINS[0], retired=True), DOMAINS[1]], [gone, *QUANTITIES[1:]])
    assert table["leq_hour"].derived
    assert "leq" not in table.measured
    assert table.watched == ("flood", "air", "footfall", "volcano")


def test_nobody_changes_a_table():
    with pytest.raises(TypeError):
        TABLE.own["leq"] = QUANTITIES[1]  # type: ignore[index]
    with pytest.raises(TypeError):
        TABLE["leq"] = QUANTITIES[1]  # type: ignore[index]


def test_the_longest_names_travel_with_all_that_is_computed_of_them():
    assert all(is_name(name) for name in names_taken_by("q" * LONGEST_QUANTITY))
    assert is_name(computation_of("d" * LONGEST_DOMAIN))


def test_hours_of_siagas_own_amounts_are_sums():
    assert {name for name, row in OWN_OF_SIAGA.items() if row.hour is HourOf.SUM} == {
        "rainfall",
        "people_in",
        "people_out",
    }
