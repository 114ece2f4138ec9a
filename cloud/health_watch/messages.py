"""What the watch says, as notifications that every channel can send.

EXTREME · https://siaga.morotai.go.id gives no good answer · watch on gw-daruba
Do: it cannot be reached: Connection refused (since 24 Nov 12:07) …
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from cloud.health_watch.settings import Channel, WatchSettings
from cloud.health_watch.verdict import WatchNotice
from cloud.notify.notifications import AlarmLine, Notification
from i18n.catalog import LanguageCode, catalog_of
from rules.rule import RuleKind, Severity

_WHAT = {
    #                 kind      English                      Indonesian
    WatchNotice.GONE:       ("raised", "gives no good answer",       "tidak menjawab dengan baik"),
    WatchNotice.STILL_GONE: ("raised", "still gives no good answer", "masih tidak menjawab dengan baik"),
    WatchNotice.BACK:       ("closed", "gives no good answer",       "tidak menjawab dengan baik"),
}  # fmt: skip
_ADVICE = """{what}, since {since} UTC. Look at the server: power, network, docs/operations.md. Gateways keep their \
readings; no alarm is raised until it is back."""
_ADVICE_ID = """{what}, sejak {since} UTC. Periksa server: listrik, jaringan, docs/operations.md. Gateway menyimpan \
datanya; tidak ada peringatan sampai server kembali."""


def notice_line(
    settings: WatchSettings, server: str, notice: WatchNotice, *, what: str, since_ms: int, now_ms: int
) -> AlarmLine:
    """Return the line of a server that is gone, or back."""
    kind, english, indonesian = _WHAT[notice]
    whats = _in_both(what)
    since = f"{datetime.fromtimestamp(since_ms / 1_000, UTC):%Y-%m-%d %H:%M}"
    return _line(
        settings, kind, (f"{server} {english}", f"{server} {indonesian}"),
        advice=(_ADVICE.format(what=whats[0], since=since), _ADVICE_ID.format(what=whats[1], since=since)),
        severity=Severity.EXTREME, since_ms=since_ms, now_ms=now_ms,
    )  # fmt: skip


def life_sign(settings: WatchSettings, seen: Mapping[str, str], *, now_ms: int) -> AlarmLine:
    """Return the line that says that the watch lives, and what it sees of each server."""
    every_s = settings.every_s
    states = {server: _in_both(what) for server, what in seen.items()}
    english, indonesian = ("; ".join(f"{server} {whats[n]}" for server, whats in states.items()) for n in (0, 1))
    return _line(
        settings, "raised", (f"The {settings.name} lives", f"Pengawas {settings.name} hidup"),
        advice=(f"It asks every {every_s:g} s: {english}", f"Ditanya tiap {every_s:g} detik: {indonesian}"),
        severity=Severity.MINOR, since_ms=now_ms, now_ms=now_ms, test=True,
    )  # fmt: skip


def notifications(settings: WatchSettings, channel: Channel, line: AlarmLine) -> list[Notification]:
    """Return a notification for each address of a channel; each with a key of its own, the same at every attempt."""
    message = f"watch-{secrets.token_hex(8)}"
    return [
        Notification(
            key=f"{message}:{channel.name}:{number}", message=message, step=0, channel=channel.name, person="",
            address=address, language=settings.language, made_ms=line.time_ms, lines=(line,), test=line.test,
        )
        for number, address in enumerate(channel.own_addresses())
    ]  # fmt: skip


def _in_both(what: str) -> tuple[str, str]:
    """What a server did, in English and Indonesian."""
    return catalog_of(LanguageCode.ENGLISH).said(what), catalog_of(LanguageCode.INDONESIAN).said(what)


def _line(
    settings: WatchSettings, kind: str, names: tuple[str, str], *, advice: tuple[str, str], severity: Severity,
    since_ms: int, now_ms: int, test: bool = False,
) -> AlarmLine:  # fmt: skip
    return AlarmLine(
        event=0, alarm=0, kind=kind, late=False, test=test, severity=severity, level_name=names[0],
        level_name_id=names[1], title=names[0], title_id=names[1], advice=advice[0], advice_id=advice[1], site="",
        site_name=settings.name, place="", zone="UTC", gateway="", sensor="", sensor_name="", quantity="",
        watch=RuleKind.ABOVE, value=0.0, limit=0.0, window_s=0.0, for_s=0.0, of=None, also="", opened_ms=since_ms,
        time_ms=now_ms,
    )  # fmt: skip
