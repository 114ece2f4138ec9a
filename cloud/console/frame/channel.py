"""A live channel: the fragments of one page in one language for one role and its sites, as they are now.

channel.refresh() ─► page.show(visit) ─► what changed is filled once ─► every follower is woken, and takes what it lacks
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from cloud.console.frame.page import ConsolePage, Fragment
from cloud.console.frame.rejections import NotThere
from cloud.console.frame.rendering import digest_of, render_fragment
from cloud.console.frame.visit import PageVisit
from cloud.database.engine import DatabaseUnavailable
from cloud.readings.contract import StoreUnavailable

PATIENCE_S = 10.0
"""How long a page may take to say what it shows: the others wait for it."""
_log = logging.getLogger(__name__)


class Rendered(msgspec.Struct, frozen=True):
    """A fragment as HTML; `digest` stands for it."""

    version: object
    html: str
    digest: str


class LiveChannel:
    """One channel; `trouble` is why it does not show what is now, empty while it does."""

    def __init__(self, page: ConsolePage, visit: PageVisit) -> None:
        self.trouble = ""
        self.gone = ""
        """Why there is nothing to follow any more."""
        self.wakes: set[asyncio.Event] = set()
        self.refreshed_s = float("-inf")
        """When it was last brought up to now, on the monotonic clock."""
        self._page, self._visit = page, visit
        self._rendered: dict[str, Rendered] = {}

    async def refresh(self) -> None:
        """Bring the channel up to now; what fails is said to its followers, and tried again the next time."""
        _ = self._visit.words
        before = (self.trouble, self.gone, {name: one.digest for name, one in self._rendered.items()})
        try:
            async with asyncio.timeout(PATIENCE_S):
                shown = await self._page.show(self._visit)
                await self._fill(shown.fragments)
            self.trouble, self.refreshed_s = "", time.monotonic()
        except TimeoutError:
            self.trouble = _("The server is slow: what you see may be old.")
        except NotThere as error:
            self.gone = str(error)
        except (DatabaseUnavailable, StoreUnavailable) as error:
            self.trouble = str(error)
        except Exception:
            _log.exception("the live page %s failed", self._visit.place or "situation")
            self.trouble = _("This page has failed; the server's log says why.")
        if before != (self.trouble, self.gone, {name: one.digest for name, one in self._rendered.items()}):
            for wake in self.wakes:
                wake.set()

    async def _fill(self, fragments: Iterable[Fragment]) -> None:
        rendered: dict[str, Rendered] = {}
        for fragment in fragments:
            held = self._rendered.get(fragment.id)
            if held is None or fragment.version is None or held.version != fragment.version:
                html = render_fragment(self._visit, fragment)
                held = Rendered(fragment.version, html, digest_of(html))
                await asyncio.sleep(0)  # a page of many fragments lets others have their turn
            rendered[fragment.id] = held
        self._rendered = rendered

    def lacking(self, seen: Mapping[str, str]) -> Iterator[tuple[str, Rendered]]:
        """Give the fragments that differ from those `seen`, digests by id."""
        for name, one in self._rendered.items():
            if seen.get(name) != one.digest:
                yield name, one
