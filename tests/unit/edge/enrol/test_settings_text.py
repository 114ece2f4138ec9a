"""[uplink] changes, and nothing else of edge.toml."""

import tomllib

import pytest

from edge.enrol.settings_text import NotEditable, new_settings, with_uplink

UPLINK = {
    "host": '"broker.example.org"', "port": "8883", "username": '"gw"', "password_file": '"gw.password"', "tls": "{ }",
}  # fmt: skip
MEANT = {"host": "broker.example.org", "port": 8883, "username": "gw", "password_file": "gw.password", "tls": {}}
WRITTEN = """\
# the harbour's gateway
[gateway]
id = "gw"     # as on the box

[uplink]      # by radio
host = "old # one"     # ask Budi
# the line is metered:
batch_s = 60
port = 1883

[[sources]]
name = "air"   # Market
host = "not the uplink's"
"""


def test_comments_and_all_other_keys_stay():
    text = with_uplink(WRITTEN, UPLINK)
    table = tomllib.loads(text)["uplink"]
    assert table == {**MEANT, "batch_s": 60}
    for kept in ("# the harbour's gateway", "# as on the box", "[uplink]      # by radio", "# the line is metered:",
                 "# ask Budi", "# Market", "host = \"not the uplink's\""):  # fmt: skip
        assert kept in text
    assert "old" not in text


def test_a_second_time_changes_nothing():
    once = with_uplink(WRITTEN, UPLINK)
    assert with_uplink(once, UPLINK) == once


def test_a_file_without_the_table_gets_it():
    text = with_uplink('[gateway]\nid = "gw"', UPLINK)
    assert tomllib.loads(text)["uplink"]["port"] == 8883


@pytest.mark.parametrize(
    "text",
    [
        'uplink = { host = "old" }\n',
        'uplink.host = "old"\n',
        '[uplink]\nhost = "old"\n[uplink.tls]\nca = "x"\n',
        '[uplink]\naddresses = [\n  "a:1",\n  "b:1",\n]\n',
        "uplink = 3\n",
        "[[uplink]]\n",
    ],
)
def test_what_is_written_in_another_way_is_left_alone(text: str):
    with pytest.raises(NotEditable):
        with_uplink(text, UPLINK)


def test_a_new_file_has_the_gateway_its_uplink_and_what_is_expected():
    text = new_settings("gw", UPLINK, "\n# the city expects here:\n#   river-1\n")
    assert tomllib.loads(text) == {"gateway": {"id": "gw"}, "uplink": MEANT}
    assert "river-1" in text
