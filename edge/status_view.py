"""What is shown of a gateway, in one language, whoever shows it: the terminal's screen and the gateway's own page.

AgentSnapshot ─► view_of ─► StatusView: the word and why, alarms, a row for each source and value, facts by name
                             ├► status_screen.py   lines of 80 columns
                             └► page/document.py   HTML

Pure. Texts of devices are made printable here, and are cut or escaped by whoever shows them.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from edge.control.condition import GatewayCondition, GatewayVerdict, refused_sentences
from edge.control.snapshot import AgentSnapshot, AlarmNow, ModemNow, OutputNow, SmsNow, SourceNow
from edge.refusals import NEXT_STEP
from edge.update.words import said_of_update
from i18n.catalog import N_, Catalog
from i18n.figures import age, duration, size
from i18n.units import amount
from wire import Clock, SourceStatus
from wire.printable import printable

WORDS = {
    GatewayCondition.WELL: N_("All is well"),
    GatewayCondition.WAITING: N_("Waiting"),
    GatewayCondition.REFUSED: N_("Refused"),
    GatewayCondition.TROUBLE: N_("Trouble"),
}
_STATES = {
    SourceStatus.STARTING: N_("starting"),
    SourceStatus.OK: N_("working"),
    SourceStatus.SILENT: N_("silent"),
    SourceStatus.FAILED: N_("failed"),
    SourceStatus.OTHER: N_("in a state that only a newer version knows"),
}
_CLOCKS = {
    Clock.SYNCED: N_("the time is known, from {whence}"),
    Clock.ESTIMATED: N_("the time is estimated, from {whence}"),
    Clock.UNKNOWN: N_("the time is not known yet"),
}
_WHENCE = {"the system": N_("the system's clock"), "the cloud": N_("the cloud")}
MOST_NOTES = 6
_A_BACKLOG = 1_000


class ValueRow(NamedTuple):
    """The last value of a sensor's quantity."""

    name: str
    figure: str
    age: str


class SourceRow(NamedTuple):
    """A source; `more` says how many values are left out, and `detail` is the gateway's own sentence."""

    name: str
    state: str
    readings: str
    rate: str
    noise: str
    last: str
    is_well: bool
    values: tuple[ValueRow, ...]
    more: str
    detail: str


class StatusView(NamedTuple):
    """All of it. `cloud` is what the cloud has, `reasons` are why the word is not another one.

    While an alarm of this gateway is open that is the word: nobody must read there that all is well.
    """

    title: str
    time: str
    tone: GatewayCondition
    word: str
    cloud: str
    reasons: tuple[str, ...]
    alarms: tuple[str, ...]
    heads: tuple[str, ...]
    sources: tuple[SourceRow, ...]
    facts: tuple[tuple[str, str], ...]


def view_of(snapshot: AgentSnapshot, _: Catalog) -> StatusView:
    """What is shown of the gateway."""
    verdict = GatewayVerdict(snapshot)
    running = _("running for {duration}", duration=_duration(_, snapshot.up_s))
    return StatusView(
        printable(f"{snapshot.gateway} · siaga-edge {snapshot.version} · {running}"),
        local_time(snapshot.time_ms, snapshot.time_ms), *_word(verdict.condition, snapshot, _),
        cloud_has(snapshot, _), tuple(printable(_.said(reason)) for reason in verdict.reasons),
        alarms_of(snapshot, _),
        (_("Source"), _("State"), _("Readings"), _("A minute"), _("Noise"), _("Last")),
        tuple(_source(each, _) for each in snapshot.sources),
        tuple((name, printable(text)) for name, text in _facts(snapshot, _)),
    )  # fmt: skip


def _word(condition: GatewayCondition, snapshot: AgentSnapshot, _: Catalog) -> tuple[GatewayCondition, str]:
    """How bad it looks, and the word."""
    return (GatewayCondition.TROUBLE, _("Alarm")) if snapshot.alarms else (condition, _(WORDS[condition]))


def cloud_has(snapshot: AgentSnapshot, _: Catalog) -> str:
    """Up to when the cloud has all."""
    until_ms = snapshot.cloud.has_until_ms
    if until_ms is None:
        return _("the cloud has acknowledged nothing since the agent started")
    return _("the cloud has everything up to {time}", time=local_time(until_ms, snapshot.time_ms))


def local_time(time_ms: int, now_ms: int) -> str:
    """14:02:31, with its date where that is another day; in the zone of this machine."""
    local, now = (datetime.fromtimestamp(ms / 1_000).astimezone() for ms in (time_ms, now_ms))
    return f"{local:%H:%M:%S}" if local.date() == now.date() else f"{local:%Y-%m-%d %H:%M:%S}"


def alarms_of(snapshot: AgentSnapshot, _: Catalog) -> tuple[str, ...]:
    """A sentence on each alarm that is open here."""
    return tuple(printable(_alarm(each, snapshot, _)) for each in snapshot.alarms)


def _alarm(alarm: AlarmNow, snapshot: AgentSnapshot, _: Catalog) -> str:
    """Siaga 2: Permukaan sungai (river-daruba-1) since 13:50:10, now 212 cm; siren has answered at 13:50:12"""
    text = _(
        "{alarm} since {time}, now {figure}",
        alarm=_.said(alarm.text), time=local_time(alarm.opened_ms, snapshot.time_ms),
        figure=amount(_.short_number(alarm.value, 2), alarm.unit, _.language.code),
    )  # fmt: skip
    if alarm.texted:
        text += "; " + _("{count} people were told by SMS", count=_.number(alarm.texted, 0))
    if alarm.sounded_ms:
        at = local_time(alarm.sounded_ms, snapshot.time_ms)
        return text + "; " + _("{output} answered that it is on, {time}", output=alarm.sounded_by, time=at)
    if alarm.problem:
        return text + "; " + _("nothing sounds here: {problem}", problem=alarm.problem)
    sounding = [output for output in snapshot.outputs if output.sms is None]
    return text + ("; " + _("no output here answered that it is on") if sounding else "")


