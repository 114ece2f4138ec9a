"""Sirens and signs, by MQTT: a command, never retained, so that nothing sounds when it comes back after the storm.

siaga/v1/2f/gw-daruba/cmd   {"v":1,"command":"alarm","key":"9c41…","on":true,"expires":"…","severity":"extreme", …}
`on` is true while the alarm calls for it and false when it is over; a device that has seen `key` does nothing twice. A
gateway that drives sirens itself obeys until `expires`, and its own alarms come first.
"""

from collections.abc import Iterable
from itertools import groupby

import msgspec

from cloud.core.times import rfc_3339
from cloud.notify.channels.mqtt.settings import MqttChannel
from cloud.notify.contract import ChannelContext, Later, Never, Outcome, Sent
from cloud.notify.notifications import AlarmLine, Notification
from cloud.notify.texts import CLOSED_KINDS, headline
from i18n.catalog import catalog_of
from wire import Channel, WireError, topic_of

EXPIRES_MS = 15 * 60_000
"""So long a siren sounds by the cloud's word alone; what lasts longer its gateway's own rules say again."""


class MqttCommands:
    """Commands on one topic, or on that of each alarm's gateway."""

    def __init__(self, settings: MqttChannel, context: ChannelContext) -> None:
        self._settings = settings
        self._publish = context.publish

    async def send(self, notification: Notification) -> Outcome:
        """Publish a command for each topic that the notification's alarms belong to."""
        try:
            commands = list(self._commands(notification))
        except WireError as error:
            return Never(str(error))
        for topic, payload in commands:
            if not self._publish(topic, payload):
                return Later("there is no connection to the broker")
        return Sent(f"published {len(commands)}")

    def _commands(self, notification: Notification) -> Iterable[tuple[str, bytes]]:
        fresh = sorted((line for line in notification.lines if not line.repeated), key=self._topic)
        for topic, lines in groupby(fresh, key=self._topic):
            yield topic, msgspec.json.encode(command(notification, list(lines), self._settings.command))

    def _topic(self, line: AlarmLine) -> str:
        return self._settings.topic or topic_of(line.gateway, Channel.CMD)


def command(notification: Notification, lines: list[AlarmLine], name: str) -> dict[str, object]:
    """Return what a siren or a sign gets: on if any of the alarms calls for it, and the worst of them in words."""
    calling = [line for line in lines if line.kind not in CLOSED_KINDS]
    shown = (calling or lines)[0]
    return {
        "v": 1,
        "command": name,
        "key": notification.key,
        "made": rfc_3339(notification.made_ms),
        "expires": rfc_3339(notification.made_ms + EXPIRES_MS),
        "test": notification.test,
        "on": bool(calling),
        "severity": shown.severity,
        "text": {code: headline(shown, catalog_of(code)) for code in ("en", "id")},
        "alarms": [
            {"alarm": line.alarm, "site": line.site, "sensor": line.sensor, "on": line in calling} for line in lines
        ],
    }
