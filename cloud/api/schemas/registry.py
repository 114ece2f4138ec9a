"""The registry as it is edited: records, what is sent to add or change one, and the changes that people made.

{"kind":"sensors","id":"river","retired":false,"owner":"registry","revision":"9f3c21d07ab4e815","fields":{"id":"river",…}}
"""

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from cloud.api.schemas.base import AnswerModel, Time
from cloud.core.printable import GivenTime, Sentence
from cloud.registry.change_rows import RecordEdit, RegistryChange
from cloud.registry.city_tables import CalibrationTable, ContactTable, GatewayTable, SensorTable, SiteTable
from cloud.registry.editing_drafts import revision_of, shown_fields, what_differs
from cloud.registry.ownership import Kind
from cloud.registry.records import Record
from cloud.registry.snapshot import Registry
from runtime.settings import Settings
from wire import Stamped

Keys = Annotated[dict[str, Any], Field(description="the keys of its table in city.toml that say something")]
Names = Annotated[list[str], Field(max_length=200)]


class RecordAnswer(AnswerModel):
    """A site, gateway or sensor as it is registered now; `revision` goes into If-Match of the next change."""

    kind: Kind
    id: str
    retired: bool
    owner: Literal["registry", "city.toml"] = Field(description="where it is changed")
    revision: str
    fields: Keys


class EditAnswer(AnswerModel):
    """What a change made of one record: each key that differs, with what it was and is."""

    kind: Kind
    id: str
    what: Literal["add", "edit", "retire", "restore"]
    differs: dict[str, tuple[JsonValue, JsonValue]]


class ChangedAnswer(AnswerModel):
    """A record after a change; `change` is null where nothing differed. `also`: other records changed with it."""

    record: RecordAnswer
    change: int | None
    also: list[EditAnswer]
    left_behind: list[str] = Field(description="what still refers to it: rules, open alarms, logins")


class RegistryChangeAnswer(AnswerModel):
    """One act of somebody; `edits` are the first of its `count`."""

    id: int
    time: Time = Field(validation_alias="at_ms")
    author: str
    action: str = Field(examples=["add", "edit", "retire", "restore", "import", "undo", "file"])
    reason: str
    count: int
    undoes: int | None
    undone_by: int | None
    edits: list[EditAnswer]


class RegistryChangePage(AnswerModel):
    """Changes, the newest first; `next_before_id` asks for the next page, and is null on one that is empty."""

    changes: list[RegistryChangeAnswer]
    next_before_id: int | None


class LeftOutAnswer(AnswerModel):
    """A row of a table that was left out, and why."""

    line: int
    id: str
    sentence: str


class ImportAnswer(AnswerModel):
    """What an import changed, or would where `change` is null; the lists have the first of `count` and `left_out`."""

    change: int | None
    count: int
    edits: list[EditAnswer]
    left_out: int
    problems: list[LeftOutAnswer]


class NewSite(SiteTable):
    """A site to add."""

    reason: Sentence = ""


class NewGateway(GatewayTable):
    """A gateway to add."""

    reason: Sentence = ""


class NewSensor(SensorTable):
    """A sensor to add."""

    valid_from: GivenTime | None = None  # type: ignore[assignment]  # JSON has no times, TOML has
    reason: Sentence = ""


class SiteChange(Settings):
    """Keys of a site to change; null takes one out."""

    name: str | None = None
    place: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    zone: str | None = None
    capacity: int | None = None
    area_m2: float | None = None
    closes: str | None = None
    polygon: Annotated[list[tuple[float, float]], Field(max_length=1_000)] | None = None
    contacts: Annotated[list[ContactTable], Field(max_length=20)] | None = None
    reason: Sentence = ""


class GatewayChange(Settings):
    """Keys of a gateway to change."""

    name: str | None = None
    site: str | None = None
    reason: Sentence = ""


class SensorChange(Settings):
    """Keys of a sensor to change; null takes one out. What is dated holds from `valid_from` on."""

    name: str | None = None
    site: str | None = None
    gateway: str | None = None
    quantities: Names | None = None
    interval_s: float | None = None
    mounting_height_cm: float | None = None
    calibration: dict[str, CalibrationTable] | None = None
    groups: Names | None = None
    twin: str | None = None
    next_downstream: str | None = None
    stamped: Stamped | None = None
    valid_from: GivenTime | None = None
    reason: Sentence = ""


class Word(Settings):
    """Why a change is taken back, or a record brought back."""

    reason: Sentence = ""


def keys_given(body: Settings) -> dict[str, Any]:
    """What of a body are keys of a record, those alone that were sent."""
    return body.model_dump(mode="json", exclude_unset=True, exclude={"reason", "valid_from"})


def record_answer(kind: Kind, record: Record, registry: Registry) -> RecordAnswer:
    """Answer with a record of the registry."""
    return RecordAnswer(
        kind=kind, id=record.id, retired=record.retired,
        owner="city.toml" if kind in registry.file_owns else "registry",
        revision=revision_of(record), fields=shown_fields(record, zone=registry.city.zone),
    )  # fmt: skip


def edit_answer(edit: RecordEdit, registry: Registry) -> EditAnswer:
    """Answer with what was made of one record."""
    was_retired = edit.before is not None and edit.before.retired
    what: Literal["add", "edit", "retire", "restore"] = (
        "add" if edit.before is None else "edit" if was_retired == edit.after.retired
        else "restore" if was_retired else "retire"
    )  # fmt: skip
    differs = what_differs(edit, zone=registry.city.zone)
    return EditAnswer(kind=edit.kind, id=edit.id, what=what, differs=differs)


def change_answer(change: RegistryChange, edits: list[RecordEdit], registry: Registry) -> RegistryChangeAnswer:
    """Answer with a change and its first edits."""
    return RegistryChangeAnswer.of(change, edits=[edit_answer(edit, registry) for edit in edits])
