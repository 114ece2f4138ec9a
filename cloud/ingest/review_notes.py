"""What is to be judged again, kept until it was: a kill between a reading's ack and its review forgets nothing.

PreparedWrites ─► keep, with the receipts ─► review_notes (sensor, quantity, hour) ─► forget, once reviewed
                                                └─► read, at the next start

The end of a gateway's backlog stands as (gateway, "", hour): every series of the gateway is reviewed around it.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, select

from cloud.database.upsert import insert_in
from cloud.derived.recompute_queue import Hours, hours_of
from cloud.ingest.tables import ReviewNoteRow as Row

if TYPE_CHECKING:
    from cloud.ingest.stages.encode import PreparedWrite

END_OF_BACKLOG = ""
"""Stands for the quantity."""
Note = tuple[str, str, int]
"""(sensor, quantity, hour)."""


def notes_of(writes: Iterable["PreparedWrite"]) -> set[Note]:
    """What is to be judged again of messages that are stored."""
    return {note for write in writes for note in _notes(write)}


def keep_notes(connection: Connection, notes: Iterable[Note]) -> None:
    """Keep notes, some of which may be kept already."""
    rows = [{"sensor": one[0], "quantity": one[1], "hour": one[2]} for one in notes]
    connection.execute(_keep(connection.dialect.name), rows)


def forget_notes(connection: Connection, notes: Hours) -> None:
    """Forget what was reviewed."""
    for (sensor, quantity), hours in notes.items():
        of_series = (Row.sensor == sensor) & (Row.quantity == quantity)
        connection.execute(delete(Row).where(of_series & Row.hour.in_(hours)))


def read_notes(connection: Connection) -> list[Note]:
    """All that is kept."""
    query = select(Row.sensor, Row.quantity, Row.hour)
    return [(sensor, quantity, hour) for sensor, quantity, hour in connection.execute(query)]


@cache
def _keep(dialect: str) -> Any:
    """The statement, made once: each group of a backlog has notes."""
    return insert_in(dialect, Row).on_conflict_do_nothing()


def _notes(write: "PreparedWrite") -> Iterator[Note]:
    for (sensor, quantity), hours in write.review_hours.items():
        yield from ((sensor, quantity, hour) for hour in hours)
    if not write.live and write.time_range is not None:
        yield write.gateway, END_OF_BACKLOG, hours_of(*write.time_range)[-1]
