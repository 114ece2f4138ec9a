"""Handover notes as the next shift reads them: who wrote what and when, and what has become of the alarms since.

NoteView(id=3, author="ani", when="24 Nov 07:00", text="The pump leaks.", opened="2 alarms were open", alarms=(…), …)
"""

from collections.abc import Iterable, Mapping

import msgspec

from cloud.alarms.records import Alarm
from cloud.console.view_models.alarms import AlarmContext, alarm_view
from cloud.console.view_models.colours import Chip
from cloud.handover.notes import HandoverNote
from i18n import figures
from i18n.catalog import Catalog


class ListedAlarmView(msgspec.Struct, frozen=True):
    """An alarm that was open when the note was written; `state_text` is how it is now."""

    id: int
    level: Chip
    title: str
    where: str
    state_text: str


class NoteView(msgspec.Struct, frozen=True):
    """One note; `opened` says how many alarms were open, `more` how many of these are not listed, `read` who read it.

    `more` and `read` are empty where there are none, and where nobody has.
    """

    id: int
    author: str
    when: str
    text: str
    opened: str
    alarms: tuple[ListedAlarmView, ...]
    more: str
    read: str


def note_views(
    _: Catalog, notes: Iterable[HandoverNote], alarms: Mapping[int, Alarm], context: AlarmContext
) -> tuple[NoteView, ...]:
    """The notes for the screen; `alarms` are those that they list, as they are now."""
    return tuple(_note(_, note, alarms, context) for note in notes)


def _note(_: Catalog, note: HandoverNote, alarms: Mapping[int, Alarm], context: AlarmContext) -> NoteView:
    listed = tuple(_listed(_, alarms[alarm], context) for alarm in note.alarms if alarm in alarms)
    more = note.open_alarms - len(listed)
    opened = _.plural("{n} alarm was open then", "{n} alarms were open then", note.open_alarms)
    return NoteView(
        id=note.id,
        author=note.author,
        when=figures.minute(_, note.at_ms, context.city_zone),
        text=note.text,
        opened=opened if note.open_alarms else _("No alarm was open then."),
        alarms=listed,
        more=_.plural("and {n} other", "and {n} others", more) if more > 0 else "",
        read=_read(_, note, context),
    )


def _listed(_: Catalog, alarm: Alarm, context: AlarmContext) -> ListedAlarmView:
    view = alarm_view(_, alarm, context)
    return ListedAlarmView(view.id, view.level, view.title, view.where, view.state_text)


def _read(_: Catalog, note: HandoverNote, context: AlarmContext) -> str:
    if note.read_ms is None:
        return ""
    return _("read by {person}, {time}", person=note.read_by, time=figures.minute(_, note.read_ms, context.city_zone))
