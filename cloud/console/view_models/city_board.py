"""What of the board is told in words: a tile for each domain, what changed in the last hour, gateways, the whole.

DomainTile("flood", "Flooding", chip=Siaga 2, where="Daruba river bridge", counts=((Siaga 2, "1"), (Normal, "962")), …)
ChangeLine("12:04", "Daruba river bridge", "River level", before=None, after=Siaga 2)
"""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

import msgspec

from cloud.alarms.records import Alarm
from cloud.board.records import Change, End, GatewayState
from cloud.board.scope import BoardView, DomainCount
from cloud.console.view_models.colours import Chip, chip, is_dark
from cloud.console.view_models.fleet import STATES
from cloud.console.view_models.sites import StateView, domain_name
from cloud.core.component_names import name_of
from cloud.core.health import Condition, Health
from cloud.gateways.connection_state import ConnectionState
from cloud.registry.records import Gateway, Site
from cloud.situation import DomainState, level_of
from i18n import figures
from i18n.catalog import Catalog
from rules.colours import colour_of
from rules.footfall import FULLNESS
from wire import Domain, QuantityTable

ICONS: Mapping[str, str] = {Domain.FLOOD: "water", Domain.AIR: "air", Domain.FOOTFALL: "people"}
OTHER_ICON = "chart"
"""Of a domain that the city added."""
MOST_COUNTS = 6
OFFLINE_SHOWN = 10
CHANGES_SHOWN = 20


class DomainTile(msgspec.Struct, frozen=True):
    """A domain in the city: its worst state and where that is, how many places are in which state, who is silent."""

    domain: str
    name: str
    icon: str
    level: str
    silent: str
    chip: Chip | None = None
    dark: bool = False
    where: str = ""
    site: str = ""
    counts: tuple[tuple[Chip, str], ...] = ()


class ChangeLine(msgspec.Struct, frozen=True):
    """One change; `what` is empty for the state of a place, `end` says how something ended that has no state now."""

    key: str
    when: str
    site: str
    where: str
    what: str
    before: Chip | None = None
    after: Chip | None = None
    end: str = ""


class GatewayLine(msgspec.Struct, frozen=True):
    """One gateway that is not there."""

    id: str
    name: str
    where: str
    level: str
    state: str


def domain_tiles(_: Catalog, view: BoardView, table: QuantityTable) -> tuple[DomainTile, ...]:
    """A tile for each domain that is measured somewhere, Siaga's own first."""
    return tuple(
        _tile(_, domain, domain_name(_, table, domain), view.domains.get(domain, DomainCount()))
        for domain in table.watched
        if domain in view.domains or domain in ICONS
    )


def _tile(_: Catalog, domain: str, name: str, count: DomainCount) -> DomainTile:
    worst = count.states[0][0] if count.states else None
    is_told = worst is not None and (worst.rank > 0 or worst.doubted)
    alive = count.alive
    silent = _("{n} of {all} silent", n=alive.behind, all=alive.sensors) if alive.behind else ""
    return DomainTile(
        domain=domain,
        name=name,
        icon=ICONS.get(domain, OTHER_ICON),
        level="late" if alive.behind else "never" if alive.never == alive.sensors else "fresh",
        silent=silent or (_("no reading yet") if alive.never == alive.sensors else _("all on time")),
        chip=None if worst is None else chip(_.said(worst.text), worst.colour),
        dark=worst is not None and is_dark(worst.colour),
        where=count.where.site.name if is_told and count.where is not None else "",
        site=count.where.site.id if is_told and count.where is not None else "",
        counts=tuple((_counted(_, state), _.number(n, 0)) for state, n in count.states[:MOST_COUNTS]),
    )


def _counted(_: Catalog, state: DomainState) -> Chip:
    """The word under which places of a state are counted: of a share of capacity its class, of a doubt no value."""
    if state.doubted:
        return chip(_("doubted"), state.colour)
    if state.domain == Domain.FOOTFALL and state.rank >= 0 and not state.alarm:
        full = next(one for one in FULLNESS if one.rank == state.rank)
        return chip(full.indonesian if _.language.code == "id" else full.english, state.colour)
    return chip(_.said(state.text), state.colour)


