"""Settings as people's editors leave them are read as they were meant."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.settings import SettingsError, read_document
from runtime.text import text_of

TEXT = '# µg/m³ – Ngidiho\n[city]\nname = "Morotai – Daruba"\n'
MEANT = {"city": {"name": "Morotai – Daruba"}}

WRITTEN = {
    "UTF-8": TEXT.encode(),
    "UTF-8 with a mark": TEXT.encode("utf-8-sig"),
    "UTF-16 of Windows": TEXT.encode("utf-16"),
    "UTF-16, the other way round": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "UTF-16 without its mark": TEXT.encode("utf-16-le"),
    "UTF-16 without its mark, the other way round": TEXT.encode("utf-16-be"),
    "UTF-16 with a NUL at its end": TEXT.encode("utf-16") + b"\0",
    "UTF-32": TEXT.encode("utf-32"),
    "Windows-1252": TEXT.encode("cp1252"),
    "Windows-1252 amid UTF-8": TEXT.encode().replace("µg/m³".encode(), "µg/m³".encode("cp1252")),
    "lines of Windows": TEXT.replace("\n", "\r\n").encode(),
    "lines of old Macs": TEXT.replace("\n", "\r").encode(),
    "lines of Windows in UTF-16": TEXT.replace("\n", "\r\n").encode("utf-16"),
    "a NUL at its end": TEXT.encode() + b"\0",
    "many NULs at its end": TEXT.encode() + bytes(4_096),
    "Ctrl-Z at its end": TEXT.encode() + b"\r\n\x1a",
    "spaces of a web page": TEXT.replace(" = ", "\xa0=\xa0").encode(),
    "spaces that are not seen": TEXT.replace("[city]", "\u200b[city]\ufeff").encode(),
}


@pytest.mark.parametrize("data", WRITTEN.values(), ids=WRITTEN)
def test_a_file_is_read_however_its_editor_wrote_it(tmp_path: Path, data: bytes):
    file = tmp_path / "city.toml"
    file.write_bytes(data)
    assert read_document(file) == MEANT


CHARACTERS = st.characters(exclude_characters="\0\r\x1a\xa0\u202f\u200b\ufeff", exclude_categories=["Cs"])


@given(st.text(CHARACTERS, min_size=3))
def test_utf_8_stays_as_it_is(text):
    assert text_of(text.encode()) == text.rstrip("\n\t ") + "\n"


@given(st.binary())
def test_any_bytes_are_text_or_a_unicode_error(data):
    try:
        assert text_of(data).endswith("\n")
    except UnicodeDecodeError:
        assert data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (bytes(4_096), "cannot be read: it holds nothing but NULs and spaces, as after a power cut; write it again"),
        (b"\xff\xfe\x00\xd8", "cannot be read: 'utf-16"),
        (b"\x7fELF\x02\x01\x00\x00\x01", "is not TOML"),
        ("[city]\nname = “Morotai”\n".encode(), 'is not TOML: .*; “ is a printed quotation mark: write "'),
        (b"[sites]\n[sites]\n", r"is not TOML: .*; several .* with two brackets each: \[\[sites\]\]"),
        (b"[sites]\n[[sites]]\n", r"is not TOML: .*; several .* with two brackets each: \[\[sites\]\]"),
    ],
)
def test_what_cannot_be_read_is_said_with_the_next_step(tmp_path: Path, data: bytes, words: str):
    file = tmp_path / "city.toml"
    file.write_bytes(data)
    with pytest.raises(SettingsError, match=words):
        read_document(file)
