"""People's words, on one line: nothing in them that a header, a log line, an XML file or a screen cannot carry.

"Siaga 9\\r\\nBcc: x" -> not printable, refused at the door        printable("Siaga 9\\r\\nBcc: x") -> "Siaga 9 Bcc: x"
"""

import re

_UNPRINTABLE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # control characters: NUL, CR, LF, escape sequences of a terminal
    "\u2028\u2029"  # Unicode's own line ends
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates that show a text in another order than it has
    "\ud800-\udfff"  # halves of a pair, which no encoding has
    "\ufdd0-\ufdef"  # noncharacters, which XML 1.0 and other formats refuse, here and at the end of each plane
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]+"
)


def is_printable(text: str) -> bool:
    """Whether `text` can stand in a message, a header, a file and on a screen as it is, on one line."""
    return _UNPRINTABLE.search(text) is None


def printable(text: str) -> str:
    """`text` with a space for each run of what cannot be printed: for what was kept before it was looked at."""
    return text if is_printable(text) else _UNPRINTABLE.sub(" ", text).strip()