def change_lines(
    _: Catalog, view: BoardView, *, site_of: Callable[[str], Site | None], gateway_of: Callable[[str], Gateway | None],
    table: QuantityTable, zone: ZoneInfo, most: int = CHANGES_SHOWN,
) -> tuple[ChangeLine, ...]:  # fmt: skip
    """The newest changes of the last hour."""
    lines = []
    for change in view.changes[:most]:
        site, gateway = site_of(change.site), gateway_of(change.gateway) if change.gateway else None
        lines.append(
            ChangeLine(
                key=f"{change.steady_ms}-{change.site}-{change.gateway}-{_key(change)}",
                when=figures.time_of_day(change.time_ms, zone)[:5],
                site="" if site is None else site.id,
                where=change.site if site is None else site.name,
                what=gateway.name if gateway is not None else _what(_, change, table),
                before=_end_chip(_, change.before),
                after=_end_chip(_, change.after),
                end=_("over") if change.after is None else "",
            )
        )
    return tuple(lines)


def _key(change: Change) -> object:
    end = change.after if change.after is not None else change.before
    return end.id if isinstance(end, Alarm) else getattr(end, "domain", end)


def _what(_: Catalog, change: Change, table: QuantityTable) -> str:
    end = change.after if change.after is not None else change.before
    if isinstance(end, Alarm):
        own = end.rule.title_id if _.language.code == "id" else end.rule.title
        return own or end.rule.title or end.family
    return domain_name(_, table, end.domain) if isinstance(end, DomainState) else ""


def _end_chip(_: Catalog, end: End) -> Chip | None:
    if isinstance(end, Alarm):
        level = level_of(end.rule, end.level)
        return chip(level.name_id or level.name if _.language.code == "id" else level.name, colour_of(level))
    if isinstance(end, ConnectionState):
        level_name, words = STATES[end]
        return chip(_(words), _CONNECTION_COLOURS[level_name])
    return None if end is None else chip(_.said(end.text), end.colour)


_CONNECTION_COLOURS = {"ok": "#2e9e4f", "warn": "#f2c500", "bad": "#c81e2c", "idle": "#8796ad"}


def offline_gateways(_: Catalog, view: BoardView, site_of: Callable[[str], Site | None]) -> tuple[GatewayLine, ...]:
    """The gateways that are offline or late, a few of them."""
    away = [one for one in view.gateways if one.state in (ConnectionState.OFFLINE, ConnectionState.LATE)]
    return tuple(_gateway(_, one, site_of(one.gateway.site)) for one in away[:OFFLINE_SHOWN])


def _gateway(_: Catalog, one: GatewayState, site: Site | None) -> GatewayLine:
    level, words = STATES[one.state]
    return GatewayLine(one.gateway.id, one.gateway.name, "" if site is None else site.name, level, _(words))


def board_state(_: Catalog, view: BoardView, health: Health, zone: ZoneInfo, *, in_words: bool) -> StateView:
    """How the whole is doing: the worst that is known, said first; what parts say only with `in_words`."""
    parts = [(name, part.detail) for name, part in health.components.items() if part.status != Condition.OK]
    detail = "; ".join(
        figures.said_at(_, said, zone) if said and in_words else _.said(name_of(name)) for name, said in parts
    )
    if health.status == Condition.DOWN:
        return StateView("bad", _("Not working"), detail)
    concerns = []
    if silent := view.alive.behind:
        concerns.append(_.plural("{n} sensor silent", "{n} sensors silent", silent))
    if offline := view.connections[ConnectionState.OFFLINE]:
        concerns.append(_.plural("{n} gateway offline", "{n} gateways offline", offline))
    if concerns or health.status != Condition.OK:
        return StateView("warn", " · ".join(concerns) or _("Working with limits"), detail)
    if view.alive.never == view.alive.sensors:
        return StateView("idle", _("Waiting for the first reading"), "")
    return StateView("ok", _("All data is arriving"), "")
