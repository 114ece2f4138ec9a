"""Numbers as people type them, with a decimal comma or point, and as they are put into a field to be edited.

parse_number(_, "1,5") == 1.5        "1.000" could be 1 or 1000: refused        plain_text(id, 1.5) == "1,5"
whole_number("17") == 17       whole_number("x") is None
"""

import re

from i18n.catalog import Catalog

_MOST_DIGITS = 18  # what a column of a database takes, and no more than Python reads at once
_TWO_READINGS = re.compile(r"\d{1,3}([.,]\d{3})+")


class InvalidInput(Exception):
    """What is typed in a field means nothing; the text is one sentence for the person at the screen."""


def parse_number(_: Catalog, text: str) -> float:
    """Read the number in `text`, with a decimal comma or point; InvalidInput where it is none or could be two."""
    text = text.strip().replace("−", "-")
    if _TWO_READINGS.fullmatch(text.lstrip("-")) and not text.lstrip("-").startswith("0"):
        bare = re.sub(r"[.,]", "", text)
        raise InvalidInput(_("{value} can be read in two ways; write {bare} if you mean that.", value=text, bare=bare))
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        raise InvalidInput(
            _("“{value}” is no number; write one such as {example}.", value=text, example=_example(_))
        ) from None
    if value != value or abs(value) == float("inf"):
        raise InvalidInput(_("“{value}” is no number; write one such as {example}.", value=text, example=_example(_)))
    return value


def plain_text(_: Catalog, value: float) -> str:
    """Write a number to be edited: no marks between thousands, as few decimals as it needs."""
    text = f"{value:.10g}".replace(".", _.language.decimal)
    return text + "0" if _TWO_READINGS.fullmatch(text.lstrip("-")) else text  # 1.125 is no thousand


def whole_number(text: str) -> int | None:
    """The number of a row or a page in an address or a form, of at most 18 digits; None where there is none."""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _example(_: Catalog) -> str:
    return plain_text(_, 12.5)
