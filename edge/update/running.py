"""The agent that runs, as an updater sees it over the control socket: its version, what it reads, whether it is heard.

{"version":"1.2.0","time_ms":…,"sources":[{"name":"river","state":"ok"}],"clock":{"state":"synced"},
 "link":{"proved_age_s":3.2,"gathers_s":60},"alarms":[{"sensor":"river-daruba-1","sounded_ms":…}]}

A part of what `status` answers, and a contract between versions: an updater of an older one asks a newer agent. These
fields stay.
"""

import contextlib
from pathlib import Path

import msgspec

from edge.control.client import AgentUnreachable, ask_once
from edge.control.paths import control_path
from wire import Clock, SourceStatus

_LATELY_S = 60.0


class RunningSource(msgspec.Struct, frozen=True):
    """A source, and how it is doing."""

    name: str
    state: SourceStatus


class RunningClock(msgspec.Struct, frozen=True):
    """Whether the agent knows the time."""

    state: Clock


class RunningLink(msgspec.Struct, frozen=True, omit_defaults=True):
    """`proved_age_s`: how long ago that was sent which the cloud acknowledged last; None: nothing yet.

    Readings are gathered for `gathers_s` before they are sent.
    """

    proved_age_s: float | None = None
    gathers_s: float = 0.0


class RunningAlarm(msgspec.Struct, frozen=True, omit_defaults=True):
    """An alarm that this gateway has raised and that is open; `sounded_ms`: an output has been on for it since."""

    sensor: str
    sounded_ms: int = 0


class RunningVersion(msgspec.Struct, frozen=True):
    """The agent that runs, since it started."""

    version: str
    time_ms: int
    sources: tuple[RunningSource, ...]
    clock: RunningClock
    link: RunningLink
    alarms: tuple[RunningAlarm, ...] = ()

    @property
    def is_acknowledged(self) -> bool:
        """Whether the cloud has acknowledged what this agent sent since it started."""
        return self.link.proved_age_s is not None

    @property
    def is_heard(self) -> bool:
        """Whether it has acknowledged what was sent lately."""
        return self.link.proved_age_s is not None and self.link.proved_age_s <= _LATELY_S

    @property
    def sounds_for(self) -> tuple[str, ...]:
        """The sensors for whose alarms a siren is on."""
        return tuple(alarm.sensor for alarm in self.alarms if alarm.sounded_ms)

    def names(self, state: SourceStatus) -> tuple[str, ...]:
        """The sources that are in `state`."""
        return tuple(source.name for source in self.sources if source.state is state)


_DECODER = msgspec.json.Decoder(RunningVersion)


def running_version(spool: Path) -> RunningVersion | None:
    """What the agent with this spool says; None where none answers, or in words of its own."""
    with contextlib.suppress(AgentUnreachable, msgspec.MsgspecError):
        return _DECODER.decode(ask_once(control_path(spool), "status"))
    return None
