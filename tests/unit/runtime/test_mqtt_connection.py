"""The connection holds to paho's public names: what begins with _ may change in any version."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PRIVATE = re.compile(r"(?:_client|client|paho|sent|reason|wire)\._[a-z]\w*")


def test_no_private_name_of_the_library_is_used():
    text = (ROOT / "runtime" / "mqtt_connection.py").read_text(encoding="utf-8")
    assert PRIVATE.findall(text) == []


def test_what_is_looked_for_would_be_found():
    assert PRIVATE.findall("self._client._sock_close(); inner.paho._out_messages") == [
        "_client._sock_close",
        "paho._out_messages",
    ]
