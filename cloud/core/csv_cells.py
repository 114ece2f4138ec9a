"""Texts as cells of CSV (RFC 4180) that no spreadsheet takes for a formula, and how they are read back.

guarded('=HYPERLINK("http://…")') == '"\\'=HYPERLINK(""http://…"")"'        guarded("river, east") == '"river, east"'

OWASP, CSV injection: a text that begins with one of = + - @, a tab or a carriage return gets an apostrophe before it.
Numbers and times are no texts: they are written as they are.
"""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
_QUOTED = frozenset(',;"\r\n')


def guarded(text: str) -> str:
    """A text as a cell."""
    is_formula = _is_formula(text)
    plain = f"'{text}" if is_formula else text
    return f'"{plain.replace(chr(34), chr(34) * 2)}"' if is_formula or not _QUOTED.isdisjoint(plain) else plain


def unguarded(cell: str) -> str:
    """The text that was `guarded`, from a cell as a reader of CSV gives it, without its quotes."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell) else cell


def _is_formula(text: str) -> bool:
    # a text that has apostrophes before its formula already gets one more, so that one may be taken from each
    return text.lstrip("'").startswith(FORMULA)
