"""Templates: plain paths are followed, and nothing is evaluated."""

import pytest

from firmware_bridge.plain_template import LONGEST, path_in


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("{{ value_json.PMS5003['PM2.5'] }}", ("PMS5003", "PM2.5")),
        ('{{ value_json["a"]["b c"] }}', ("a", "b c")),
        ("{{value_json.a.b}}", ("a", "b")),
        ("{{ value_json.get('a') }}", ("a",)),
        ('{{ value_json.a.get( "b" ).c }}', ("a", "b", "c")),
        ("{{ value_json[0].v }}", ("0", "v")),
        ("{{ value_json['0'] }}", ("0",)),
        ("{{- value_json.t -}}", ("t",)),
        ("\n{{ value_json.t }}\n", ("t",)),
        ("{{ value_json.t | float }}", ("t",)),
        ("{{ value_json.t | float(0) | round(1) }}", ("t",)),
        ("{{ value_json.t|float(default=0)|round }}", ("t",)),
        ("{{ value_json.t | int }}", ("t",)),
        ("{{ value_json.t | is_defined }}", ("t",)),
        ("{{ value }}", ()),
        ("{{ value | float }}", ()),
    ],
)
def test_a_plain_path_is_followed(template, path):
    assert path_in(template) == path


@pytest.mark.parametrize(
    "template",
    [
        "", "x", "{{ }}", "{{ value_json }}", "{{ value.a }}", "{{ value_json.t * 0.1 }}", "{{ value_json.t / 10 }}",
        "{{ (value_json.t | float) * 2 }}", "{{ value_json.t + 1 }}", "{{ value_json.a if value_json.a else 0 }}",
        "{% if value_json.a %}{{ value_json.a }}{% endif %}", "{{ value_json.a }}{{ value_json.b }}",
        "{{ states('x') }}", "{{ value_json.t | multiply(2) }}", "{{ value_json.t | default(0) }}",
        "{{ value_json[key] }}",
        "{{ value_json['a\\'b'] }}", "{{ value_json.get('a', 0) }}", "{{ value_json.t | round(1) * 2 }}",
        "{{ value_json..t }}", "{{ value_json. }}", "{{ value_json['a' }}", "{{ now() }}", "prefix {{ value_json.t }}",
        "{{ value_json.__class__() }}", "{{ value_json.t.items() }}", "{{ value_jsonx.t }}",
        "{{ " + "a" * LONGEST + " }}",
    ],
)  # fmt: skip
def test_all_else_is_none(template):
    assert path_in(template) is None


def test_a_template_that_is_made_to_be_slow_is_not():
    for hostile in (
        "{{ value_json" + ".a" * 140 + "!",
        "{{ value_json" + " " * 280,
        "{{ value_json" + "|float" * 45 + "!",
    ):
        assert path_in(hostile) is None
