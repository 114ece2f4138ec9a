"""Our numbers and dates are those of CLDR, as Babel has it: the gateway need not carry 30 MB for two languages."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from i18n import figures
from i18n.catalog import LANGUAGES, catalog_of
from wire.durations import DAY_MS

JANUARY_MS = 1_767_225_600_000


@given(st.floats(-1e9, 1e9), st.integers(0, 4), st.sampled_from(sorted(LANGUAGES)))
def test_a_number_is_written_as_cldr_writes_it(value: float, decimals: int, code: str):
    rounded = float(f"{value:.{decimals}f}")  # the marks are compared; Babel rounds a half by the decimal that is shown
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    expected = format_decimal(abs(rounded), pattern, locale=code, decimal_quantization=False)
    assert catalog_of(code).number(value, decimals).lstrip("−") == expected


@pytest.mark.parametrize("code", sorted(LANGUAGES))
@pytest.mark.parametrize("month", range(12))
def test_a_day_is_written_as_cldr_writes_it(code: str, month: int):
    time_ms = JANUARY_MS + month * 31 * DAY_MS
    expected = format_date(datetime.fromtimestamp(time_ms / 1_000, UTC), "d MMM", locale=code)
    assert figures.day(catalog_of(code), time_ms, ZoneInfo("UTC")) == expected
