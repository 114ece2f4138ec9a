"""How the channels do, read now and then and held in memory: health and pages ask often, and the tables grow.

an outcome is written ─► is_old ─► read_if_old, in the poll's transaction ─► of(settings), checks(settings)
"""

from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection

from cloud.core.health import Component
from cloud.database.steady_clock import Moment
from cloud.notify.channel_state import ChannelState, read_states
from cloud.notify.health import channel_component, notifications_component
from cloud.notify.settings import NotifySettings

STATES_MS = (500, 30_000)
"""How often the channels' states are read again: when something was sent, and otherwise."""


class KnownStates:
    """The states of the channels of `settings`, as they are then; `problem` is the database's."""

    def __init__(self, settings: Callable[[], NotifySettings], problem: Callable[[], str]) -> None:
        self._settings = settings
        self._problem = problem
        self._states: dict[str, ChannelState] = {}
        self._have_changed = False
        self._read_ms = 0

    def mark_changed(self) -> None:
        """Have them read soon: something was sent, failed or answered."""
        self._have_changed = True

    def read_if_old(self, connection: Connection, now: Moment) -> None:
        """Read them where that was long enough ago."""
        if now.steady_ms - self._read_ms >= STATES_MS[0 if self._have_changed else 1]:
            self._read_ms, self._have_changed = now.steady_ms, False
            self.read(connection, now)

    def read(self, connection: Connection, now: Moment) -> None:
        """Read them now."""
        self._states = read_states(connection, self._settings().channels, now)

    def all(self) -> list[ChannelState]:
        """Return how each channel does, in the order of the settings."""
        return [self._of(channel.name) for channel in self._settings().channels]

    def health_checks(self) -> dict[str, Callable[[], Component]]:
        """Return how each channel and the outbox do, to be asked later, one by one."""
        return {"notifications": self._outbox_component, **self.channel_checks(self._settings())}

    def channel_checks(self, settings: NotifySettings) -> dict[str, Callable[[], Component]]:
        """Return how the channels of `settings` do, to be asked later, one by one."""
        return {f"channel_{each.name}": partial(self._channel_component, each.name) for each in settings.channels}

    def _of(self, name: str) -> ChannelState:
        return self._states.get(name, ChannelState(name))

    def _channel_component(self, name: str) -> Component:
        return channel_component(self._settings(), self._of(name))

    def _outbox_component(self) -> Component:
        return notifications_component(self._settings(), self._states.values(), self._problem())
