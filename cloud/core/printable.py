"""People's words at the doors of the cloud: what a form, a body or a settings file may say, as types.

PrintableText: "Daruba river bridge" yes, "Siaga 9\\r\\nBcc: …" no
"""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from wire import is_printable

LONGEST_WORDS = 500
"""Characters of a sentence that people write: a reason, a word to the next shift."""


def _checked(text: str) -> str:
    if not is_printable(text):
        raise PydanticCustomError("unprintable", "write printable characters on one line")
    return text


def encodable(text: str) -> str:
    """A pydantic check of what nobody shows: that there are such characters at all."""
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
"""What names a thing, where that is kept or asked of a database."""
Wanted = Annotated[str, StringConstraints(max_length=200)]
"""What names a thing that is looked up in memory: what is not there is said to be unknown, whatever it is made of."""
ScopeId = Annotated[str, StringConstraints(max_length=80), AfterValidator(_checked)]
"""A rule's scope: a kind, a colon, a name."""
GivenTime = Annotated[str, StringConstraints(max_length=40), AfterValidator(_checked)]
"""A time as it stands in a URL or a body."""
