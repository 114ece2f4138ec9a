"""What every model of the API stands on: times, answers that read the records of other rooms, bodies that are sent.

class DutyAnswer(AnswerModel):                              DutyAnswer.of(Duty(3, "ani", 1, from_ms=…, until_ms=…))
    id: int                                                 {"id":3,"start":"2026-11-24T10:00:00.000Z"}
    start: Time = Field(validation_alias="from_ms")         OpenAPI: "format": "date-time"
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

import msgspec
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(time_ms: object) -> object:
    return _EPOCH + timedelta(milliseconds=time_ms) if isinstance(time_ms, int) else time_ms


def _rfc_3339(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# pydantic's own form of a datetime drops the milliseconds where they are zero, or writes six digits: decision 0032
Time = Annotated[
    AwareDatetime,
    BeforeValidator(_moment),
    PlainSerializer(_rfc_3339, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "description": "RFC 3339, UTC, milliseconds",
            "examples": ["2026-11-24T03:10:00.000Z"],
        }
    ),
]
"""A moment, made of UTC milliseconds."""


class AnswerModel(BaseModel):
    """The base of every answer: all fields are always there, and most are read from attributes of a record."""

    model_config = ConfigDict(
        frozen=True, from_attributes=True, validate_by_name=True, json_schema_serialization_defaults_required=True
    )

    @classmethod
    def of(cls, record: object, **others: Any) -> Self:
        """Answer with the fields of `record`; `others` are those that it has not, or not in this form."""
        return cls.model_validate(msgspec.structs.asdict(record) | others if others else record)  # type: ignore[arg-type]


class RequestBody(BaseModel):
    """The base of every body that is sent: an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid")
