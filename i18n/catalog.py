"""The console's texts in each language, by gettext; the English text is the key.

_ = Catalog("id");  _("Gateways") -> "Gerbang";  _.plural("{n} sensor", "{n} sensors", 2) -> "2 sensor"
"""

import gettext
from functools import cache
from pathlib import Path
from typing import Literal, Self

import msgspec

from i18n.message import LocalizedMessage

DOMAIN = "siaga"
LOCALE = Path(__file__).parent / "locale"

PageLanguage = Literal["en-US", "id"]


class Language(msgspec.Struct, frozen=True):
    """A language of the console: its code in URLs, its name in itself, its name for the page, its decimal mark."""

    code: str
    name: str
    page: PageLanguage
    decimal: str
    thousands: str


LANGUAGES = {
    "id": Language("id", "Bahasa Indonesia", "id", ",", "."),
    "en": Language("en", "English", "en-US", ".", ","),
}


class Catalog:
    """The texts in one language; `{names}` in a text are filled from the keywords."""

    def __init__(self, code: str) -> None:
        self.language = LANGUAGES[code]
        self._catalog = gettext.translation(DOMAIN, LOCALE, languages=[code], fallback=code == "en")

    def __call__(self, text: str, **values: object) -> str:
        """`text` in this language."""
        return self._catalog.gettext(text).format_map(values)

    def plural(self, one: str, many: str, n: int, **values: object) -> str:
        """`one` or `many`, as this language says it of `n`; `{n}` is filled with it."""
        return self._catalog.ngettext(one, many, n).format_map({"n": self.number(n, 0), **values})

    def said(self, sentence: str, **instead: object) -> str:
        """A refusal in this language, with `instead` in place of some values; a plain text as it is."""
        if not isinstance(sentence, LocalizedMessage):
            return sentence
        values = {name: self._filled(value) for name, value in {**sentence.values, **instead}.items()}
        return self._catalog.gettext(sentence.form).format_map(values)

    def _filled(self, value: object) -> object:
        if isinstance(value, LocalizedMessage):
            return self.said(value)
        return _Figure(value, self.language.decimal) if isinstance(value, float) else value

    def number(self, value: float, decimals: int) -> str:
        """`value` with the marks of this language: 1,234.5 or 1.234,5."""
        marks = {",": self.language.thousands, ".": self.language.decimal}
        text = "".join(marks.get(character, character) for character in f"{value:,.{decimals}f}")
        return text.replace("-", "−") if float(f"{value:.{decimals}f}") else text.lstrip("-")


class _Figure(float):
    """A number that a sentence writes by its own format, with the decimal mark of a language."""

    def __new__(cls, value: float, mark: str) -> Self:
        figure = super().__new__(cls, value)
        figure._mark = mark
        return figure

    _mark: str

    def __format__(self, form: str) -> str:
        return super().__format__(form).replace(".", self._mark)


@cache
def words_in(code: str) -> Catalog:
    """The words of one language, read once."""
    return Catalog(code)


def ended(sentence: str) -> str:
    """A sentence that stands alone or before another, with its full stop."""
    return sentence if sentence.endswith(("?", ".")) else f"{sentence}."


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a text in a table, translated where it is shown
    """Mark `text` for the catalog."""
    return text
