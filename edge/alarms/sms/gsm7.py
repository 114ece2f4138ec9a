"""Texts in the letters that every SMS has: pure.

"12,5 µg/m³ – naik" ─► "12,5 ug/m3 - naik"        160 letters are one SMS; one letter beside the alphabet leaves but 70

The letters are the part that ASCII and the default alphabet of GSM 03.38 share, each of 7 bits: no escapes.
"""

import unicodedata

ONE_SMS = 160
_INSTEAD = str.maketrans({
    "–": "-", "—": "-", "−": "-", "‑": "-", "·": "-", "•": "-", "…": "...", "’": "'", "‘": "'", "`": "'", "´": "'",
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "µ": "u", "μ": "u", "°": "", "×": "x", "[": "(", "]": ")",
    "{": "(", "}": ")", "\\": "/", "|": "/", "~": "-", "^": "'", "≥": ">=", "≤": "<=", "→": "->", "\t": " ", "\n": " ",
    "ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
})  # fmt: skip


def folded(text: str) -> str:
    """`text` in those letters alone: accents go, marks become their like, and what has no like is a question mark."""
    plain = unicodedata.normalize("NFKD", text.translate(_INSTEAD)).translate(_INSTEAD)
    kept = (letter for letter in plain if not unicodedata.combining(letter))
    return "".join(letter if " " <= letter <= "~" else "?" for letter in kept)


def cut(text: str, room: int) -> str:
    """At most `room` letters of it."""
    return text if len(text) <= room else text[: max(0, room - 3)].rstrip() + "..."[:room]
