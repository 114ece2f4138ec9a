"""One gateway's care in words: what the city wants of its settings, what it was asked and answered.

WantedSetting(key="uplink.batch_s", value="60", does="how long readings are gathered before they are sent")
"""

from zoneinfo import ZoneInfo

import msgspec

from cloud.care.commands import AskedCommand, CommandState
from cloud.console.view_models.fleet import LevelWords
from cloud.gateways.desired_config import WantedConfig
from cloud.gateways.wanted_settings import flat
from i18n import figures
from i18n.catalog import N_, Catalog
from wire.gateway_command import DIAGNOSTICS, PING, READ_NOW, RESTART_SOURCE
from wire.gateway_config import ConfigReport, ConfigState

DOES = {
    ("uplink", "batch_s"): N_("how long readings are gathered before they are sent"),
    ("uplink", "batch_readings"): N_("how many readings one batch has at most"),
    ("uplink", "window"): N_("how many batches are under way at most"),
    ("uplink", "ack_timeout_s"): N_("how long an acknowledgement is waited for"),
    ("uplink", "keepalive_s"): N_("how often the broker is told that the gateway lives; connects anew"),
    ("uplink", "max_kbit_s"): N_("how much is sent at most"),
    ("uplink", "quiet_hours"): N_("when the backlog goes"),
    ("uplink", "zone"): N_("the zone of the quiet hours"),
    ("health", "every_s"): N_("how often the gateway reports on itself"),
    ("sources", "silent_s"): N_("how long a source may say nothing, by the name of the source"),
    ("outputs", "from_severity"): N_("the mildest severity at which an output is on, by the name of the output"),
    ("outputs", "test"): N_("when in the week an output is tested silently"),
}
"""What a setting does, in the words of `wire/city_settings.py`."""
COMMANDS = {
    PING: N_("Ping"),
    READ_NOW: N_("Read now"),
    DIAGNOSTICS: N_("Diagnostics"),
    RESTART_SOURCE: N_("Restart source"),
}
ANSWERS = {
    CommandState.WAITING: ("idle", N_("waiting for the answer")),
    CommandState.DONE: ("ok", N_("done")),
    CommandState.REFUSED: ("bad", N_("not done")),
    CommandState.NO_ANSWER: ("warn", N_("no answer")),
}
REPORTED = {
    ConfigState.IN_FORCE: N_("Revision {in_force} is in force."),
    ConfigState.TRYING: N_("Revision {desired} is on trial; {in_force} was in force before."),
    ConfigState.REFUSED: N_("Revision {desired} was refused, {in_force} is in force: {reason}"),
    ConfigState.ROLLED_BACK: N_("Revision {desired} was rolled back, {in_force} is in force: {reason}"),
    ConfigState.OTHER: N_("Revision {desired} is in a state that only a newer server knows: {reason}"),
}
LONGEST_ANSWER = 6_000
"""Characters of an answer that a page shows."""
MOST_COMMANDS = 8


class WantedSetting(msgspec.Struct, frozen=True):
    """A setting that the city wants; `key` is the name that sets it."""

    key: str
    value: str
    does: str


class CommandView(msgspec.Struct, frozen=True):
    """A command, by whom and when, and what became of it."""

    key: str
    what: str
    who: str
    state: LevelWords
    said: str
    answer: str


def wanted_settings_of(_: Catalog, wanted: WantedConfig | None) -> tuple[WantedSetting, ...]:
    """The settings that people set, one by one."""
    return tuple(
        WantedSetting(key, msgspec.json.encode(value).decode(), _does(_, key))
        for key, value in flat({} if wanted is None else wanted.settings)
    )


def _does(_: Catalog, key: str) -> str:
    does = DOES.get(_part_and_key(key))
    return "" if does is None else _(does)


def _part_and_key(written: str) -> tuple[str, str]:
    return written.partition(".")[0], written.rpartition(".")[2]


def reported_words(_: Catalog, wanted: WantedConfig | None, report: ConfigReport | None) -> str:
    """A sentence on what the gateway made of what is wanted; the reason is the gateway's own."""
    if report is None:
        return _("It has reported nothing yet.")
    if wanted is not None and wanted.revision != report.desired:
        waits = _("Revision {revision} waits for the gateway.", revision=wanted.revision)
        return f"{waits} {_reported(_, report)}"
    return _reported(_, report)


def _reported(_: Catalog, report: ConfigReport) -> str:
    if report.state is ConfigState.IN_FORCE and not report.in_force:
        return _("The city wants nothing: its edge.toml holds.")
    return _(REPORTED[report.state], desired=report.desired, in_force=report.in_force, reason=report.reason)


def command_view(_: Catalog, asked: AskedCommand, zone: ZoneInfo) -> CommandView:
    """A command in words; what the gateway answered as it stands."""
    level, word = ANSWERS[asked.state]
    answer = b"" if asked.answer == b"null" else msgspec.json.format(asked.answer, indent=2)
    text = answer.decode()
    if len(text) > LONGEST_ANSWER:
        text = f"{text[:LONGEST_ANSWER]}\n…"
    what = _(COMMANDS.get(asked.command, asked.command))
    return CommandView(
        key=asked.key,
        what=f"{what}: {asked.source}" if asked.source else what,
        who=f"{figures.moment(_, asked.asked_ms, zone)} · {asked.asked_by}",
        state=LevelWords(_(word), level),
        said=asked.problem,
        answer=text,
    )
