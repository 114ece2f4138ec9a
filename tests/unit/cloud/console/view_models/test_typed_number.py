import pytest

from cloud.console.view_models.typed_number import InvalidInput, parse_number, plain_text, whole_number
from i18n.catalog import catalog_of

EN, ID = catalog_of("en"), catalog_of("id")


@pytest.mark.parametrize(
    ("text", "value"), [("12,5", 12.5), ("12.5", 12.5), (" 150 ", 150.0), ("−3", -3.0), ("0,125", 0.125)]
)
def test_a_number_may_have_a_comma_or_a_point(text, value):
    assert parse_number(EN, text) == parse_number(ID, text) == value


@pytest.mark.parametrize("text", ["1.000", "1,000", "12.500", "nan", "inf", "", "1 2"])
def test_a_text_that_is_no_number_or_two_is_refused(text):
    with pytest.raises(InvalidInput) as caught:
        parse_number(ID, text)
    assert "tulis" in str(caught.value)


@pytest.mark.parametrize("value", [1.125, 0.125, 1_000.0, 1_234_567.0, -2.375, 15.5])
def test_a_number_that_is_shown_can_be_read_again(value):
    assert parse_number(ID, plain_text(ID, value)) == parse_number(EN, plain_text(EN, value)) == value


@pytest.mark.parametrize(
    ("text", "number"),
    [("17", 17), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("-1", None), ("1.0", None), ("x", None), ("", None)],
    ids=["plain", "longest", "too-long", "negative", "fraction", "word", "empty"],
)
def test_a_number_of_a_row_is_whole_and_not_too_long(text: str, number: int | None):
    assert whole_number(text) == number
