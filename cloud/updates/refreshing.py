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
from i18n.catalog import N_
from i18n.message import LocalizedMessage, joined, sentence_of

POLL_EVERY_S = 60.0
SIGN_AFTER = timedelta(hours=20)
SOON = timedelta(days=3)
"""A timestamp that ends so soon was not signed for days, though it is each day."""
_BY_PEOPLE = {
    "root": N_("{end}; sign it with two root keys: siaga-cloud fleet keys renew"),
    "targets": N_("{end}; sign it with the targets key: siaga-cloud fleet keys renew"),
}
"""What only people sign, and what is said of its end."""
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
        self._problem: str = LocalizedMessage("the repository of updates was not read yet")
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
            said = LocalizedMessage("gateways refuse every update: {problem}", problem=self._said(first))
            return Component(Condition.DEGRADED, said)
        if left[Timestamp.type] < SOON:
            return Component(Condition.DEGRADED, self._said(Timestamp.type))
        warned = [name for name in _BY_PEOPLE if left[name] < timedelta(days=self.settings.warn_days)]
        if warned:
            return Component(Condition.DEGRADED, joined([self._said(name) for name in warned]))
        said = LocalizedMessage("the repository of updates is of now, and {end}", end=self._end_of(first))
        return Component(Condition.OK, said)

    def _end_of(self, name: str) -> LocalizedMessage:
        ends = self._expiries[name]
        date = f"{ends:%Y-%m-%d}"
        if ends > self._now():
            return LocalizedMessage("its {role} ends on {date}", role=name, date=date)
        return LocalizedMessage("its {role} ended on {date}", role=name, date=date)

    def _said(self, name: str) -> LocalizedMessage:
        end, form = self._end_of(name), _BY_PEOPLE.get(name)
        if form is not None:
            return LocalizedMessage(form, end=end)
        reason = self._cannot_sign or LocalizedMessage("no cloud that may sign has run since")
        return LocalizedMessage("{end}, and is not signed: {reason}", end=end, reason=reason)

    def _read(self) -> bool:
        edition = self.repository.edition
        if edition and edition == self._edition:
            return True
        try:
            state = self.repository.state()
            if state is None:
                self._problem = LocalizedMessage(
                    "{folder} has no repository yet: siaga-cloud fleet keys make", folder=str(self.repository.folder)
                )
                return False
            self._expiries, self._offer = state.expiries(), offer_of(self.settings, state)
        except RepositoryBroken as error:
            self._problem = sentence_of(error)
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
            self._cannot_sign = sentence_of(error)
            return
        self._cannot_sign = ""
        self._read()
