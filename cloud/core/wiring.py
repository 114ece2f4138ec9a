"""Two links between parts that are built one after the other: a part gets the link first, and others join it later.

changed = Broadcast()    evaluator(nudge=changed)      changed.subscribe(notifier.nudge)     changed() calls them all
ready = AllOf()          evaluator(listening=ready)    ready.require(lambda: session.connected)      ready() -> bool
"""

from collections.abc import Callable


class Broadcast:
    """Calls whoever has subscribed; nobody before that."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[], None]] = []

    def subscribe(self, subscriber: Callable[[], None]) -> None:
        """Call `subscriber` too, from now on."""
        self._subscribers.append(subscriber)

    def __call__(self) -> None:
        """Call everybody who has subscribed."""
        for subscriber in self._subscribers:
            subscriber()


class AllOf:
    """Whether everything that is required is so; with nothing required it is."""

    def __init__(self) -> None:
        self._required: list[Callable[[], object]] = []

    def require(self, *conditions: Callable[[], object]) -> None:
        """Require each of `conditions` too, from now on."""
        self._required += conditions

    def __call__(self) -> bool:
        """Say whether all is as required."""
        return all(condition() for condition in self._required)
