"""The self-test of one channel: one message over it, and what came of that.

notification_for_test ─► outbox ─► attempt ─► outcome_of_message ─► with_answer ─► ChannelTestResult(sent, sentence)
"""

import asyncio
import secrets
from collections.abc import Collection

import msgspec
from sqlalchemy import func, select

from cloud.database.engine import Database
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.notifications import AlarmLine, Notification
from cloud.notify.recipients import Recipient, channel_recipients, person_recipients
from cloud.notify.self_test import FAMILY, RULE, site_for_tests
from cloud.notify.settings import NotifySettings
from cloud.notify.tables import DeliveryRow
from cloud.registry.snapshot import Registry

ANSWER_WITHIN_S = 5.0
"""How long a device may take to answer the command of a test."""
_POLL_S = 0.1


class ChannelTestResult(msgspec.Struct, frozen=True):
    """What came of the test of a channel."""

    sent: bool
    sentence: str


def notification_for_test(
    settings: NotifySettings, registry: Registry, channel: str, *, now_ms: int, sites: Collection[str] | None
) -> Notification:
    """Return a test message for one channel, in the name of one of `sites` (None: any)."""
    site = site_for_tests(registry, sites)
    level = RULE.levels[0]
    line = AlarmLine(
        event=0, alarm=0, kind="raised", late=False, test=True, severity=level.severity,
        level_name=level.name, level_name_id=level.name_id, title=RULE.title, title_id=RULE.title_id,
        advice=RULE.advice, advice_id=RULE.advice_id, site="" if site is None else site.id,
        site_name=registry.city.name, place="", zone=registry.city.zone, gateway="siaga",
        sensor=FAMILY, sensor_name=FAMILY, quantity=RULE.quantity, watch=RULE.kind, value=0.0, limit=0.0,
        window_s=RULE.window_s, for_s=0.0, of=None, also="", opened_ms=now_ms, time_ms=now_ms,
    )  # fmt: skip
    return Notification(
        key="", message=f"test-{secrets.token_hex(8)}", step=0, channel=channel, person="",
        address="", language=settings.language, made_ms=now_ms, lines=(line,), test=True, single_attempt=True,
    )  # fmt: skip


def recipients_for_test(settings: NotifySettings, channel: ChannelSettings) -> list[Recipient]:
    """Return the channel's own addresses, or the first person whom it reaches."""
    people = [each for person in settings.people for each in person_recipients(settings, channel, person.name)]
    return channel_recipients(settings, channel) or people[:1]


async def outcome_of_message(database: Database, message: str, *, within_s: float) -> ChannelTestResult:
    """Wait for the outcome of all deliveries of `message`."""
    query = (
        select(DeliveryRow.sent, DeliveryRow.outcome, DeliveryRow.done_ms)
        .where(DeliveryRow.message == message)
        .order_by(DeliveryRow.id)
    )
    for _ in range(round(within_s / _POLL_S)):
        rows = await database.run(lambda connection: connection.execute(query).all())
        if rows and all(row.done_ms is not None for row in rows):
            return ChannelTestResult(all(row.sent for row in rows), "; ".join(row.outcome for row in rows))
        await asyncio.sleep(_POLL_S)
    return ChannelTestResult(False, f"no outcome within {within_s:g} s; look at the channel's state")


async def with_answer(database: Database, message: str, result: ChannelTestResult) -> ChannelTestResult:
    """Wait for a device's answer to `message`: the broker takes a command that nobody hears, too."""
    query = select(func.max(DeliveryRow.answered_ms)).where(DeliveryRow.message == message)
    for _ in range(round(ANSWER_WITHIN_S / _POLL_S)):
        if await database.run(lambda connection: connection.execute(query).scalar_one()):
            return ChannelTestResult(True, "a device has answered")
        await asyncio.sleep(_POLL_S)
    silence = f"no device has answered within {ANSWER_WITHIN_S:g} s, so nobody may hear it"
    return ChannelTestResult(True, f"{result.sentence}; {silence}")
