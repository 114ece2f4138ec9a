"""CSV over MQTT: the configuration says which column each quantity is in, by its number or by its name in the header.

columns = { time = 1, water_level = 3 }          sensors/river 2026-11-29T12:00:00Z,ok,182
columns = { water_level = "level" }              sensors/river time,level⏎12:00,182⏎12:10,183        a header in it
header = "time,level"                            sensors/river 12:00,182                               or known

Each row is read by itself: one that is broken costs itself. A bare number is a row of one column. Units, scale, offset,
no_reading and bounds are those of shaping.py; a row without a time of its own is stamped on arrival.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from firmware_bridge.device_json import MAX_PAYLOAD
from firmware_bridge.device_time import TIME_FORMAT, ZONE
from firmware_bridge.family import Guide, MqttDialect, Option, OptionError, settle
from firmware_bridge.sample import Frame, Noise, Sample
from firmware_bridge.shaping import CHANNELS, SHAPING
from firmware_bridge.text_columns import Columns, columns_of
from firmware_bridge.text_fields import DECIMAL, SEPARATOR, FieldsPlan, fields_plan
from i18n.message import LocalizedMessage

_MOST_ROWS = 1_000
_END = re.compile(r"[\r\n]+")

OPTIONS = (
    Option(
        "columns",
        dict,
        LocalizedMessage(
            'the column of each quantity, from 1 or by its name in the header: {{ time = 1, water_level = "level" }}'
        ),
    ),
    SEPARATOR,
    Option(
        "header",
        str,
        LocalizedMessage("the names of the columns, where messages do not begin with them: time,level"),
        default="",
    ),
    DECIMAL,
    Option(
        "encoding",
        str,
        LocalizedMessage("how characters are written"),
        default="utf-8",
        choices=("utf-8", "latin-1", "cp1252", "utf-16"),
    ),
    *SHAPING,
    TIME_FORMAT,
    ZONE,
    CHANNELS,
)


class CsvPlan(msgspec.Struct, frozen=True):
    """The options, ready for use on each message: columns by number, or by `names` in a header."""

    fields: FieldsPlan
    columns: Columns
    names: Mapping[str, str]
    header: tuple[str, ...]
    encoding: str

    def places(self, header: list[str] | tuple[str, ...]) -> dict[str, int] | None:
        """Where each field is by the names in a row; None where these are not all in it."""
        at = {name.strip().casefold(): place for place, name in enumerate(header)}
        if any(name not in at for name in self.names.values()):
            return None
        return {**self.columns.at, **{key: at[name] for key, name in self.names.items()}}


def build(rows: list[list[object]], *, separator: str = ",") -> bytes:
    """The message with these rows."""
    return "\r\n".join(separator.join(map(str, row)) for row in rows).encode()


def parse(payload: bytes, plan: CsvPlan) -> Frame | Noise:
    """Read a message."""
    if len(payload) > MAX_PAYLOAD:
        return Noise(len(payload), f"message is longer than {MAX_PAYLOAD} bytes")
    text = payload.decode(plan.encoding, "replace").lstrip("\ufeff").rstrip("\0")
    rows = [plan.columns.split(line) for line in _END.split(text) if line.strip()]
    if not rows:
        return Noise(len(payload), "message is empty")
    at = plan.places(plan.header)
    in_it = plan.places(rows[0]) if plan.names else None
    if in_it is not None:
        at, rows = in_it, rows[1:]
    if at is None:
        named = ", ".join(plan.names.values())[:200]
        return Noise(len(payload), f"message does not begin with the names of its columns: {named}")
    return _read(rows, at, plan, size=len(payload))


def _read(rows: list[list[str]], at: Mapping[str, int], plan: CsvPlan, *, size: int) -> Frame | Noise:
    samples: list[Sample] = []
    notes: dict[str, None] = {}
    last = max(at.values())
    for row in rows[:_MOST_ROWS]:
        if len(row) <= last:
            notes[f"row has {len(row)} columns, and column {last + 1} was configured"] = None
            continue
        found = plan.fields.read({key: row[place] for key, place in at.items()})
        samples += found.samples
        if found.note:
            notes[found.note] = None
    if len(rows) > _MOST_ROWS:
        notes[f"{len(rows) - _MOST_ROWS} rows after the first {_MOST_ROWS} are left out"] = None
    note = "; ".join(notes)[:300]
    if not samples and len(rows) == 1 and note.startswith("row has"):
        return Noise(size, note)
    return Frame(tuple(samples), note or ("" if samples else "message has no rows"))


def _parser(options: Mapping[str, Any]) -> Callable[[str, bytes], Frame | Noise]:
    chosen = settle(OPTIONS, options)
    given = chosen["columns"]
    if not given:
        raise OptionError(LocalizedMessage("columns: is empty; name at least one quantity: {{ water_level = 2 }}"))
    texts = {key: column.strip() for key, column in given.items() if isinstance(column, str)}
    names = {key: text.casefold() for key, text in texts.items() if text}
    by_number = {key: column for key, column in given.items() if key not in names}
    columns = columns_of(by_number, chosen["separator"], decimal=chosen["decimal"])
    plan = CsvPlan(
        fields_plan("columns", list(given), chosen, options),
        columns,
        names,
        tuple(columns.split(chosen["header"])) if chosen["header"] else (),
        chosen["encoding"],
    )
    if plan.header and plan.places(plan.header) is None:
        raise OptionError(
            LocalizedMessage(
                "header: {header}: has not all of the names in columns: {names}",
                header=repr(chosen["header"][:80]), names=", ".join(names.values()),
            )
        )  # fmt: skip
    return lambda _topic, payload: parse(payload, plan)


DIALECT = MqttDialect(
    name="csv",
    title=LocalizedMessage("CSV with configured columns"),
    options=OPTIONS,
    parser=_parser,
    channels=True,
    models={"mqtt_csv": {}},
    guide=Guide(
        wiring="any device that publishes rows of text: the topic, and the column of each quantity",
        quirks="columns are counted from 1, or found by their names in a header; a bare number is a row of one column; "
        "rows without a time are stamped on arrival",
        example="columns = { water_level = 2 }",
        topic="sensors/river-1/csv",
    ),
)
