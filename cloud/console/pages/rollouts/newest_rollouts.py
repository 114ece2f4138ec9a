"""The newest rollouts as they stand in the registry, read once for all who look at the page, and not more often.

read() ─► rollouts, the newest first · gateways of the newest, those first that need somebody · versions
"""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from cloud.platform import Platform
from cloud.updates.rollout import Member, MemberState, RolloutProgress
from runtime.clock import boot_s

if TYPE_CHECKING:
    from cloud.updates.rollouts import Rollouts

HELD_S = 2.0
MOST_ROLLOUTS = 10
MOST_MEMBERS = 50
_FIRST = (MemberState.FAILED, MemberState.ASKED, MemberState.LEFT_OUT, MemberState.WAITING, MemberState.CONFIRMED)


class FoundRollouts(msgspec.Struct, frozen=True):
    """What was read; `versions` are those published with their architectures, `run` how many run one, and online."""

    rollouts: tuple[RolloutProgress, ...]
    members: tuple[Member, ...]
    versions: Mapping[str, list[str]]
    run: Mapping[str, tuple[int, int]]


class NewestRollouts:
    """Reads and holds them."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._held: tuple[float, FoundRollouts] | None = None

    def forget(self) -> None:
        """Read them again: somebody has changed something."""
        self._held = None

    async def read(self, rollouts: "Rollouts") -> FoundRollouts:
        """Return them as of HELD_S ago at most."""
        if self._held is None or boot_s() - self._held[0] >= HELD_S:
            recent = tuple(await rollouts.recent(limit=MOST_ROLLOUTS))
            members = await _members(rollouts, recent[0].rollout.id) if recent else ()
            self._held = boot_s(), FoundRollouts(recent, members, rollouts.versions(), self._run())
        return self._held[1]

    def _run(self) -> dict[str, tuple[int, int]]:
        run, online = Counter[str](), Counter[str]()
        for gateway in self._platform.registry.gateways():
            status = self._platform.statuses.status(gateway.id)
            if status is not None:
                run[status.version] += 1
                online[status.version] += status.online
        return {version: (count, online[version]) for version, count in run.items()}


async def _members(rollouts: "Rollouts", number: int) -> tuple[Member, ...]:
    found: list[Member] = []
    for state in _FIRST:
        if len(found) < MOST_MEMBERS:
            found += await rollouts.members(number, (state,), limit=MOST_MEMBERS - len(found))
    return tuple(found)
