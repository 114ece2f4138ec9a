import tomllib
from datetime import UTC, datetime

from runtime.toml_text import toml_table, toml_value


def test_tables_within_a_table_stand_below_its_other_keys():
    lines = list(toml_table("[[rules]]", {"levels": [{"name": "a"}, {"name": "b"}], "family": "heat"}))
    assert lines == [
        "", "[[rules]]", 'family = "heat"', "[[rules.levels]]", 'name = "a"', "[[rules.levels]]", 'name = "b"',
    ]  # fmt: skip


def test_every_value_is_read_back_as_it_was():
    values = ['a "quoted" \\ line\n\x7f\t', True, 3, -0.5, 1e300, [1, 2], [], {"a": {"b": ["c"]}}]
    values.append(datetime(2026, 11, 30, tzinfo=UTC))
    for value in values:
        assert tomllib.loads(f"value = {toml_value(value)}")["value"] == value
