"""Live channels: what is sent, to whom, once; and what ends."""

import asyncio
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cloud.access.auth_context import AuthContext
from cloud.access.principal import Principal, Role
from cloud.console.frame import live
from cloud.console.frame.live import MOST_FOLLOWED, LiveChannels
from cloud.console.frame.page import ConsolePage, Fragment, PageContent
from cloud.console.frame.rejections import NotThere
from cloud.console.frame.visit import PageVisit
from cloud.database.engine import DatabaseUnavailable
from i18n.catalog import catalog_of


class Board:
    """A page that shows one number; counts how often it is asked and filled."""

    def __init__(self) -> None:
        self.number = 1
        self.asked = 0
        self.filled = 0
        self.fails: Exception | None = None
        self.moves = False
        self.page = ConsolePage("board", "waiting.html", self.show)

    async def show(self, visit: PageVisit) -> PageContent:
        self.asked += 1
        self.number += self.moves
        if self.fails is not None:
            raise self.fails
        return PageContent([Fragment("number", "waiting.html", self._context, version=self.number)])

    def _context(self) -> dict[str, object]:
        self.filled += 1
        return {"waiting": self.number}


class Viewer:
    """One that follows a page: what it was sent, as (event, content)."""

    def __init__(
        self, channels: LiveChannels, page: ConsolePage, visit: PageVisit, *, session: str = "s", seen: str = ""
    ) -> None:
        self.said: list[tuple[str, Any]] = []
        self.is_stuck = False
        self._gone = asyncio.Event()
        context = AuthContext(visit.principal, session, csrf=f"csrf-of-{session}")
        scope = {"type": "http", "headers": [], "query_string": f"live={seen}".encode()}
        self.task = asyncio.create_task(channels.follow(page, visit, context, scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if self.is_stuck:
            await asyncio.Event().wait()
        for event in message.get("body", b"").decode().split("\n\n"):
            if event:
                name, data = event.split("\n")
                content = msgspec.json.decode(data.removeprefix("data: "))
                self.said.append((name.removeprefix("event: "), content))

    async def until(self, count: int) -> Sequence[tuple[str, Any]]:
        """Wait until so much was said."""
        async with asyncio.timeout(20):
            while len(self.said) < count:
                await asyncio.sleep(0.01)
        return self.said

    async def leave(self) -> None:
        self._gone.set()
        await self.task


def visit(role: Role = Role.VIEWER, *, name: str = "ani", language: str = "en", **query: str) -> PageVisit:
    return PageVisit(
        words=catalog_of(language), principal=Principal(name, role), zone=ZoneInfo("Asia/Jayapura"), place="board",
        names={}, query=query,
    )  # fmt: skip


async def holds(_context: object, _headers: object) -> bool:
    return True


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "TICK_S", 0.02)
    monkeypatch.setattr(live, "STILL_TRUE_S", 0.05)


async def test_what_changes_is_filled_once_for_all_who_look_at_the_same():
    board, channels = Board(), LiveChannels(holds)
    viewers = [Viewer(channels, board.page, visit(name=f"n{number}"), session=f"s{number}") for number in range(10)]
    first = [(await viewer.until(1))[0] for viewer in viewers]
    assert {event for event, _content in first} == {"fragments"}
    assert len({msgspec.json.encode(content) for _event, content in first}) == 1
    board.number = 2
    channels.refresh_soon()
    for viewer in viewers:
        async with asyncio.timeout(20):
            while not any(event == "fragments" for event, _content in viewer.said[1:]):
                await asyncio.sleep(0.01)
    assert board.filled == 2
    for viewer in viewers:
        await viewer.leave()


async def test_a_page_that_has_it_already_is_sent_nothing_but_that_it_is_still_true():
    board, channels = Board(), LiveChannels(holds)
    first = Viewer(channels, board.page, visit())
    ((_event, [[name, digest, _html]]),) = (await first.until(1))[:1]
    second = Viewer(channels, board.page, visit(), session="t", seen=f"{name}:{digest}")
    said = await second.until(2)
    assert {event for event, _content in said} == {"now"}
    await first.leave()
    await second.leave()


async def test_another_language_role_or_question_is_another_channel():
    board, channels = Board(), LiveChannels(holds)
    visits = [visit(), visit(Role.OPERATOR), visit(language="id"), visit(site="daruba")]
    viewers = [Viewer(channels, board.page, one, session=f"s{number}") for number, one in enumerate(visits)]
    for viewer in viewers:
        await viewer.until(1)
    assert board.filled == 4
    for viewer in viewers:
        await viewer.leave()


async def test_nothing_is_asked_while_nobody_looks():
    board, channels = Board(), LiveChannels(holds)
    viewer = Viewer(channels, board.page, visit())
    await viewer.until(1)
    await viewer.leave()
    async with asyncio.timeout(20):
        while channels._refreshing is not None:
            await asyncio.sleep(0.01)
    asked = board.asked
    await asyncio.sleep(0.1)
    assert board.asked == asked
    assert channels._channels == {}
    assert channels._followers == {}


async def test_a_database_that_does_not_answer_is_said_and_what_was_shown_stays_until_it_does():
    board, channels = Board(), LiveChannels(holds)
    viewer = Viewer(channels, board.page, visit())
    await viewer.until(1)
    board.fails = DatabaseUnavailable("the registry database does not answer")
    async with asyncio.timeout(20):
        while ("trouble", "the registry database does not answer") not in viewer.said:
            await asyncio.sleep(0.01)
    board.fails = None
    async with asyncio.timeout(20):
        while ("trouble", "") not in viewer.said:
            await asyncio.sleep(0.01)
    assert sum(event == "fragments" for event, _content in viewer.said) == 1
    await viewer.leave()


async def test_a_fault_of_one_page_is_logged_and_said_and_the_other_goes_on():
    good, bad, channels = Board(), Board(), LiveChannels(holds)
    bad.fails = ZeroDivisionError("a bug")
    bad.page = ConsolePage("bad", "waiting.html", bad.show)
    viewers = [Viewer(channels, bad.page, visit()), Viewer(channels, good.page, visit(), session="t")]
    assert (await viewers[0].until(1))[0] == ("trouble", "This page has failed; the server's log says why.")
    assert (await viewers[1].until(1))[0][0] == "fragments"
    for viewer in viewers:
        await viewer.leave()


async def test_what_is_gone_ends_the_channel_with_a_sentence():
    board, channels = Board(), LiveChannels(holds)
    board.fails = NotThere("there is no gateway gw-x")
    viewer = Viewer(channels, board.page, visit())
    assert (await viewer.until(1))[-1] == ("ended", "there is no gateway gw-x")
    await viewer.task


async def test_who_is_logged_out_hears_it_and_is_sent_nothing_more():
    logged_in = True

    async def still(_context: object, _headers: object) -> bool:
        return logged_in

    board, channels = Board(), LiveChannels(still)
    viewer = Viewer(channels, board.page, visit())
    await viewer.until(1)
    logged_in = False
    async with asyncio.timeout(20):
        await viewer.task
    assert viewer.said[-1] == ("ended", "You are not logged in any more; log in again.")


async def test_who_is_logged_out_hears_it_on_a_page_that_changes_all_the_time():
    logged_in = True

    async def still(_context: object, _headers: object) -> bool:
        return logged_in

    board, channels = Board(), LiveChannels(still)
    board.moves = True
    viewer = Viewer(channels, board.page, visit())
    await viewer.until(8)
    logged_in = False
    async with asyncio.timeout(20):
        await viewer.task
    assert viewer.said[-1] == ("ended", "You are not logged in any more; log in again.")
    assert any(event == "now" for event, _content in viewer.said)


async def test_so_many_pages_of_one_login_are_followed_and_one_more_is_told_so():
    board, channels = Board(), LiveChannels(holds)
    viewers = [Viewer(channels, board.page, visit(n=str(number))) for number in range(MOST_FOLLOWED)]
    for viewer in viewers:
        await viewer.until(1)
    one_more = Viewer(channels, board.page, visit())
    assert (await one_more.until(1))[0][0] == "ended"
    other = Viewer(channels, board.page, visit(), session="t")
    assert (await other.until(1))[0][0] == "fragments"
    for viewer in [*viewers, other]:
        await viewer.leave()


async def test_a_viewer_that_reads_nothing_is_let_go_and_holds_up_nobody(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live, "PATIENCE_S", 0.2)
    board, channels = Board(), LiveChannels(holds)
    stuck, reader = Viewer(channels, board.page, visit()), Viewer(channels, board.page, visit(), session="t")
    await stuck.until(1)
    stuck.is_stuck = True
    async with asyncio.timeout(20):
        await stuck.task
    board.number = 5
    async with asyncio.timeout(20):
        while not any(event == "fragments" and "5" in str(content) for event, content in reader.said):
            await asyncio.sleep(0.01)
    await reader.leave()


async def test_a_page_that_hangs_is_said_to_be_old_and_the_others_stay_true(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cloud.console.frame.channel.PATIENCE_S", 0.05)

    async def hang(_visit: PageVisit) -> PageContent:
        await asyncio.Event().wait()
        raise AssertionError

    good, channels = Board(), LiveChannels(holds)
    stuck = Viewer(channels, ConsolePage("stuck", "waiting.html", hang), visit())
    other = Viewer(channels, good.page, visit(), session="t")
    assert (await stuck.until(1))[0] == ("trouble", "The server is slow: what you see may be old.")
    await other.until(1)
    await asyncio.sleep(0.2)
    assert "now" not in {event for event, _content in stuck.said}
    for viewer in (stuck, other):
        await viewer.leave()
