"""Rules as a file: what is exported is read back as the same, whatever scopes set."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cloud.rulebook.rules_file import Lines, canonical, fields_in, rules_text
from rules.marks import MARK_OF_NAME
from rules.scope import Patch

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBER = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-10_000, 10_000)
LEVEL = st.fixed_dictionaries(
    {"name": TEXT, "severity": st.sampled_from(["minor", "moderate", "severe", "extreme"]), "limit": NUMBER},
    optional={"high": st.none() | NUMBER, "inclusive": st.booleans(), "colour": TEXT, "name_id": TEXT},
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "quantity": TEXT,
        "kind": st.sampled_from(["above", "below", "rise"]),
        "levels": st.lists(LEVEL, max_size=3),
        "title": TEXT,
        "advice": TEXT,
        "hysteresis": NUMBER,
        "for_s": NUMBER,
        "minimum": st.none() | NUMBER,
        "at_least": st.none() | st.fixed_dictionaries({"n": st.integers(0, 9), "m": st.integers(0, 9)}),
        "hours": st.none() | st.fixed_dictionaries({}, optional={"start": TEXT, "days": st.lists(st.integers(1, 7))}),
        "also": st.none()
        | st.fixed_dictionaries({"sensor": TEXT, "quantity": TEXT, "kind": st.just("above"), "limit": NUMBER}),
        "reject": st.lists(st.sampled_from(sorted(MARK_OF_NAME)), max_size=3),
        "enabled": st.booleans(),
    },
)
SCOPE = st.sampled_from(["all", "group:rivers", "site:daruba", "sensor:river", "sensor:air"])
FAMILIES = st.dictionaries(st.sampled_from(["river-level", "heat"]), st.dictionaries(SCOPE, FIELDS, max_size=3))


@given(FAMILIES)
def test_what_is_exported_is_read_back_as_the_same(families: dict[str, dict[str, dict[str, Any]]]):
    text = rules_text(
        {family: [Patch(scope, 1, fields) for scope, fields in held.items()] for family, held in families.items()}
    )
    tables = tomllib.loads(text).get("rules", [])
    read = {(table["family"], table["scope"]): canonical(fields_in(table)) for table in tables}
    assert read == {
        (family, scope): canonical(fields) for family, held in families.items() for scope, fields in held.items()
    }
    assert len(Lines(text)) == len(tables), "each table's line is known, whatever its texts hold"


@given(FIELDS)
def test_one_form_is_the_form_of_itself(fields: dict[str, Any]):
    assert canonical(canonical(fields)) == canonical(fields)
