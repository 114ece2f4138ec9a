"""All ingesters that a process of the screens follows, as one: what they know together, and who does what.

follower of shards 0-31  ─┐                      health: the worse of the two, under the same names, and "ingester"
follower of shards 32-63 ─┴─► FollowedCity ─► refused, clocks, counts: of both     a command: to who has the gateway
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce

from prometheus_client.core import Metric

from cloud.care.commands import AskedCommand
from cloud.care.refused import CareRefused
from cloud.core.health import Component, Condition, worse_of
from cloud.core.latest import AHEAD_MS
from cloud.database.audit_log import Actor
from cloud.feed.follower import Follower, IngesterAway
from cloud.feed.questions import COMMAND, METRICS, REPLAY, CommandWanted, Family, ReplayWanted
from cloud.ingest.fleet_clock import WrongClock
from cloud.ingest.replay import Replay
from cloud.metrics.platform_gauges import OK, UP
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms
from wire import shard_of

INGESTER = "ingester"
"""The component of health that says whether what is shown is of now."""


class FollowedCity:
    """What `followers` know; there is none before the process is built."""

    def __init__(self, *, now_ms: Callable[[], int] = wall_ms) -> None:
        self.followers: Sequence[Follower] = ()
        self._now_ms = now_ms

    def stored(self) -> dict[str, int]:
        """How many readings they stored since each began, by domain."""
        return _sums(follower.view.stored for follower in self.followers)

    def uncounted(self) -> dict[str, int]:
        """The ranges that cannot be, by gateway."""
        return _sums(follower.view.uncounted for follower in self.followers)

    def component_names(self) -> set[str]:
        """The parts of health that are known: of an ingester that is silent nobody knows how it does."""
        return {name for follower in self.followers if not follower.is_away for name in follower.view.components}

    def component(self, name: str) -> Component:
        """A part of health as it was told, the worse of two."""
        told = [follower for follower in self.followers if name in follower.view.components]
        known = [follower for follower in told if not follower.is_away]
        return reduce(worse_of, (follower.view.components[name].component for follower in known or told))

    def ingester(self) -> Component:
        """Whether what is shown is of now."""
        return reduce(worse_of, (follower.component() for follower in self.followers))

    def refused(self) -> frozenset[tuple[str, str]]:
        """The series of which readings are refused."""
        return frozenset().union(*(follower.view.refused for follower in self.followers))

    def wrong_clocks(self) -> dict[str, WrongClock]:
        """The gateways whose time was wrong or not known lately."""
        return {name: wrong for follower in self.followers for name, wrong in follower.view.wrong_clocks.items()}

    def latest_ms(self) -> int:
        """The latest time (UTC) that a reading can have now, by what the fleet says of this server's clock."""
        errors = [follower.view.clock_error_ms for follower in self.followers]
        return self._now_ms() + max(errors, key=abs, default=0) + AHEAD_MS

    def listening_since_s(self) -> float | None:
        """Since when (seconds since boot) all of them hear their gateways; None where one does not."""
        since = [follower.view.listening_since_s for follower in self.followers if not follower.is_away]
        known = [each for each in since if each is not None]
        return max(known) if known and len(known) == len(self.followers) else None

    def tell_changed(self, kinds: frozenset[str]) -> None:
        """Tell all of them that somebody changed things of these kinds."""
        for follower in self.followers:
            follower.tell_changed(kinds)

    async def replay(self, dead_letter_id: int, actor: Actor, *, gateway: str) -> Replay:
        """Have the ingester of `gateway` replay a dead letter; IngesterAway where it does not answer."""
        replayed: Replay = await self._of(gateway).ask(REPLAY, ReplayWanted(dead_letter_id, actor))
        return replayed

    async def command(self, gateway: str, command: str, actor: Actor, source: str) -> AskedCommand:
        """Have the ingester of a gateway ask it; CareRefused where that cannot be."""
        try:
            asked: AskedCommand = await self._of(gateway).ask(COMMAND, CommandWanted(gateway, command, actor, source))
        except IngesterAway:
            said = LocalizedMessage("the process that speaks with gateways does not answer; try again soon")
            raise CareRefused("broker-away", said) from None
        return asked

    async def metrics(self) -> list[Metric]:
        """The metrics of all of them, those of several with the label `shards`; one that is away has none."""
        families: dict[str, Metric] = {}
        for follower in self.followers:
            labels = {} if len(self.followers) == 1 else {"shards": f"{follower.shards[0]}-{follower.shards[-1]}"}
            for family in await _families(follower):
                metric = families.setdefault(family.name, Metric(family.name, family.meaning, family.type, family.unit))
                for sample in family.samples:
                    metric.add_sample(sample.name, {**sample.labels, **labels}, sample.value)
        for name, is_so in ((UP, self.ingester().status is not Condition.DOWN), (OK, not self._is_stale())):
            metric = families.setdefault(name, Metric(name, "Whether a component is", "gauge"))
            metric.add_sample(name, {"component": INGESTER}, float(is_so))
        return list(families.values())

    def _of(self, gateway: str) -> Follower:
        """Who has a gateway; anybody may do what is of none that is known."""
        shard = shard_of(gateway)
        found = [each for each in self.followers if shard in each.shards]
        unknown = [each for each in self.followers if not each.shards]
        return [*found, *unknown, *self.followers][0]

    def _is_stale(self) -> bool:
        return self.ingester().status is not Condition.OK


async def _families(follower: Follower) -> list[Family]:
    try:
        found: list[Family] = await follower.ask(METRICS, None)
    except IngesterAway:
        return []
    return found


def _sums(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    summed: Counter[str] = Counter()
    for each in counts:
        summed.update(each)
    return dict(summed)
