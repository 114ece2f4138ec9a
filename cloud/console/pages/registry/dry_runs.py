"""Files that people have looked at and may take over: what each would do, held in memory for a while, a file a person.

held = DryRuns();  held.put("ani", dry_run)  ─►  held.of("ani", token)        gone after a restart: it is sent again
"""

from collections.abc import Sequence

import msgspec

from cloud.core.bounded_cache import BoundedCache
from cloud.registry.change_rows import RecordEdit
from runtime.clock import boot_s

HELD_S = 1_800.0
"""How long somebody may look at what a file would do before it is sent again."""
MOST_HELD = 4
"""Files at once, each as long as the door lets in; one more takes the oldest one's place."""


class FileProblem(msgspec.Struct, frozen=True):
    """Why something of a file cannot be taken over; `line` is where it stands, if that is known."""

    line: int | None
    sentence: str


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """A file and what it would do to the registry of `edition`; of readings `counts` says how many.

    `fits` says whether anything can be taken over; `problems` are as many as are shown of `left_out`.
    """

    token: str
    kind: str
    name: str
    text: str
    edition: int
    zone: str = ""
    edits: Sequence[RecordEdit] = ()
    count: int = 0
    stored: int = 0
    known: int = 0
    problems: Sequence[FileProblem] = ()
    left_out: int = 0

    @property
    def fits(self) -> bool:
        """Whether there is something in it that would be taken over."""
        return bool(self.count or self.stored)


class DryRuns:
    """The newest dry run of each person."""

    def __init__(self) -> None:
        self._held = BoundedCache[str, tuple[float, DryRun]](MOST_HELD)

    def put(self, person: str, dry_run: DryRun) -> None:
        """Hold what somebody has looked at."""
        self._held[person] = boot_s(), dry_run

    def of(self, person: str) -> DryRun | None:
        """What somebody has looked at; None where that is too long ago, or nothing."""
        held = self._held.get(person)
        if held is not None and boot_s() - held[0] > HELD_S:
            self.forget(person)
            return None
        return None if held is None else held[1]

    def forget(self, person: str) -> None:
        """Let go of a file."""
        self._held.pop(person, None)
