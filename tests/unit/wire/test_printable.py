"""People's words: what may stand on a line, and what is made of the rest."""

import pytest

from tests.unit.wire.test_messages import STATUS
from wire import decode_status, encode_status, is_printable, printable

HOSTILE = (
    "a\r\nBcc: x",
    "a\0b",
    "a\tb",
    "\x1b[31m",
    "\x85",
    "a\u2028b",
    "\u202eabc",
    "\u2066a\u2069",
    "\ud800",
    "\uffff",
)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_what_no_header_file_or_screen_can_carry_is_not_printable_and_is_a_space_where_it_was_kept(text: str):
    assert not is_printable(text)
    assert is_printable(printable(text))
    printable(text).encode()


@pytest.mark.parametrize("text", ["Sungai Daruba", "Ōkubo 第一", "ا ب", "naïve — “ok” …", "👍🏽 𝄞", "", "a\u00a0b"])
def test_people_s_own_scripts_are_left_as_they_are(text: str):
    assert is_printable(text)
    assert printable(text) == text


def test_a_status_is_taken_with_its_texts_on_one_line():
    payload = encode_status(STATUS).replace(b'"river"', b'"ri\\r\\nver\\u0000"').replace(b"0.1.0", b"\\u001b[2J")
    status = decode_status(payload)
    assert (status.sources[0].name, status.version) == ("ri ver", "[2J")
