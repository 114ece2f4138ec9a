"""The list of gateways, worst first, and one of them in figures.

FleetRow(id="gw-daruba", state="offline", room="3.1 days", waiting="1,204", clock="exact", lost="0", battery="62 %", …)

A list of a thousand costs what a page of it shows: rows are worked out for those on the page alone.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from cloud.console.view_models.gateway_sources import CLOCKS
from cloud.gateways import last_words
from cloud.gateways.accounting import Account
from cloud.gateways.connection_state import WORST_FIRST, ConnectionState
from cloud.ingest.fleet_clock import WrongClock
from cloud.registry.records import Gateway
from cloud.rulebook.rule_words import about
from i18n import figures
from i18n.catalog import N_, Catalog
from wire import Clock, Status
from wire.gateway_config import ConfigReport, ConfigState
from wire.gateway_update import UpdateState

STATES = {
    ConnectionState.OFFLINE: ("bad", N_("offline")),
    ConnectionState.LATE: ("warn", N_("late")),
    ConnectionState.NEVER_SEEN: ("idle", N_("not heard yet")),
    ConnectionState.ONLINE: ("ok", N_("online")),
}
"""As a level for the colour, and the word for people; from what needs somebody most."""
CONFIGS = {
    ConfigState.IN_FORCE: ("ok", N_("in force")),
    ConfigState.TRYING: ("warn", N_("on trial")),
    ConfigState.REFUSED: ("bad", N_("refused")),
    ConfigState.ROLLED_BACK: ("bad", N_("rolled back")),
    ConfigState.OTHER: ("warn", N_("in a state that only a newer server knows")),
}
UPDATES = {
    UpdateState.FETCHING: ("warn", N_("is fetched")),
    UpdateState.INSTALLING: ("warn", N_("is installed")),
    UpdateState.ON_TRIAL: ("warn", N_("on trial")),
    UpdateState.ROLLED_BACK: ("bad", N_("rolled back")),
    UpdateState.REFUSED: ("bad", N_("refused")),
    UpdateState.OTHER: ("warn", N_("in a state that only a newer server knows")),
}
PAGE_ROWS = 25
LOW_ROOM_S = 86_400.0
LOW_BATTERY = 30.0
"""Percent; the rule of low batteries begins there too (decision 73)."""


class GatewayFacts(msgspec.Struct, frozen=True):
    """What is known of a gateway at a moment; `left_s` is how long its spool still holds, `battery` its lowest, in %.

    `is_whole`: the visitor may see all sites of its sensors, and so its settings and answers.
    """

    gateway: Gateway
    site: str
    state: ConnectionState
    status: Status | None = None
    account: Account = Account()
    left_s: float | None = None
    battery: float | None = None
    report: ConfigReport | None = None
    wrong_clock: WrongClock | None = None
    shares_id: bool = False
    is_whole: bool = True


class LevelWords(msgspec.Struct, frozen=True):
    """Words for people, and the level that colours them."""

    words: str
    level: str = "ok"


class FleetRow(msgspec.Struct, frozen=True):
    """One row of the list; `heard_ms` (UTC) is when the gateway last said how it is."""

    id: str
    name: str
    site: str
    state: LevelWords
    room: LevelWords
    waiting: LevelWords
    clock: LevelWords
    lost: LevelWords
    battery: LevelWords
    config: LevelWords
    version: LevelWords
    heard: str
    heard_ms: int | None


class StateCount(msgspec.Struct, frozen=True):
    """How many gateways are in a state; `state` is empty for all of them."""

    state: str
    level: str
    words: str
    count: str


class ListedGateway(msgspec.Struct, frozen=True):
    """As much of a gateway as finds and orders it."""

    id: str
    name: str
    site: str
    state: ConnectionState
    troubles: int

    def matches(self, wanted: str) -> bool:
        """Whether what somebody is looking for stands in its id, its name or its site."""
        return all(word in f"{self.id} {self.name} {self.site}".casefold() for word in wanted.casefold().split())


def worst_first(gateways: Iterable[ListedGateway]) -> list[ListedGateway]:
    """Those that need somebody most at the top; among equals by name."""
    return sorted(gateways, key=lambda each: (WORST_FIRST.index(each.state), -each.troubles, each.name, each.id))


def troubles_of(status: Status | None, report: ConfigReport | None) -> int:
    """How much is to be looked at besides the connection, roughly: what orders gateways of one state."""
    if status is None:
        return 0
    return (
        len(status.notes)
        + bool(status.spool.problem)
        + (status.clock is not Clock.SYNCED)
        + (report is not None and report.state in (ConfigState.REFUSED, ConfigState.ROLLED_BACK))
    )


def state_counts(_: Catalog, gateways: Sequence[ListedGateway]) -> tuple[StateCount, ...]:
    """How many there are, in all and in each state."""
    counted = Counter(each.state for each in gateways)
    in_all = StateCount("", "idle", _("all"), _.number(len(gateways), 0))
    return in_all, *(
        StateCount(state.value, level, _(word), _.number(counted[state], 0)) for state, (level, word) in STATES.items()
    )


def fleet_row(_: Catalog, facts: GatewayFacts, now_ms: int) -> FleetRow:
    """A row as it is at `now_ms` (UTC)."""
    status, account = facts.status, facts.account
    lost = account.declared_lost + account.missing
    return FleetRow(
        id=facts.gateway.id,
        name=facts.gateway.name,
        site=facts.site,
        state=_state(_, facts),
        room=_room(_, facts.left_s),
        waiting=LevelWords("–", "idle") if status is None else LevelWords(_.number(status.spool.depth, 0)),
        clock=_clock(_, facts),
        lost=LevelWords(_.number(lost, 0), _lost_level(account)),
        battery=_battery(_, facts.battery),
        config=config_figure(_, facts.report),
        version=_version(_, status),
        heard=_("never") if status is None else figures.age(_, (now_ms - status.time_ms) / 1_000),
        heard_ms=None if status is None else status.time_ms,
    )


def _state(_: Catalog, facts: GatewayFacts) -> LevelWords:
    """Its connection, with its last word: why it is silent, or soon will be."""
    level, word = STATES[facts.state]
    last_word = None if facts.status is None else facts.status.last_word
    if last_word is None:
        return LevelWords(_(word), level)
    why = last_words.state(_, last_word)
    if facts.state is ConnectionState.OFFLINE:
        return LevelWords(_("offline: {why}", why=why), level)
    return LevelWords(why, "warn")


def _version(_: Catalog, status: Status | None) -> LevelWords:
    """What runs, and what it is being updated to."""
    if status is None:
        return LevelWords("–", "idle")
    update = status.update
    if update is None or update.state is UpdateState.CONFIRMED:
        return LevelWords(status.version)
    level, word = UPDATES[update.state]
    return LevelWords(f"{status.version} → {update.version}: {_(word)}", level)


def config_figure(_: Catalog, report: ConfigReport | None) -> LevelWords:
    """What a gateway made of what the city wants."""
    if report is None:
        return LevelWords("–", "idle")
    if report.state is ConfigState.IN_FORCE and not report.desired:
        return LevelWords(_("its own file"), "idle")
    level, word = CONFIGS[report.state]
    return LevelWords(_(word), level)


def _lost_level(account: Account) -> str:
    return "bad" if account.declared_lost else "warn" if account.missing else "ok"


def _room(_: Catalog, left_s: float | None) -> LevelWords:
    if left_s is None:
        return LevelWords("–", "idle")
    return LevelWords(" ".join(figures.duration(_, left_s)), "warn" if left_s < LOW_ROOM_S else "ok")


def _battery(_: Catalog, percent: float | None) -> LevelWords:
    if percent is None:
        return LevelWords("–", "idle")
    return LevelWords(f"{_.number(percent, 0)} %", "warn" if percent <= LOW_BATTERY else "ok")


def _clock(_: Catalog, facts: GatewayFacts) -> LevelWords:
    wrong = facts.wrong_clock
    if wrong is not None and wrong.moved_ms:
        return LevelWords(_("{time} wrong", time=about(_, abs(wrong.moved_ms) / 1_000)), "bad")
    if wrong is not None:
        return LevelWords(_("not known"), "bad")
    if facts.status is None:
        return LevelWords("–", "idle")
    level, word = CLOCKS[facts.status.clock]
    return LevelWords(_(word), level)
