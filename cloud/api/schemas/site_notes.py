"""What is sent and answered about notes and photos of sites.

{"id":17,"site":"daruba","time":"2026-11-24T03:10:00.123Z","author":"ani","text":"the key is with Siti",…}
"""

from pydantic import Field

from cloud.api.schemas.base import AnswerModel, RequestBody, Time
from cloud.core.printable import PrintableText
from cloud.site_notes.notes import LONGEST_NOTE


class NoteAnswer(AnswerModel):
    """A note; `removed` is null where it is not, else since when, by `removed_by`."""

    id: int
    site: str
    time: Time = Field(validation_alias="at_ms")
    author: str
    text: str
    removed: Time | None = Field(validation_alias="removed_ms")
    removed_by: str | None


class PhotoAnswer(AnswerModel):
    """A photo as it is kept: its pixels, and the bytes of its two pictures; `removed` as of notes."""

    id: int
    site: str
    time: Time = Field(validation_alias="at_ms")
    author: str
    caption: str
    width: int
    height: int
    size: int
    removed: Time | None = Field(validation_alias="removed_ms")
    removed_by: str | None


class NewNote(RequestBody):
    """What others should know of a site."""

    text: PrintableText = Field(min_length=1, max_length=LONGEST_NOTE)
