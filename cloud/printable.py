"""People's words at the doors of the cloud: what a form, a body or a settings file may say, as types.

PrintableText: "Daruba river bridge" yes, "Siaga 9\\r\\nBcc: …" no          unprintable("word", text) -> the sentence
"""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from rules.said import Said
from wire import is_printable

LONGEST_WORDS = 500
"""Characters of a sentence that people write: a reason, a word to the next shift."""


def _checked(text: str) -> str:
    if not is_printable(text):
        raise PydanticCustomError("unprintable", "write it on one line, without control or direction characters")
    return text


PrintableText = Annotated[str, AfterValidator(_checked)]
"""A text on one line that every channel, file and screen can carry."""
Sentence = Annotated[str, StringConstraints(max_length=LONGEST_WORDS), AfterValidator(_checked)]
"""The same, of a sentence's length."""
Id = Annotated[str, StringConstraints(max_length=64), AfterValidator(_checked)]
"""What names a thing: longer is none, and not worth a look at what it could have meant."""
ScopeId = Annotated[str, StringConstraints(max_length=80), AfterValidator(_checked)]
"""A rule's scope: a kind, a colon, a name."""
GivenTime = Annotated[str, StringConstraints(max_length=40), AfterValidator(_checked)]
"""A time as it stands in a URL or a body."""


def unprintable(field: str) -> Said:
    """Why a text is refused."""
    return Said("{field}: has characters that cannot be printed; write it on one line, in plain text", field=field)
