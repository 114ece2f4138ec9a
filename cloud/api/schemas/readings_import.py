"""What came of an import of historical readings.

{"lines":10001,"stored":9990,"known":8,"refused":2,"rows":[{"line":17,"why":"value 'x': is no number"}],"dry_run":false}
"""

from pydantic import Field

from cloud.api.schemas.base import AnswerModel


class RefusedRowAnswer(AnswerModel):
    """A line that is not stored, and why."""

    line: int
    why: str


class ReadingsImportAnswer(AnswerModel):
    """Counts of readings, and the first refused lines; with `dry_run` nothing was stored."""

    lines: int
    stored: int
    known: int = Field(description="stored before with the same value")
    refused: int
    rows: list[RefusedRowAnswer]
    dry_run: bool
