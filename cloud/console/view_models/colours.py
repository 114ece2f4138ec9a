"""The colours of levels, and what can be read on them: colour never stands alone, a word is always in it or beside it.

"#0070c0" -> Chip("Sedang", "#0070c0", ink="#ffffff")        a black category keeps a light rim on the dark page
"""

import msgspec

_DARK = 0.03
_BLACK, _WHITE = "#000000", "#ffffff"


class Chip(msgspec.Struct, frozen=True):
    """A word on a colour, and the ink in which it is read there; colours are #rrggbb."""

    word: str
    colour: str
    ink: str

    @property
    def is_dark(self) -> bool:
        """Whether it is lost on the dark page."""
        return is_dark(self.colour)


def chip(word: str, colour: str) -> Chip:
    """`word` on `colour`, in black or white, whichever is read better."""
    return Chip(word, colour, ink_on(colour))


def ink_on(colour: str) -> str:
    """Black or white, whichever stands out more from `colour`."""
    light = luminance(colour)
    return _BLACK if (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) else _WHITE


def is_dark(colour: str) -> bool:
    """Whether a colour is lost on the dark page, so that what is around it needs a lighter edge there."""
    return luminance(colour) < _DARK


def luminance(colour: str) -> float:
    """The relative luminance of #rrggbb, from 0 for black to 1 (WCAG 2.2)."""
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
