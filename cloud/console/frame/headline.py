"""What stands above every page: how the whole is doing, and how many alarms wait for somebody.

Headline(state=StateView("warn", "3 sensors silent", "…"), waiting=2, waking=(WakingAlarm(17, 3, "Siaga 2", …), …))
above(page.show) adds all of it to what a page shows; static/alarm.js sounds and flashes while an alarm wakes
"""

from collections.abc import Awaitable, Callable

import msgspec

from cloud.console.frame.page import Fragment, PageContent, Show
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.sites import StateView


class WakingAlarm(msgspec.Struct, frozen=True):
    """An alarm that wakes until somebody takes it: its level as the rule names it, what it is about and where.

    `severity` is its rank, 1 for the mildest; each browser chooses from which one on it wakes.
    """

    id: int
    severity: int
    level: str
    title: str
    place: str


class Headline(msgspec.Struct, frozen=True):
    """The state of the whole in words, how many open alarms nobody has acknowledged, and which of them wake.

    `unread` handover notes wait for somebody of the next shift; 0 for whom they are not.
    """

    state: StateView
    waiting: int
    waking: tuple[WakingAlarm, ...] = ()
    unread: int = 0


HeadlineOf = Callable[[PageVisit], Awaitable[Headline]]


def above(show: Show, headline_of: HeadlineOf) -> Show:
    """Let a page show the headline too."""

    async def show_both(visit: PageVisit) -> PageContent:
        shown, headline = await show(visit), await headline_of(visit)
        own = [
            Fragment("headline", "headline.html", {"state": headline.state}, version=headline.state),
            Fragment("waiting", "waiting.html", {"waiting": headline.waiting}, version=headline.waiting),
            Fragment("unread", "unread.html", {"unread": headline.unread}, version=headline.unread),
            Fragment("waking", "waking.html", {"waking": headline.waking}, version=headline.waking),
        ]
        return msgspec.structs.replace(shown, fragments=[*own, *shown.fragments])

    return show_both
