"""CAP 1.2 (OASIS, 1 July 2010): an alarm as the warning that other authorities' systems read.

raised ─► Alert      worsened, eased ─► Update      closed, withdrawn, retired ─► Cancel    each refers to those before
<alert> identifier sender sent status msgType scope references? <info en> <info id>
<info>  language category event responseType urgency severity certainty effective onset expires senderName headline
        description instruction web contact <area> areaDesc (polygon | circle)
Elements stand in the order of the specification's schema.
"""

import logging
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Row, func, or_, select

from cloud.alarms.tables import AlarmEventRow, AlarmRow
from cloud.notify.notifications import AlarmLine, line_of
from cloud.notify.router import rule_of
from cloud.notify.settings import CapSettings
from cloud.notify.texts import (
    CLOSED_KINDS,
    HOW_SURE,
    advice,
    certainty,
    description,
    headline,
    link,
)
from cloud.registry.records import Site
from cloud.registry.snapshot import Registry
from i18n.catalog import Catalog, LanguageCode, catalog_of
from rules.rule import OWN_FAMILIES, Severity
from wire import printable
from wire.durations import DAY_MS

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MESSAGE_TYPES = {
    "raised": "Alert", "worsened": "Update", "eased": "Update",
    "closed": "Cancel", "withdrawn": "Cancel", "retired": "Cancel",
}  # fmt: skip
URGENT = (Severity.SEVERE, Severity.EXTREME)
_log = logging.getLogger(__name__)
FEED_MS = DAY_MS
"""How long a warning that is over stays in the feed."""


class CapMessage(msgspec.Struct, frozen=True):
    """One CAP message; `event` is the row of `alarm_events` that it is about, `sent_ms` UTC."""

    event: int
    identifier: str
    sent_ms: int
    site: str
    headline: str
    xml: bytes


class CapMessages:
    """The CAP messages of the city in `registry`, as `settings` sign them."""

    def __init__(self, settings: CapSettings, registry: Registry, *, console: str) -> None:
        self._settings = settings
        self._registry = registry
        self._console = console

    def feed(self, connection: Connection, now_ms: int) -> list[CapMessage]:
        """Return the newest message of each alarm that is open or ended within a day, the newest first; no tests."""
        ended = AlarmEventRow.at_ms > now_ms - FEED_MS
        recent = select(AlarmEventRow.alarm).where(AlarmEventRow.kind.in_(CLOSED_KINDS), ended)
        query = select(AlarmRow.id).where(
            AlarmRow.test.is_(False),
            AlarmRow.family.not_in(OWN_FAMILIES),
            or_(AlarmRow.closed_ms.is_(None), AlarmRow.id.in_(recent)),
        )
        chains = self._chains(connection, connection.execute(query).scalars().all())
        newest = [chain[-1] for chain in chains if chain]
        return sorted(newest, key=lambda warning: -warning.event)

    def of_event(self, connection: Connection, event: int) -> CapMessage | None:
        """Return the message about one event; None where it is no warning."""
        alarm = connection.execute(select(AlarmEventRow.alarm).where(AlarmEventRow.id == event)).scalar_one_or_none()
        chains = [] if alarm is None else self._chains(connection, [alarm])
        return next((warning for chain in chains for warning in chain if warning.event == event), None)

    def up_to(self, connection: Connection, events: Iterable[int]) -> dict[str, bytes]:
        """Return by identifier the messages of `events` and of what came before them in their alarms."""
        last = connection.execute(
            select(AlarmEventRow.alarm, func.max(AlarmEventRow.id))
            .where(AlarmEventRow.id.in_(list(events)))
            .group_by(AlarmEventRow.alarm)
        )
        newest = {alarm: event for alarm, event in last}  # noqa: C416 - rows are no pairs to mypy
        chains = zip(newest.values(), self._chains(connection, list(newest)), strict=True)
        return {
            warning.identifier: warning.xml for event, chain in chains for warning in chain if warning.event <= event
        }

    def _chains(self, connection: Connection, alarms: Sequence[int]) -> list[list[CapMessage]]:
        """Return for each of `alarms` its messages, the oldest first."""
        rows = connection.execute(select(*AlarmRow.__table__.columns).where(AlarmRow.id.in_(alarms)))
        alarm_of = {row.id: row for row in rows}
        events = select(*AlarmEventRow.__table__.columns).where(
            AlarmEventRow.alarm.in_(alarms), AlarmEventRow.kind.in_(MESSAGE_TYPES), AlarmEventRow.late.is_(False)
        )
        events_of: dict[int, list[Any]] = defaultdict(list)
        for event in connection.execute(events.order_by(AlarmEventRow.id)):
            events_of[event.alarm].append(event)
        return [self._safe_chain(alarm_of[alarm], events_of[alarm]) if alarm in alarm_of else [] for alarm in alarms]

    def _safe_chain(self, alarm: Row[Any], events: Sequence[Any]) -> list[CapMessage]:
        """Return the messages of one alarm; none, and a line in the log, where they cannot be written."""
        try:
            return self._chain(alarm, events)
        except Exception:
            _log.exception("the warnings of alarm %d cannot be written", alarm.id)
            return []

    def _chain(self, alarm: Row[Any], events: Sequence[Any]) -> list[CapMessage]:
        chain: list[CapMessage] = []
        references: list[str] = []
        if alarm.family in OWN_FAMILIES:
            return []  # the platform's own troubles are nobody's warning but the operator's
        for event in events:
            if event.kind == "withdrawn" and not alarm.withdrawn:
                continue  # a part of the alarm was taken back, and the alarm stands
            if not chain and event.kind not in ("raised", "worsened"):
                continue  # there is no message that this could change
            line = line_of(alarm, event, rule_of(alarm.rule), self._registry)
            warning = self._warning(line, event.at_ms, references)
            chain.append(warning)
            references.append(f"{self._settings.sender},{warning.identifier},{cap_time(event.at_ms, line.zone)}")
        return chain

    def _category(self, line: AlarmLine) -> str:
        """What kind of danger it is: that of the quantity's domain."""
        domain = None if line.row is None else self._registry.quantities.domains.get(line.row.domain)
        return "Other" if domain is None else domain.category

    def _warning(self, line: AlarmLine, sent_ms: int, references: Sequence[str]) -> CapMessage:
        identifier = f"siaga-{line.alarm}-{line.event}"
        alert = ET.Element("alert", xmlns=NAMESPACE)
        settings = self._settings
        rows = {
            "identifier": identifier,
            "sender": settings.sender,
            "sent": cap_time(sent_ms, line.zone),
            "status": "Test" if line.test else settings.status,
            "msgType": MESSAGE_TYPES[line.kind] if references else "Alert",
            "scope": "Public",
            "references": " ".join(references),
        }
        _add(alert, rows)
        site = self._registry.site(line.site)
        for code in (LanguageCode.ENGLISH, LanguageCode.INDONESIAN):
            info = ET.SubElement(alert, "info")
            _add(info, _info(line, catalog_of(code), settings, sent_ms, self._console, self._category(line)))
            _add(ET.SubElement(info, "area"), area(site, line, settings.radius_km))
        content: bytes = ET.tostring(alert, encoding="utf-8", xml_declaration=True)
        return CapMessage(line.event, identifier, sent_ms, line.site, headline(line, catalog_of("en")), content)


