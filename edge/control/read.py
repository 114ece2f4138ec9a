"""{"request":"read","source":"river"}: what passes through a source from now on, an event a line, to its end.

A line comes each second at least, so a client that has gone is noticed, and one that waits knows that the agent lives.
"""

from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from edge.control.lines import BadLine
from edge.control.requests import RunningAgent
from edge.control.tap import SourceTap
from edge.sources.tally import SourceTally

EVERY_S = 1.0
_MOST_NAMED = 10


async def respond(agent: RunningAgent, request: dict[str, Any]) -> AsyncGenerator[msgspec.Struct, None]:
    """Events, until the source is started anew or is named no more."""
    tally = tally_of(agent, request.get("source"))
    tap = SourceTap()
    tally.taps = (*tally.taps, tap)
    try:
        while any(each is tally for each in agent.sources.tallies):
            yield await tap.next_event(EVERY_S)
    finally:
        tally.taps = tuple(each for each in tally.taps if each is not tap)


def tally_of(agent: RunningAgent, name: object) -> SourceTally:
    """The source of this name; BadLine where there is none."""
    tallies = {tally.name: tally for tally in agent.sources.tallies}
    if not isinstance(name, str) or name not in tallies:
        known = ", ".join(list(tallies)[:_MOST_NAMED]) or "none"
        raise BadLine(f"there is no source {str(name)[:40]!r}; there are: {known}")
    return tallies[name]
