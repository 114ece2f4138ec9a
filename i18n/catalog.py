"""The texts in each language, by gettext; the English text is the key.

_ = Catalog("id");  _("Clock") -> "Jam";  _.plural("{n} sensor", "{n} sensors", 2) -> "2 sensor"
"""

import gettext
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Literal, Self

import msgspec

from i18n.message import Bilingual, LocalizedMessage

DOMAIN = "siaga"
LOCALE = Path(__file__).parent / "locale"

PageLanguage = Literal["en-US", "id"]


class LanguageCode(StrEnum):
    """The languages that Siaga speaks, Indonesian first, as the command center reads it."""

    INDONESIAN = "id"
    ENGLISH = "en"

    @property
    def other(self) -> "LanguageCode":
        """The other one of the two."""
        return LanguageCode.ENGLISH if self is LanguageCode.INDONESIAN else LanguageCode.INDONESIAN


class Language(msgspec.Struct, frozen=True):
    """A language: its code in URLs, its name in itself, its name for the page, its decimal mark."""

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

    def said(self, text: str | Bilingual, **instead: object) -> str:
        """A message in this language, with `instead` in place of some values; a plain text as it is."""
        if isinstance(text, Bilingual):
            return text.indonesian if self.language.code == LanguageCode.INDONESIAN else text.english
        if not isinstance(text, LocalizedMessage) or not text.form:
            return text
        values = {name: self._filled(value) for name, value in {**text.values, **instead}.items()}
        return self._form_of(text).format_map(values)

    def _form_of(self, message: LocalizedMessage) -> str:
        if message.context:
            return self._catalog.pgettext(message.context, message.form)
        return self._catalog.gettext(message.form)

    def _filled(self, value: object) -> object:
        if isinstance(value, LocalizedMessage | Bilingual):
            return self.said(value)
        return _Figure(value, self.language.decimal) if isinstance(value, float) else value

    def number(self, value: float, decimals: int) -> str:
        """`value` with the marks of this language: 1,234.5 or 1.234,5."""
        marks = {",": self.language.thousands, ".": self.language.decimal}
        text = "".join(marks.get(character, character) for character in f"{value:,.{decimals}f}")
        return text.replace("-", "−") if float(f"{value:.{decimals}f}") else text.lstrip("-")

    def short_number(self, value: float, decimals: int) -> str:
        """The same without zeros at its end: 320 cm, where `number` has 320.0."""
        text = self.number(value, decimals)
        return text.rstrip("0").rstrip(self.language.decimal) if decimals else text


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
def catalog_of(code: str) -> Catalog:
    """The words of one language, read once."""
    return Catalog(code)


def ended(sentence: str) -> str:
    """A sentence that stands alone or before another, with its full stop."""
    return sentence if sentence.endswith(("?", ".")) else f"{sentence}."


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a text in a table, translated where it is shown
    """Mark `text` for the catalog."""
    return text
