"""Gateways simulated, as far as an update goes: they answer the command and say on their status what becomes of it.

Held to edge/update: a command is done once by its key, a second one is refused while an update is under way.
"""

import msgspec

from wire import Channel, Clock, Status, topic_of
from wire.gateway_command import COMMAND_VERSION, CommandReply, GatewayCommand, decode_command, encode_reply
from wire.gateway_update import UpdateState, UpdateStatus
from wire.status import encode_status

STEPS = (UpdateState.FETCHING, UpdateState.INSTALLING, UpdateState.ON_TRIAL)


class GatewaySimulated:
    """A gateway that runs `version`; `goes` is how an update ends there, `rejects` why it takes no command."""

    def __init__(
        self, name: str, *, version: str = "1.0.0", arch: str = "aarch64", goes: UpdateState = UpdateState.CONFIRMED,
        rejects: str = "",
    ) -> None:  # fmt: skip
        self.name, self.version, self.arch, self.goes, self.rejects = name, version, arch, goes, rejects
        self.online = True
        self.update: UpdateStatus | None = None
        self.installed: list[str] = []
        self._before = version
        self._replies: dict[str, bytes] = {}
        self._time_ms = 0

    @property
    def topic(self) -> str:
        """Where it is asked."""
        return topic_of(self.name, Channel.CMD)

    def status(self) -> bytes:
        """What it says of itself now."""
        self._time_ms += 1
        status = Status(
            1, self.online, self.name, self.version, "boot", "stream", self._time_ms, Clock.SYNCED, update=self.update,
            arch=self.arch,
        )  # fmt: skip
        return encode_status(status)

    def on_command(self, payload: bytes) -> bytes | None:
        """Its reply; None while it is offline."""
        command = decode_command(payload)
        if not self.online or command is None:
            return None
        if command.key not in self._replies:
            problem = self.rejects or self._why_not(command)
            self._replies[command.key] = encode_reply(
                CommandReply(COMMAND_VERSION, command.key, not problem, problem, msgspec.Raw(b"{}"))
            )
            if not problem:
                self._say(command.version, UpdateState.FETCHING)
        return self._replies[command.key]

    def step(self) -> None:
        """Go on with an update that is under way."""
        if self.update is None or not self.update.state.is_under_way:
            return
        version, place = self.update.version, STEPS.index(self.update.state)
        if self.goes is UpdateState.REFUSED:
            self._say(version, UpdateState.REFUSED, "the archive is not signed")
        elif place + 1 < len(STEPS):
            self._say(version, STEPS[place + 1])
            if STEPS[place + 1] is UpdateState.ON_TRIAL:
                self._before, self.version = self.version, version
                self.installed.append(version)
        else:
            if self.goes is UpdateState.ROLLED_BACK:
                self.version = self._before
            self._say(version, self.goes, "" if self.goes is UpdateState.CONFIRMED else "nothing was acknowledged")

    def restart(self) -> None:
        """The agent starts again: its replies are forgotten, the update is not."""
        self._replies.clear()

    def _why_not(self, command: GatewayCommand) -> str:
        if self.update is not None and self.update.state.is_under_way:
            return f"an update to {self.update.version} is under way; wait for its end"
        return f"version {command.version} runs here already" if command.version == self.version else ""

    def _say(self, version: str, state: UpdateState, reason: str = "") -> None:
        self._time_ms += 1
        self.update = UpdateStatus(version, state, reason, self._time_ms)
