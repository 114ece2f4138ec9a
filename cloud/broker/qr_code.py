"""The QR code of a bundle: for a terminal, as a picture, as a drawing for a page."""

import io
from typing import Any


def for_terminal(text: str, columns: int) -> str:
    """The code in characters of a terminal of so many columns; what to do where it does not fit."""
    code = _code(text)
    width = code.symbol_size(border=4)[0]
    if width > columns:
        return f"(its QR code is {width} columns wide, and this terminal {columns}: widen it, or give --png FILE)"
    out = io.StringIO()
    code.terminal(out, compact=True)
    return out.getvalue()


def as_png(text: str) -> bytes:
    """The code as a picture, six pixels for each of its squares."""
    return _saved(text, kind="png", scale=6)


def as_svg(text: str) -> str:
    """The code as a drawing that takes the width it is given, black on white whatever the page's colours."""
    return _saved(text, kind="svg", omitsize=True, light="#fff", xmldecl=False, nl=False).decode()


def _saved(text: str, **how: Any) -> bytes:
    out = io.BytesIO()
    _code(text).save(out, **how)
    return out.getvalue()


def _code(text: str) -> Any:
    import segno  # of little use to what else imports this

    return segno.make(text, error="l", micro=False)
