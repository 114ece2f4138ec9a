"""A text file as people's editors leave it.

EF BB BF …            UTF-8 with a mark in front, as Windows writes it
FF FE 5B 00 67 00 …   UTF-16 ("Unicode"); known without its mark, too, by the NUL in every second byte
… B5 67 2F 6D B3 …    µg/m³ in Windows-1252 amid UTF-8: those bytes alone are read so
… 0D 0A … 1A 00       line ends of Windows and of old Macs; Ctrl-Z and NULs at the end
… A0 … E2 80 8B …     spaces that do not break, or are not seen, as web pages have them
"""

import codecs

_MARKS = (
    # UTF-32 before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_NOT_SEEN = {0xA0: " ", 0x202F: " ", 0x200B: None, 0xFEFF: None}
_OF_WINDOWS = "siaga-windows-1252"


def text_of(data: bytes) -> str:
    """The text in the bytes of a file, its lines ended by \\n; UnicodeDecodeError where there is none."""
    encoding = _encoding_of(data)
    if encoding.startswith("utf-16"):
        data = data[: len(data) // 2 * 2]  # a NUL more at the end
    text = data.decode(encoding, errors=_OF_WINDOWS if encoding.startswith("utf-8") else "strict")
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\0\x1a\n\t ").translate(_NOT_SEEN) + "\n"


def _encoding_of(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    start = data.rstrip(b"\0")[:1_000]
    pairs = len(start) // 2
    for encoding, nuls in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if pairs and nuls.count(0) > pairs // 2:
            return encoding
    return "utf-8"


def _as_windows_does(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    broken = error.object[error.start : error.end]
    return "".join(bytes((byte,)).decode("cp1252", "ignore") or chr(byte) for byte in broken), error.end


codecs.register_error(_OF_WINDOWS, _as_windows_does)
