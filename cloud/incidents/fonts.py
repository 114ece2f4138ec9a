"""The letters of the file: Bitstream Vera, which comes with the library and has what both languages need.

What it has no letter for, such as a picture in somebody's words, is shown as a box rather than left out.
"""

from functools import cache

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

PLAIN, BOLD = "Vera", "VeraBd"
_MISSING = "□"
_INSTEAD = "?"


@cache
def register() -> frozenset[int]:
    """Make the letters known to the library, once; return the code points that they have."""
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)
    return frozenset(pdfmetrics.getFont(PLAIN).face.charToGlyph)


def shown(text: str) -> str:
    """Return a text as these letters can show it."""
    known = register()
    instead = _MISSING if ord(_MISSING) in known else _INSTEAD
    return "".join(one if ord(one) in known or one == "\n" else instead for one in text)
