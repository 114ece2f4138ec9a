"""The running cloud says each day that what is published is still the newest, and tells what will end.

hourly: a new state? signed more than 20 h ago? ─► timestamp and snapshot signed again, by the online key
targets ends in 20 days ─► health: degraded, since only people can sign that
"""

import asyncio
import logging
from datetime import datetime, timedelta

from tuf.api.metadata import Timestamp

from cloud.core.health import Component, Condition
from cloud.updates.keys import KeyRefused, read_key
from cloud.updates.metadata import LASTS, RepositoryBroken, RepositoryState
from cloud.updates.offer import offer_of
from cloud.updates.publishing import Now, PublishRefused, sign_of_now, utc_now
from cloud.updates.repository import RepositoryBusy, RepositoryFolder
from cloud.updates.settings import UpdateSettings

POLL_EVERY_S = 60.0
SIGN_AFTER = timedelta(hours=20)
SOON = timedelta(days=3)
"""A timestamp that ends so soon was not signed for days, though it is each day."""
_BY_PEOPLE = ("root", "targets")
_log = logging.getLogger(__name__)


class Refreshing:
    """Keeps the repository of now; `signs` is False in a process that only looks."""

    def __init__(self, settings: UpdateSettings, *, signs: bool = True, now: Now = utc_now) -> None:
        self.settings = settings
        self._signs = signs
        self._now = now
        self.repository = RepositoryFolder(settings.folder)
        self._edition = ""
        self._state: RepositoryState | None = None
        self._expiries: dict[str, datetime] = {}
        self._offer = b""
        self._problem = "the repository of updates was not read yet"
        self._cannot_sign = ""

    async def run(self) -> None:
        """Look after it until cancelled."""
        while True:
            await asyncio.to_thread(self.poll)
            await asyncio.sleep(POLL_EVERY_S)

    def poll(self) -> None:
        """Read what is new, and sign where that is due."""
        if not self._read():
            return
        if self._signs and self._expiries[Timestamp.type] - self._now() < LASTS[Timestamp.type] - SIGN_AFTER:
            self._sign()

    def state(self) -> RepositoryState | None:
        """What is published; as it was read last where it cannot be read."""
        self._read()
        return self._state

    def offer(self) -> bytes:
        """What gateways are told of updates, encoded; empty where there is no repository that they could use."""
        self._read()
        return self._offer

    def component(self) -> Component:
        """Whether gateways can trust what is published, and for how long."""
        if self._problem:
            return Component(Condition.DEGRADED, self._problem)
        now = self._now()
        left = {name: ends - now for name, ends in self._expiries.items()}
        first = min(left, key=lambda name: left[name])
        if left[first] <= timedelta(0):
            return Component(Condition.DEGRADED, f"gateways refuse every update: {self._said(first)}")
        if left[Timestamp.type] < SOON:
            return Component(Condition.DEGRADED, self._said(Timestamp.type))
        warned = [name for name in _BY_PEOPLE if left[name] < timedelta(days=self.settings.warn_days)]
        if warned:
            return Component(Condition.DEGRADED, "; ".join(map(self._said, warned)))
        return Component(Condition.OK, f"the repository of updates is of now, and {self._said(first, advice=False)}")

    def _said(self, name: str, *, advice: bool = True) -> str:
        ends, now = self._expiries[name], self._now()
        said = f"its {name} {'ends' if ends > now else 'ended'} on {ends:%Y-%m-%d}"
        if not advice:
            return said
        if name in _BY_PEOPLE:
            key = "two root keys" if name == "root" else "the targets key"
            return f"{said}; sign it with {key}: siaga-cloud fleet keys renew"
        return f"{said}, and is not signed: {self._cannot_sign or 'no cloud that may sign has run since'}"

    def _read(self) -> bool:
        edition = self.repository.edition
        if edition and edition == self._edition:
            return True
        try:
            state = self.repository.state()
            if state is None:
                self._problem = f"{self.repository.folder} has no repository yet: siaga-cloud fleet keys make"
                return False
            self._expiries, self._offer = state.expiries(), offer_of(self.settings, state)
        except RepositoryBroken as error:
            self._problem = str(error)
            return False
        self._state, self._edition, self._problem = state, edition, ""
        return True

    def _sign(self) -> None:
        try:
            sign_of_now(self.repository, read_key(self.settings.online_key), now=self._now)
        except RepositoryBusy:
            return  # whoever signs now signs this too
        except (KeyRefused, PublishRefused, RepositoryBroken, OSError) as error:
            if str(error) != self._cannot_sign:
                _log.warning("the repository of updates is not signed: %s", error)
            self._cannot_sign = str(error)
            return
        self._cannot_sign = ""
        self._read()
