"""Numbers of telephones, as ITU-T E.164 has them:  "+628123456789"          shown to anybody: "+62…789"

Whose they are is nobody's business: logs, status and archives have them cut or not at all.
"""

import re

_WHOLE = re.compile(r"\+[1-9][0-9]{6,14}")
IN_A_TEXT = re.compile(r"(?<![\w+])\+[1-9][0-9]{7,14}\b")
"""One that stands in any text."""


def is_phone_number(text: str) -> bool:
    """Whether `text` is one, with its country."""
    return _WHOLE.fullmatch(text) is not None


def cut_number(number: str) -> str:
    """What of it may be shown: enough to tell the numbers of one file apart."""
    return f"{number[:3]}…{number[-3:]}"