def _source(source: SourceNow, _: Catalog) -> SourceRow:
    rows = tuple(
        ValueRow(
            printable(f"{value.sensor} {value.quantity}"),
            amount(_.short_number(value.value, 2), value.unit, _.language.code), age(_, value.age_s),
        )
        for value in source.values
    )  # fmt: skip
    return SourceRow(
        printable(source.name), _(_STATES[source.state]), _.number(source.readings, 0),
        "–" if source.rate_s is None else _.number(source.rate_s * 60, 1), _noise(source, _),
        "–" if source.reading_age_s is None else age(_, source.reading_age_s),
        source.state in (SourceStatus.OK, SourceStatus.STARTING), rows,
        _("{count} more values", count=source.more_values) if source.more_values else "", printable(source.detail),
    )  # fmt: skip


def _noise(source: SourceNow, _: Catalog) -> str:
    if not source.noise_bytes:
        return "–"
    return f"{_.number(100 * source.noise_bytes / max(source.heard_bytes, source.noise_bytes), 1)} %"


def _facts(snapshot: AgentSnapshot, _: Catalog) -> Iterator[tuple[str, str]]:
    for output in snapshot.outputs:
        yield _("Output"), _output(output, _)
    yield _("Spool"), _spool(snapshot, _)
    yield _("Link"), _link(snapshot, _)
    whence = snapshot.clock.comes_from
    yield _("Clock"), _(_CLOCKS[snapshot.clock.state], whence=_(_WHENCE[whence]) if whence in _WHENCE else whence)
    if snapshot.modem is not None:
        yield _("Modem"), _modem(snapshot.modem, _)
    for text in _refusals(snapshot, _):
        yield _("Refused"), text
    if snapshot.update is not None:
        yield _("Update"), _.said(said_of_update(snapshot.update))
    for note in snapshot.notes[:MOST_NOTES]:
        yield _("Note"), note


def _output(output: OutputNow, _: Catalog) -> str:
    if output.sms is not None:
        return _sms(output, output.sms, _)
    text = _("{output} is on", output=output.name) if output.on else _("{output} is off", output=output.name)
    if output.is_asked:
        return text + "; " + _("it has not answered yet")
    if output.problem or output.test_problem:
        return text + "; " + _("it is not as it should be: {problem}", problem=output.problem or output.test_problem)
    return text


def _sms(output: OutputNow, sms: SmsNow, _: Catalog) -> str:
    parts = [_("{output}: {count} SMS sent", output=output.name, count=_.number(sms.sent, 0))]
    if sms.waiting:
        parts.append(_("{count} people are not told yet", count=_.number(sms.waiting, 0)))
    if sms.given_up:
        parts.append(_("{count} SMS were given up", count=_.number(sms.given_up, 0)))
    return "; ".join([*parts, output.problem] if output.problem else parts)


def _spool(snapshot: AgentSnapshot, _: Catalog) -> str:
    spool = snapshot.spool
    taken, most = size(_, spool.bytes), size(_, spool.max_bytes)
    text = _("{count} readings wait; {taken} of {most}", count=_.number(spool.depth, 0), taken=taken, most=most)
    if spool.full_in_s is not None:
        text += "; " + _("with the link down it is full in {duration}", duration=_duration(_, spool.full_in_s))
    if spool.depth and spool.oldest_ms is not None:
        text += "; " + _("the oldest is of {time}", time=local_time(spool.oldest_ms, snapshot.time_ms))
    if spool.depth > _A_BACKLOG and spool.drained_in_s is not None:
        text += "; " + _("sent in about {duration}", duration=_duration(_, spool.drained_in_s))
    if spool.lost:
        text += "; " + _("{count} readings were lost ever, and are declared", count=_.number(spool.lost, 0))
    return text


def _link(snapshot: AgentSnapshot, _: Catalog) -> str:
    link = snapshot.link
    if not link.connected or link.connected_s is None:
        return _("not connected: {problem}", problem=link.problem)
    text = _("connected to {broker} for {duration}", broker=link.broker, duration=_duration(_, link.connected_s))
    if link.ack_age_s is None:
        return text + "; " + _("no acknowledgement came yet")
    return text + "; " + _("last acknowledgement {age}", age=age(_, link.ack_age_s))


def _modem(modem: ModemNow, _: Catalog) -> str:
    parts = [modem.problem] if modem.problem else []
    if modem.generation:
        parts.append(_("{operator}, {generation}G", operator=modem.operator or "–", generation=modem.generation))
    if modem.roaming:
        parts.append(_("roaming"))
    if modem.quality is not None:
        parts.append(_("signal {percent} %", percent=_.number(modem.quality, 0)))
    if modem.used_mb is not None:
        parts.append(_("{amount} MB used of the plan", amount=_.number(modem.used_mb, 0)))
    if modem.left_percent is not None:
        parts.append(_("{percent} percent left", percent=_.number(modem.left_percent, 0)))
    return "; ".join(parts) or _("in a network of an unknown kind")


def _refusals(snapshot: AgentSnapshot, _: Catalog) -> Iterator[str]:
    """What was refused since the agent started, and what to do about it."""
    for sentence, row in zip(refused_sentences(snapshot), snapshot.cloud.refused, strict=False):
        advice = NEXT_STEP.get(row.reason, "")
        yield _.said(sentence) + (f"; {_(advice)}" if advice else "")


def _duration(_: Catalog, seconds: float) -> str:
    return " ".join(duration(_, seconds))
