"""The city's care of this gateway, tied to the agent's parts: what the city says, and what it is answered.

…/config, …/cmd ─► on_message ─► the agent's sources, uplink, status ─► …/config/reported, …/cmd/reply
"""

from collections.abc import Awaitable, Callable, Coroutine

import msgspec

from edge.check import CheckedSettings
from edge.login_change import LoginChange
from edge.remote.city_config import CityConfig
from edge.remote.commands import Answer, CityCommands, NotDone
from edge.source_manager import SourceManager
from edge.update.agents_part import UpdatePart
from edge.update.places import UpdatePlaces
from edge.uplink import Uplink
from runtime.broker_settings import BrokerSettings
from runtime.clock import boot_s
from runtime.mqtt import MqttSession
from runtime.mqtt_connection import Message
from wire import Channel, topic_of
from wire.gateway_command import DIAGNOSTICS, MAX_REPLY_BYTES, PING, READ_NOW, RESTART_SOURCE, UPDATE, GatewayCommand
from wire.gateway_config import encode_report

_Use = Callable[[CheckedSettings], Awaitable[None]]


def wishes(gateway: str) -> list[str]:
    """What is subscribed to where the broker lets it: one of an older enrolment may not."""
    return [topic_of(gateway, Channel.CONFIG), topic_of(gateway, Channel.CMD)]


class CityCare:
    """Takes the city's configuration and commands for `gateway`.

    `status` is the agent's status as it is published, in so many bytes at most; `report_health` makes readings of its
    own now; `now_ms` is UTC, or None while the clock is unknown; `for_outputs` answers commands to sirens, where this
    gateway drives them itself; `places` and `version` are those of this installation.
    """

    def __init__(
        self, city: CityConfig, login: LoginChange, *, gateway: str, session: MqttSession, uplink: Uplink,
        sources: SourceManager,
        status: Callable[[int], Awaitable[bytes]], report_health: Callable[[], Awaitable[None]],
        now_ms: Callable[[], int | None], say_soon: Callable[[], None],
        start: Callable[[Coroutine[None, None, None]], None], for_outputs: Callable[[bytes], Awaitable[bytes | None]],
        places: UpdatePlaces, version: str,
    ) -> None:  # fmt: skip
        self.city = city
        self._login = login
        city.readers["login"] = login
        self._session = session
        self._uplink = uplink
        self._sources = sources
        self._status = status
        self._report_health = report_health
        self._now_ms = now_ms
        self._say_soon = say_soon
        self._start = start
        self._for_outputs = for_outputs
        self.update = UpdatePart(
            places, version, now_ms=now_ms, now_s=boot_s, changed=say_soon, prove=self._prove_while_connected
        )
        city.readers["update"] = self.update
        self._config_topic, self._cmd_topic = wishes(gateway)
        self._reported_topic = topic_of(gateway, Channel.CONFIG_REPORTED)
        self._reply_topic = topic_of(gateway, Channel.CMD_REPLY)
        table = {
            PING: self._ping, READ_NOW: self._read_now, DIAGNOSTICS: self._diagnostics,
            RESTART_SOURCE: self._restart_source, UPDATE: self.update.ask,
        }  # fmt: skip
        self._commands = CityCommands(table, publish=self._reply, now_ms=now_ms)

    def on_message(self, message: Message) -> None:
        """Take what comes on the session with the cloud: acks go to the uplink."""
        if message.topic == self._config_topic:
            self._session.acknowledge(message)
            self.city.on_message(message.payload)
        elif message.topic == self._cmd_topic:
            self._session.acknowledge(message)
            if not message.retained:  # a command that is kept would be done again at each connection
                self._start(self._answer(message.payload))
        elif self._login.is_answer(message.payload):
            self._session.acknowledge(message)
        else:
            self._uplink.on_ack_message(message)

    async def _answer(self, payload: bytes) -> None:
        """A command is for the outputs of this gateway, for the agent, or for a device that hears it too."""
        reply = await self._for_outputs(payload)
        if reply is None:
            await self._commands.answer(payload)
        else:
            self._reply(reply)

    def connected(self) -> None:
        """The session stands: say what is in force."""
        self._report()
        self._login.connected()

    async def run(self, use: _Use) -> None:
        """Obey the city's configuration without end."""
        await self.city.run(use=use, prove=self._prove, proved_s=lambda: self._uplink.proved_s, changed=self._changed)

    def poll(self) -> None:
        """To be called each second: what is asked must not lie in the socket until an ack is wanted."""
        self._session.read_waiting()
        self._login.poll()
        self.update.poll()

    def _changed(self) -> None:
        self._report()
        self._say_soon()

    def _report(self) -> None:
        report = self.city.report(time_ms=self._now_ms())
        self._session.publish(self._reported_topic, encode_report(report), retain=True)

    def _reply(self, payload: bytes) -> None:
        self._session.publish(self._reply_topic, payload)

    async def _prove(self) -> None:
        """Send a reading at once, so that there is something to acknowledge."""
        await self._report_health()
        self._uplink.flush()

    def _prove_while_connected(self) -> bool:
        if self._session.connected:
            self._start(self._prove())
        return self._session.connected

    # --- what the city may ask

    async def _ping(self, _command: GatewayCommand) -> Answer:
        since_s = self._session.connected_since_s
        return {"time_ms": self._now_ms(), "connected_s": None if since_s is None else round(boot_s() - since_s, 1)}

    async def _read_now(self, _command: GatewayCommand) -> Answer:
        asked = await self._sources.ask_again()
        await self._prove()
        return {"asked": asked}

    async def _diagnostics(self, _command: GatewayCommand) -> Answer:
        return {
            "status": msgspec.Raw(await self._status(MAX_REPLY_BYTES - 8_192)),
            "config": msgspec.structs.replace(self.city.report(time_ms=self._now_ms()), passed_over=()),
            "link": {
                "broker": str(self._session.node),
                "short_connections": self._session.short_ones,
                "unacknowledged": self._session.unacknowledged,
            },
        }

    async def _restart_source(self, command: GatewayCommand) -> Answer:
        if not await self._sources.restart(command.source):
            known = ", ".join(tally.name for tally in self._sources.tallies)[:200]
            raise NotDone(f"there is no source {command.source!r} here; there are: {known or 'none'}")
        return {"source": command.source}


def use_link(session: MqttSession, broker: BrokerSettings) -> None:
    """Connect by other settings; at once where these changed."""
    if broker.keepalive_s != session.broker.keepalive_s:
        session.broker = broker
        session.renew()
