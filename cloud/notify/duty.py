"""The duty calendar: who is called first, and who when the first does not answer.

#3  ani   rank 1   24 Nov 19:00 – 25 Nov 07:00          on duty now: {1: ["ani"], 2: ["budi"]}
"""

import difflib
from collections import defaultdict
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from cloud.notify.settings import NotifySettings
from cloud.notify.tables import DutyRow
from i18n.message import LocalizedMessage
from wire.durations import DAY_MS

RANKS = range(1, 10)
LONGEST_MS = 62 * DAY_MS
"""A duty that is longer was meant otherwise."""


class Duty(msgspec.Struct, frozen=True):
    """Somebody's duty, from `from_ms` to before `until_ms` (UTC); rank 1 is called first."""

    id: int
    person: str
    rank: int
    from_ms: int
    until_ms: int


class DutyRejected(Exception):
    """A duty that cannot be; `sentence` says why."""

    def __init__(self, sentence: LocalizedMessage) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class DutyCalendar:
    """Who is on duty when, of the people of `[notify]`."""

    def __init__(self, database: Database, settings: NotifySettings) -> None:
        self._database = database
        self.people = tuple(person.name for person in settings.people)

    async def duties(self, *, from_ms: int, until_ms: int) -> list[Duty]:
        """Return the duties that touch the time from `from_ms` to before `until_ms`, by their beginning."""
        query = (
            select(*_DUTY)
            .where(DutyRow.from_ms < until_ms, DutyRow.until_ms > from_ms)
            .order_by(DutyRow.from_ms, DutyRow.rank, DutyRow.id)
        )
        return await self._database.run(lambda connection: [Duty(*row) for row in connection.execute(query)])

    async def add(self, duty: Duty, *, actor: Actor, now_ms: int) -> Duty:
        """Put somebody on duty, whatever id `duty` has, and return it with its own; DutyRejected where it cannot be."""
        self._check(duty, now_ms)
        row = {name: value for name, value in msgspec.structs.asdict(duty).items() if name != "id"}

        def write(connection: Connection) -> Duty:
            same = connection.execute(_overlapping(duty)).first()
            if same is not None:
                raise DutyRejected(
                    LocalizedMessage(
                        "person: {person!r} is on duty then already, by duty {id}; remove it first",
                        person=duty.person,
                        id=same.id,
                    )
                )
            number = connection.execute(insert(DutyRow).values(row).returning(DutyRow.id)).scalar_one()
            write_entry(connection, actor, "add-duty", f"duty:{number}", now_ms=now_ms, after=row)
            return msgspec.structs.replace(duty, id=number)

        return await self._database.run(write)

    async def remove(self, duty_id: int, *, actor: Actor, now_ms: int) -> None:
        """Take a duty out of the calendar; LookupError if there is none of that id."""

        def write(connection: Connection) -> None:
            row = connection.execute(select(*_DUTY).where(DutyRow.id == duty_id)).one_or_none()
            if row is None:
                raise LookupError(f"there is no duty {duty_id}")
            connection.execute(delete(DutyRow).where(DutyRow.id == duty_id))
            write_entry(connection, actor, "remove-duty", f"duty:{duty_id}", now_ms=now_ms, before=Duty(*row))

        await self._database.run(write)

    def _check(self, duty: Duty, now_ms: int) -> None:
        if duty.person not in self.people:
            close = difflib.get_close_matches(duty.person, self.people, n=1)
            advice = (
                LocalizedMessage("did you mean {name!r}?", name=close[0])
                if close
                else LocalizedMessage("add them to [[notify.people]]")
            )
            raise DutyRejected(
                LocalizedMessage(
                    "person: {person!r} is nobody that can be told; {advice}", person=duty.person[:80], advice=advice
                )
            )
        if duty.rank not in RANKS:
            raise DutyRejected(
                LocalizedMessage(
                    "rank: {rank} is none; write 1 for who is called first, up to {most}",
                    rank=duty.rank,
                    most=RANKS[-1],
                )
            )
        if duty.until_ms <= max(duty.from_ms, now_ms):
            raise DutyRejected(LocalizedMessage("until: must be ahead, and after from; write a later time"))
        if duty.until_ms - duty.from_ms > LONGEST_MS:
            raise DutyRejected(LocalizedMessage("until: is more than 62 days after from; write an earlier one"))


def on_duty(connection: Connection, now_ms: int) -> dict[int, list[str]]:
    """Return who is on duty at `now_ms`, by rank."""
    query = (
        select(DutyRow.rank, DutyRow.person)
        .where(DutyRow.from_ms <= now_ms, DutyRow.until_ms > now_ms)
        .order_by(DutyRow.rank, DutyRow.id)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for rank, person in connection.execute(query):
        found[rank].append(person)
    return dict(found)


_DUTY: tuple[Any, ...] = tuple(getattr(DutyRow, name) for name in Duty.__struct_fields__)


def _overlapping(duty: Duty) -> Any:
    return select(DutyRow.id).where(
        DutyRow.person == duty.person, DutyRow.from_ms < duty.until_ms, DutyRow.until_ms > duty.from_ms
    )
