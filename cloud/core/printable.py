"""Types of texts that people write in forms, request bodies and settings files.

PrintableText: "Daruba river bridge" yes, "Siaga 9\\r\\nBcc: …" no
"""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from wire import is_printable

LONGEST_WORDS = 500
"""Characters of a sentence that people write: a reason, a note to the next shift."""


def _checked(text: str) -> str:
    if not is_printable(text):
        raise PydanticCustomError("unprintable", "write printable characters on one line")
    return text


def encodable(text: str) -> str:
    """Check, for pydantic, a text that is never shown: it must encode as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("unprintable", "has half of a character; write it again") from None
    return text


PrintableText = Annotated[str, AfterValidator(_checked)]
"""A text on one line that every channel, file and screen can carry."""
Sentence = Annotated[str, StringConstraints(max_length=LONGEST_WORDS), AfterValidator(_checked)]
"""The same, of a sentence's length."""
Id = Annotated[str, StringConstraints(max_length=64), AfterValidator(_checked)]
"""An id that is stored, or looked up in a database."""
Wanted = Annotated[str, StringConstraints(max_length=200)]
"""An id that is looked up in memory: whatever it is made of, the answer is that it is unknown."""
ScopeId = Annotated[str, StringConstraints(max_length=80), AfterValidator(_checked)]
"""A rule's scope: a kind, a colon, a name."""
GivenTime = Annotated[str, StringConstraints(max_length=40), AfterValidator(_checked)]
"""A time as it stands in a URL or a body."""
