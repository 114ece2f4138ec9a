"""A notification of one alarm, to be changed:  notification(line(kind="closed"), language="id")"""

from typing import Any

import httpx
import msgspec

from cloud.notify.contract import ChannelContext, Publish
from cloud.notify.notifications import AlarmLine, Notification
from rules.rule import RuleKind, Severity
from tests.unit.cloud.notify.scene import T0

LINE = AlarmLine(
    event=1, alarm=17, kind="raised", late=False, test=False, severity=Severity.EXTREME, level_name="Siaga 1",
    level_name_id="Siaga 1", title="River level", title_id="Tinggi sungai", advice="Sound the siren.",
    advice_id="Bunyikan sirene.", site="daruba", site_name="Daruba river", place="Daruba", zone="Asia/Jayapura",
    gateway="gw-daruba", sensor="gauge-0", sensor_name="Gauge 0", quantity="water_level", watch=RuleKind.ABOVE,
    value=1_325.5, limit=320.0, window_s=600, for_s=60, of=None, also="", opened_ms=T0, time_ms=T0,
)  # fmt: skip


def notification(*lines: AlarmLine, language: str = "en", **more: Any) -> Notification:
    given = {"key": "k", "message": "m", "step": 1, "channel": "c", "person": "", "address": "", "made_ms": T0, **more}
    return Notification(language=language, lines=lines, **given)


def line(**changes: Any) -> AlarmLine:
    return msgspec.structs.replace(LINE, **changes)


def channel_context(client: httpx.AsyncClient, publish: Publish = lambda _topic, _payload: False) -> ChannelContext:
    return ChannelContext(client, publish, _no_warnings, "https://siaga.test")


async def _no_warnings(_events: tuple[int, ...]) -> dict[str, bytes]:
    return {}
