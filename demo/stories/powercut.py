"""A power cut: gateway, broker and cloud are killed in turn, and what had been read is stored once, by the count.

kill -9 ─► OUTAGE_S without it ─► started again ─► caught up?      at the end: numbered on disk = stored

Gateways number each reading before they send it, and the cloud keeps account of the numbers (docs/cloud.md). A gateway
without power reads nothing: there the sensors' own counters go on, and what it had read before is on its disk.
"""

import sqlite3
from datetime import UTC, datetime

from demo.folder import GATEWAYS
from demo.stories.numbered import Numbered, not_stored
from demo.stories.signals import RIVER
from demo.stories.stage import StoryStage, Told
from demo.stories.steps import greet, over
from i18n.message import LocalizedMessage

OUTAGE_S = 20.0
GATEWAY = "gw-daruba"
_CAUGHT_UP_S = 90.0


def tell(stage: StoryStage) -> Told:
    """Kill one part after the other, and count."""
    greet(
        stage,
        LocalizedMessage("Story: the power fails at a gateway, the broker, the cloud (simulated by SIGKILL). Look at"),
    )
    yield from _without_gateway(stage)
    yield from _without_broker(stage)
    yield from _without_cloud(stage)
    yield from _count(stage)
    over(stage)


def _without_gateway(stage: StoryStage) -> Told:
    stage.tree.cut(GATEWAY)
    stage.tell(
        LocalizedMessage(
            "Gateway {gateway} has no power. Look at the table of gateways: it goes silent", gateway=GATEWAY
        ),
        page="/",
    )
    yield from stage.rest(stage.at_s + OUTAGE_S)
    stage.tree.start_again(GATEWAY)
    since_s, heard = stage.at_s, LocalizedMessage("fresh readings of {gateway}", gateway=GATEWAY)
    yield from stage.until(lambda: _is_heard(stage, since_s), heard)
    stage.tell(
        LocalizedMessage(
            "Gateway {gateway} is back, with what was on its disk; what nobody read meanwhile is a gap in the curve",
            gateway=GATEWAY,
        ),
        page="/",
    )


def _without_broker(stage: StoryStage) -> Told:
    stage.tree.cut("broker")
    stage.tell(
        LocalizedMessage(
            "The broker is dead: no gateway reaches the cloud, all go on reading. Look at the line on top"
        ),
        page="/",
    )
    began = datetime.now(UTC)
    yield from stage.rest(stage.at_s + OUTAGE_S)
    ended = datetime.now(UTC)
    stage.tree.start_again("broker")
    yield from _caught_up(stage)
    _tell_filled(stage, began, ended, LocalizedMessage("without a broker"))


def _without_cloud(stage: StoryStage) -> Told:
    stage.tree.cut("cloud")
    stage.tell(
        LocalizedMessage("The cloud is dead: this console stands still, and gateways keep what they read. Look at"),
        page="/",
    )
    began = datetime.now(UTC)
    yield from stage.rest(stage.at_s + OUTAGE_S)
    ended = datetime.now(UTC)
    stage.tree.start_again("cloud")
    yield from _caught_up(stage)
    _tell_filled(stage, began, ended, LocalizedMessage("without a cloud"))


def _caught_up(stage: StoryStage) -> Told:
    since_s = stage.at_s
    yield from stage.until(
        lambda: stage.api.is_listening() and _is_heard(stage, since_s) and _missing(stage) == 0,
        LocalizedMessage("a cloud that has all that gateways kept"),
        timeout_s=_CAUGHT_UP_S,
    )


def _tell_filled(stage: StoryStage, began: datetime, ended: datetime, without: LocalizedMessage) -> None:
    span = {"start": began.isoformat().replace("+00:00", "Z"), "end": ended.isoformat().replace("+00:00", "Z")}
    history = stage.api.get("/readings", sensor=RIVER, quantity="water_level", **span) or {"points": []}
    stage.tell(
        LocalizedMessage(
            "Back. Of the {seconds:.0f} s {without} the store has {points} readings of {sensor}: look at its curve",
            seconds=(ended - began).total_seconds(), without=without, points=len(history["points"]), sensor=RIVER,
        ),
        page="/",
    )  # fmt: skip


def _count(stage: StoryStage) -> Told:
    """Read what the gateways' disks have numbered while both are off, and ask the cloud for each of these."""
    numbered = _numbered(stage)
    again = LocalizedMessage("Both gateways lose power once more, and their disks are read. Look how they come back")
    stage.tell(again, page="/")
    all_stored = LocalizedMessage("each reading that the gateways numbered in the account of the cloud")
    yield from stage.until(lambda: _not_stored(stage, numbered) == 0, all_stored, timeout_s=_CAUGHT_UP_S)
    missing, sent = _not_stored(stage, numbered), sum(numbered.values())
    stage.tell(
        LocalizedMessage(
            "Counted: the disks of the gateways have numbered {sent} readings; of these {stored} are stored,"
            " {missing} missing. Look at the table of gateways",
            sent=sent, stored=sent - missing, missing=missing,
        ),
        page="/",
    )  # fmt: skip


def _numbered(stage: StoryStage) -> Numbered:
    """What the disks say while no agent runs; one that cannot be read is told of, and not counted."""
    for gateway in GATEWAYS:
        stage.tree.cut(gateway)
    found: dict[str, int] = {}
    for gateway in GATEWAYS:
        try:
            found.update(stage.numbered(gateway))
        except (OSError, sqlite3.Error) as error:
            stage.tell(
                LocalizedMessage(
                    "NOT COUNTED: the disk of {gateway} cannot be read: {error}", gateway=gateway, error=str(error)
                )
            )
        stage.tree.start_again(gateway)
    return found


def _missing(stage: StoryStage) -> int:
    """How many readings the cloud knows of and has not got; 1 while it does not answer."""
    figures = stage.api.figures()
    return 1 if figures is None else figures.sent - figures.stored


def _not_stored(stage: StoryStage, numbered: Numbered) -> int:
    gateways = stage.api.get("/gateways")
    return sum(numbered.values()) if gateways is None else not_stored(numbered, gateways)


def _is_heard(stage: StoryStage, since_s: float) -> bool:
    """Whether the river's gauge has been read since a second of the story."""
    newest = stage.api.get("/readings/latest") or []
    return any(one["sensor"] == RIVER and one["age_s"] < stage.at_s - since_s for one in newest)
