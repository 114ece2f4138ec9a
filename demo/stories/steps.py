"""Steps that stories share: a level that an alarm reaches, somebody who acknowledges it, a warning, a siren, the end.

yield from reached(stage, Watch("river-level", "river-daruba", "cm"), 0)      0:41  Siaga 3: …
"""

from typing import NamedTuple

from demo.stories.siren import TOPIC
from demo.stories.stage import StoryStage, Told, level_of, title_of
from i18n.message import LocalizedMessage

LEVEL_WITHIN_S = 100.0
"""A level must last as its rule says, and the flood takes its time to reach it."""
GATHERED_S = 75.0
"""A warning that is no worse than one of the last minute waits for its end (notify.window_s)."""


class AlarmOf(NamedTuple):
    """The alarm that a story is about: of a family of rules on a sensor or at a site, in a unit for people."""

    family: str
    place: str
    unit: str


def greet(stage: StoryStage, sentence: LocalizedMessage) -> None:
    """Say what begins, and what is open already."""
    stage.tell(sentence, page="/")
    for alarm in stage.open_alarms():
        stage.tell(
            LocalizedMessage(
                "Open already, before the story: {title}, {level}, at {place}. It stays what it is.",
                title=title_of(alarm), level=level_of(alarm), place=alarm["sensor"],
            ),
            page="alarms", alarm=alarm["id"],
        )  # fmt: skip


def reached(stage: StoryStage, of: AlarmOf, number: int) -> Told:
    """Wait until the alarm has reached a level, the mildest being 0, and say where it is seen."""

    def has_come() -> bool:
        alarm = stage.alarm(of.family, of.place)
        return alarm is not None and alarm["level"]["number"] >= number and alarm["state"] != "recovering"

    what = LocalizedMessage(
        "level {number} of {family} at {place}", number=number + 1, family=of.family, place=of.place
    )
    yield from stage.until(has_come, what, timeout_s=LEVEL_WITHIN_S)
    alarm = stage.alarm(of.family, of.place)
    if alarm is not None and has_come():
        stage.tell(
            LocalizedMessage(
                "{level}: {title}, {value:.0f} {unit}. Look at the coloured line on top, and at the alarm",
                level=level_of(alarm), title=title_of(alarm), value=float(alarm["value"]), unit=of.unit,
            ),
            page="alarms", alarm=alarm["id"],
        )  # fmt: skip


def warned(stage: StoryStage) -> Told:
    """Wait for the notification: a warning in CAP, as broadcasters and BMKG take it."""
    what = LocalizedMessage("a new CAP message")
    yield from stage.until(lambda: bool(stage.new_warnings()), what, timeout_s=GATHERED_S)
    if stage.new_warnings():
        stage.tell(
            LocalizedMessage(
                "Notification: a CAP 1.2 warning was written (status Exercise). Look into {file}",
                file=str(stage.new_warnings()[-1]),
            )
        )


def sounded(stage: StoryStage, severity: str) -> Told:
    """Wait until the siren has been told to sound for so bad an alarm."""

    def is_on() -> bool:
        return any(command.on and command.severity == severity for command in stage.siren_commands())

    yield from stage.until(is_on, LocalizedMessage("a command to the siren, severity {severity}", severity=severity))
    if is_on():
        stage.tell(
            LocalizedMessage(
                "The siren sounds (simulated; MQTT topic {topic}, severity {severity}), and says so. Look at",
                topic=TOPIC, severity=severity,
            ),
            page="alarms",
        )  # fmt: skip


def acknowledged(stage: StoryStage, of: AlarmOf, word: LocalizedMessage) -> Told:
    """Let the simulated operator acknowledge the alarm, with a word in the language of the terminal."""
    alarm = stage.alarm(of.family, of.place)
    if alarm is None:
        return
    if alarm["acknowledged"] is None:
        stage.acknowledge(alarm["id"], LocalizedMessage("simulated: {word}", word=word))
    yield from stage.until(
        lambda: (stage.alarm(of.family, of.place) or alarm)["acknowledged"] is not None,
        LocalizedMessage("the acknowledgement of alarm {alarm}", alarm=alarm["id"]),
    )
    known = stage.alarm(of.family, of.place) or alarm
    stage.tell(
        LocalizedMessage(
            'Acknowledged by {who}: "{word}". Nobody else is called for it; look at who and when',
            who=known["acknowledged_by"] or "?", word=known["acknowledged_word"] or "",
        ),
        page="alarms", alarm=alarm["id"],
    )  # fmt: skip


def over(stage: StoryStage) -> None:
    """Say that the ordinary demo goes on."""
    stage.tell(
        LocalizedMessage("The end of the story: the island measures what its day brings. Another can follow"), page="/"
    )
