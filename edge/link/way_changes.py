"""Keeps the uplink on the best interface that carries it: the thin shell around `ways.py`.

each second: is it connected, when did the last ack come? ─► another takes over: the connection is left, and made again
each minute, while it is not the best: a login over each better one, left at once ─► back
"""

import asyncio
import logging
from collections.abc import Callable

from edge.link.settings import UplinkSettings
from edge.link.ways import Ways
from edge.uplink import Uplink
from runtime.mqtt import MqttSession
from runtime.mqtt_connection import MqttConnection, MqttError

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
ANSWER_S = 10.0


class WayChanges:
    """Runs beside the session; `on_change` is called when the note is another."""

    def __init__(
        self,
        settings: UplinkSettings,
        session: MqttSession,
        uplink: Uplink,
        *,
        identifier: str,
        on_change: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._session = session
        self._uplink = uplink
        self._identifier = identifier
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._ways = Ways(
            settings.via, takeover_s=settings.takeover_s, return_s=settings.return_s, now_s=self._loop.time()
        )
        self._use()

    @property
    def note(self) -> str:
        """A sentence for the status; empty while the best interface is used."""
        return self._ways.note

    async def run(self) -> None:
        """Look after it until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            said = self._ways.heard(
                connected=self._session.connected, acked_s=self._uplink.acked_s,
                unheard_since_s=self._uplink.unheard_since_s, now_s=self._loop.time(),
            )  # fmt: skip
            if said:
                self._change(logging.WARNING, said)
            for name in self._ways.to_probe(now_s=self._loop.time()):
                answered = await self._answers(name)
                said = self._ways.probed(name, answered=answered, now_s=self._loop.time())
                if said:
                    self._change(logging.INFO, said)
                    break

    def _change(self, level: int, said: str) -> None:
        _log.log(level, "%s", said)
        self._use()
        self._session.renew()
        self._on_change()

    def _use(self) -> None:
        self._session.via = self._ways.name
        self._uplink.go_via(self._ways.name)

    async def _answers(self, name: str) -> bool:
        """Whether the broker says anything over an interface, be it that this id may not come in."""
        look = MqttConnection(
            self._settings, self._session.node, identifier=f"{self._identifier}-way", on_message=lambda _: None,
            answer_s=ANSWER_S, via=name,
        )  # fmt: skip
        try:
            async with look:
                return True
        except (MqttError, OSError, ValueError) as error:
            return str(error).startswith("[code:")
