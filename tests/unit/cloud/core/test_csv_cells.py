"""Texts as cells of CSV: no spreadsheet runs them, and every one is read back as it was."""

import csv

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cloud.core.csv_cells import FORMULA, guarded, unguarded


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        pytest.param("river-1", "river-1", id="plain"),
        pytest.param("river, east", '"river, east"', id="comma"),
        pytest.param('the "old" bridge', '"the ""old"" bridge"', id="quotes"),
        pytest.param('=HYPERLINK("x")', '"\'=HYPERLINK(""x"")"', id="formula"),
        pytest.param("+62", '"\'+62"', id="plus"),
        pytest.param("-", '"\'-"', id="minus"),
        pytest.param("@SUM(A1)", '"\'@SUM(A1)"', id="at"),
        pytest.param("\tx", '"\'\tx"', id="tab"),
        pytest.param("\rx", '"\'\rx"', id="return"),
        pytest.param("'=x", "\"''=x\"", id="as if guarded"),
        pytest.param("''=x", "\"'''=x\"", id="as if guarded twice"),
        pytest.param("'tis", "'tis", id="apostrophe"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_text_is_a_cell_that_is_no_formula(text: str, cell: str):
    assert guarded(text) == cell


@example("''=", ",")
@given(st.text(st.sampled_from("=+-@\t\r'\"a,;"), max_size=8), st.sampled_from(",;"))
def test_every_text_is_read_back_as_it_was_and_never_begins_as_a_formula(text: str, between: str):
    ((cell, end),) = csv.reader([f"{guarded(text)}{between}end"], delimiter=between)
    assert not cell.startswith(FORMULA)
    assert (unguarded(cell), end) == (text, "end")
