"""Why a text is no TOML, in a message:  "Unclosed array (at line 7, column 12)" of tomllib -> what, and where.

The words are tomllib's (Python 3.11 to 3.14); one that is not in the table is passed on as it is.
"""

import re

from i18n.message import LocalizedMessage

_PLACE = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL)
_PLAIN = (
    LocalizedMessage("Invalid statement"),
    LocalizedMessage("Expected newline or end of document after a statement"),
    LocalizedMessage("Expected ']' at the end of a table declaration"),
    LocalizedMessage("Expected ']]' at the end of an array declaration"),
    LocalizedMessage("Cannot overwrite a value"),
    LocalizedMessage("Expected '=' after a key in a key/value pair"),
    LocalizedMessage("Invalid initial character for a key part"),
    LocalizedMessage("Unclosed array"),
    LocalizedMessage("Unclosed inline table"),
    LocalizedMessage("Unescaped '\\' in a string"),
    LocalizedMessage("Invalid hex value"),
    LocalizedMessage("Escaped character is not a Unicode scalar value"),
    LocalizedMessage("Unterminated string"),
    LocalizedMessage("Invalid date or datetime"),
    LocalizedMessage("Invalid value"),
)
_MESSAGES = {str(message): message for message in _PLAIN}


def toml_problem(said: str) -> str:
    """A message of what tomllib has said."""
    found = _PLACE.fullmatch(said)
    if found is None:
        return said
    what = _named(found["what"])
    if found["line"] is None:
        return LocalizedMessage("{what} (at end of document)", what=what)
    return LocalizedMessage(
        "{what} (at line {line}, column {column})", what=what, line=found["line"], column=found["column"]
    )


def _named(what: str) -> str:
    """What is wrong, apart from the key or character that it names."""
    if twice := re.fullmatch(r"Cannot declare (\(.*\)) twice", what):
        return LocalizedMessage("Cannot declare {key} twice", key=twice[1])
    if missing := re.fullmatch(r"Expected ('.*'|\".*\")", what):
        return LocalizedMessage("Expected {mark}", mark=missing[1])
    if strange := re.fullmatch(r"(?:Found invalid|Illegal) character (.*)", what):
        return LocalizedMessage("Found invalid character {character}", character=strange[1])
    if fixed := re.fullmatch(r"(?:Cannot mutate immutable|Cannot redefine) namespace (.*)", what):
        return LocalizedMessage("Cannot mutate immutable namespace {key}", key=fixed[1])
    if again := re.fullmatch(r"Duplicate inline table key (.*)", what):
        return LocalizedMessage("Duplicate inline table key {key}", key=again[1])
    return _MESSAGES.get(what, what)