def cap_time(time_ms: int, zone: str) -> str:
    """Return a dateTime of CAP: local time with its offset, never "Z"; UTC has -00:00 (CAP 1.2, 3.3.2)."""
    local = datetime.fromtimestamp(time_ms // 1_000, UTC).astimezone(ZoneInfo(zone))
    return local.isoformat(timespec="seconds").replace("+00:00", "-00:00")


def area(site: Site | None, line: AlarmLine, radius_km: float) -> dict[str, str]:
    """Return where it matters: the site's polygon, closed; else a circle around it; else its name alone."""
    place = ", ".join(part for part in (line.site_name, line.place) if part) or line.site or line.sensor
    if site is None:
        return {"areaDesc": place}
    if site.polygon:
        corners = (*site.polygon, site.polygon[0])
        return {"areaDesc": place, "polygon": " ".join(f"{lat:.6g},{lon:.7g}" for lat, lon in corners)}
    return {"areaDesc": place, "circle": f"{site.latitude:.6g},{site.longitude:.7g} {radius_km:g}"}


def _info(
    line: AlarmLine, _: Catalog, settings: CapSettings, sent_ms: int, console: str, category: str
) -> dict[str, str]:
    over, unknown = line.kind in CLOSED_KINDS, line.kind == "retired"
    instruction, code = advice(line, _), _.language.code
    say: Callable[[int], str] = lambda time_ms: cap_time(time_ms, line.zone)  # noqa: E731 - only here
    return {
        "language": code,
        "category": category,
        "event": line.title_id if code == "id" else line.title,
        "responseType": _response(line, over=over, is_instructed=bool(instruction)),
        "urgency": "Unknown" if unknown else "Past" if over else "Immediate" if line.severity in URGENT else "Expected",
        "severity": line.severity.capitalize(),
        "certainty": "Unknown" if unknown else "Observed",
        "effective": say(sent_ms),
        "onset": say(line.opened_ms),
        "expires": say(sent_ms + round(settings.valid_s * 1_000)),
        "senderName": settings.sender_name,
        "headline": headline(line, _),
        "description": f"{description(line, _)}. {_.said(HOW_SURE)}: {certainty(line, _)}.",
        "instruction": "" if over else instruction,
        "web": link(console, code, line.alarm),
        "contact": settings.contact,
    }


def _response(line: AlarmLine, *, over: bool, is_instructed: bool) -> str:
    if line.kind == "retired":
        return "None"  # nobody knows how it goes on
    if over:
        return "AllClear"
    return "Execute" if is_instructed and line.severity in URGENT else "Monitor"


def _add(parent: ET.Element, rows: dict[str, str]) -> None:
    for name, text in rows.items():
        if text:
            ET.SubElement(parent, name).text = printable(text)
