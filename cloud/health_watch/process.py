"""The watch's process: ask every URL, judge, notify; and once a week say that it lives.

every_s ─► ask all at once ─► judge ─► lines ─► notifications, saved ─► each over its channel until it is taken
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

import httpx

from cloud.health_watch.memory import load, save
from cloud.health_watch.messages import life_sign, notice_line, notifications
from cloud.health_watch.probe import ProbeResult, probe, server_of
from cloud.health_watch.settings import WatchSettings
from cloud.health_watch.verdict import ServerVerdict, WatchNotice, judge
from cloud.notify.channels.catalog import sender_of
from cloud.notify.contract import ChannelContext, Later, Outcome, Sender, Sent
from cloud.notify.notifications import AlarmLine, Notification
from runtime import sd_notify
from runtime.broker_settings import TlsSettings
from runtime.clock import boot_s, wall_ms
from wire.durations import DAY_MS

_log = logging.getLogger(__name__)


class HealthWatch:
    """Asks `addresses` with `client`, and notifies with `outgoing`, which trusts the system's authorities."""

    def __init__(
        self,
        settings: WatchSettings,
        addresses: Sequence[str],
        client: httpx.AsyncClient,
        outgoing: httpx.AsyncClient,
        *,
        clock_s: Callable[[], float] = boot_s,
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self._settings = settings
        self._addresses = tuple(dict.fromkeys(addresses))
        self._client = client
        self._clock_s = clock_s
        self._now_ms = now_ms
        self._memory = load(settings.state)
        began_s = clock_s()
        self._verdicts = {
            address: ServerVerdict(notified_s=began_s if address in self._memory.notified else None)
            for address in self._addresses
        }
        context = ChannelContext(outgoing, _no_broker, _no_warnings, "")
        self._senders: dict[str, Sender] = {channel.name: sender_of(channel, context) for channel in settings.channels}
        self._seen: dict[str, ProbeResult] = {}

    async def run(self) -> None:
        """Watch until cancelled."""
        _log.info("watching %s every %g s", ", ".join(map(server_of, self._addresses)), self._settings.every_s)
        limit_s = sd_notify.watchdog_s()
        while True:
            await self.poll()
            sd_notify.show_ready(self._sentence())  # again and again: it is the status, too
            await self._rest(self._settings.every_s, limit_s)

    async def _rest(self, seconds: float, limit_s: float | None) -> None:
        """Wait for the next poll; systemd hears meanwhile that there will be one."""
        end_s = self._clock_s() + seconds
        while (left_s := end_s - self._clock_s()) > 0:
            sd_notify.feed_watchdog()
            await asyncio.sleep(left_s if limit_s is None else min(left_s, limit_s / 4))

    def _sentence(self) -> str:
        return "; ".join(f"{server_of(address)} {seen.what}" for address, seen in self._seen.items())

    async def poll(self) -> None:
        """Ask everybody once, and notify of what has changed."""
        seen = await asyncio.gather(*(probe(self._client, address) for address in self._addresses))
        for address, answer in zip(self._addresses, seen, strict=True):
            self._judge(address, answer)
        if abs(self._now_ms() - self._memory.life_sign_ms) >= self._settings.life_sign_days * DAY_MS:
            self.queue_life_sign()
        await self.deliver()

    def queue_life_sign(self) -> None:
        """Put the sign that the watch lives among the notifications that wait."""
        self._memory.life_sign_ms = self._now_ms()
        seen = {server_of(address): answer.what for address, answer in self._seen.items()}
        self._queue(life_sign(self._settings, seen, now_ms=self._now_ms()))

    async def deliver(self) -> list[tuple[str, Outcome]]:
        """Try each notification that waits once, all at once; what is not taken waits for the next poll."""
        waiting, self._memory.waiting = self._memory.waiting, []
        outcomes = await asyncio.gather(*(self._send(notification) for notification in waiting))
        for notification, outcome in zip(waiting, outcomes, strict=True):
            if isinstance(outcome, Later):
                self._memory.waiting.append(notification)
            if not isinstance(outcome, Sent):
                _log.warning("channel %s: %s", notification.channel, outcome.problem)
        if waiting:
            save(self._settings.state, self._memory)
        return [(notification.channel, outcome) for notification, outcome in zip(waiting, outcomes, strict=True)]

    def _judge(self, address: str, answer: ProbeResult) -> None:
        settings, now_ms = self._settings, self._now_ms()
        before = self._seen.get(address)
        if before is None or before.good != answer.good:
            _log.info("%s %s", server_of(address), answer.what)
        self._seen[address] = answer
        verdict, notice = judge(
            self._verdicts[address], answer, now_s=self._clock_s(), every_s=settings.every_s, after_s=settings.after_s,
            again_s=settings.again_h * 3_600,
        )  # fmt: skip
        self._verdicts[address] = verdict
        if notice is None:
            return
        since_ms = self._memory.notified.get(address, now_ms - self._bad_for_ms(verdict))
        if notice is WatchNotice.BACK:
            self._memory.notified.pop(address, None)
        else:
            self._memory.notified[address] = since_ms
        self._queue(
            notice_line(settings, server_of(address), notice, what=answer.what, since_ms=since_ms, now_ms=now_ms)
        )

    def _bad_for_ms(self, verdict: ServerVerdict) -> int:
        return 0 if verdict.bad_s is None else round((self._clock_s() - verdict.bad_s) * 1_000)

    def _queue(self, line: AlarmLine) -> None:
        for channel in self._settings.channels:
            self._memory.waiting += notifications(self._settings, channel, line)
        save(self._settings.state, self._memory)

    async def _send(self, notification: Notification) -> Outcome:
        channel = next((each for each in self._settings.channels if each.name == notification.channel), None)
        if channel is None:
            return Sent("the settings have no such channel any more")
        try:
            async with asyncio.timeout(channel.timeout_s):
                return await self._senders[channel.name].send(notification)
        except TimeoutError:
            return Later(f"no answer within {channel.timeout_s:g} s", unsure=True)


def new_client(settings: WatchSettings) -> httpx.AsyncClient:
    """A client that verifies servers, against `ca` or the system's authorities, and follows no redirect.

    OSError or ssl.SSLError for an unusable `ca`.
    """
    return httpx.AsyncClient(verify=TlsSettings(ca=settings.ca).context(), timeout=settings.timeout_s)


def _no_broker(_topic: str, _payload: bytes) -> bool:
    return False


async def _no_warnings(_events: tuple[int, ...]) -> dict[str, bytes]:
    return {}
