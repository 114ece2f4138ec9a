"""siaga-cloud gateway config gw-daruba --set uplink.batch_s=60        gateway ping | read-now | diagnostics | …

What is wanted is kept in the registry, with who wanted it in the journal, and published for the gateway to take.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec
import typer
from sqlalchemy import Connection

from cloud.broker.dynamic_security import BrokerRejected
from cloud.broker.gateway_answers import REPLY_S, ask, report_of
from cloud.broker.hand_out import hand_out
from cloud.cli.command import one_sentence
from cloud.cli.people import operator
from cloud.core.times import rfc_3339
from cloud.database.audit_log import write_entry
from cloud.database.engine import Database
from cloud.gateways.desired_config import CityParts, expected_at, next_config, wanted_settings
from cloud.gateways.login_handovers import waiting_login
from cloud.gateways.wanted_settings import WantedSettings, flat, with_value
from cloud.process.settings import CloudSettings
from cloud.registry.city_file import read_city_file
from cloud.registry.rows import read_registry
from cloud.rulebook.city_parts import parts_of
from cloud.rulebook.rule_bindings import RuleBindings
from cloud.rulebook.rule_store import RuleStore
from cloud.updates.offer import update_offer
from runtime.clock import wall_ms
from wire import WireError
from wire.gateway_config import ConfigReport, ConfigState, ExpectedSensor, GatewayConfig

T = TypeVar("T")
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Such as uplink.batch_s=60; KEY= takes it back. Repeatable."),
]
_IN_WORDS = {
    ConfigState.IN_FORCE: "revision {in_force} is in force",
    ConfigState.TRYING: "revision {desired} is on trial, and not confirmed yet; {in_force} was in force before",
    ConfigState.REFUSED: "revision {desired} was refused: {reason}; {in_force} is in force",
    ConfigState.ROLLED_BACK: "revision {desired} was rolled back: {reason}; {in_force} is in force",
    ConfigState.OTHER: "revision {desired} is in a state that only a newer server knows; update this one: {reason}",
}


def publish(settings: CloudSettings, gateway: str) -> None:
    """Let the gateway have what is wanted, and the login that waits, as a new revision.

    BrokerRejected where the broker does not take it.
    """
    asyncio.run(_publish(settings, gateway, lambda wanted: wanted))


def changed(settings: CloudSettings, gateway: str, sets: Sequence[str]) -> str:
    """Change what is wanted by `sets`, and publish it; what is said of it. SettingsError where one is no setting."""

    def change(wanted: WantedSettings) -> WantedSettings:
        for written in sets:
            wanted = with_value(wanted, written)
        return wanted

    config = asyncio.run(_publish(settings, gateway, change))
    return (
        f"revision {config.revision} is published; {gateway} tries it when it is online, and returns to the one before "
        f"if nothing is acknowledged within {config.confirm_s:g} s: siaga-cloud gateway config {gateway}"
    )


def shown(settings: CloudSettings, gateway: str) -> str:
    """What is wanted of a gateway, and what it made of it."""
    wanted = asyncio.run(_in_database(settings, lambda connection: wanted_settings(connection, gateway)))
    report = asyncio.run(report_of(settings.broker, gateway, settings.ingest.shard_range))
    lines = [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in flat(wanted)]
    return "\n".join([*(lines or ["nothing is set: its edge.toml holds"]), *_words(gateway, report)])


def asked(settings: CloudSettings, gateway: str, command: str, source: str = "") -> str:
    """Ask a gateway to do something; its answer. BrokerRejected where it gives none, or cannot."""
    reply = asyncio.run(ask(settings.broker, gateway, command, settings.ingest.shard_range, source=source))
    if reply is None:
        raise BrokerRejected(f"{gateway} did not reply within {REPLY_S:g} s; is it online? siaga-cloud gateway list")
    if not reply.ok:
        raise BrokerRejected(f"{gateway}: {reply.problem}")
    if reply.problem:
        return f"{gateway}: done; {reply.problem}"
    return msgspec.json.format(bytes(reply.answer), indent=2).decode()


def expected_sensors(gateway: str, settings: CloudSettings) -> tuple[ExpectedSensor, ...]:
    """The sensors that the city file has at the gateway."""
    return expected_at(gateway, read_city_file(settings.registry.city).sensors())


async def _publish(
    settings: CloudSettings, gateway: str, change: Callable[[WantedSettings], WantedSettings]
) -> GatewayConfig:
    def save(connection: Connection, parts: CityParts) -> GatewayConfig:
        before = wanted_settings(connection, gateway, to_change=True)
        after = change(before)
        now_ms, login = wall_ms(), waiting_login(connection, gateway)
        config = next_config(connection, gateway, after, now_ms=now_ms, parts=parts, login=login)
        if after != before:
            write_entry(
                connection, operator(), "configure", f"gateway:{gateway}", now_ms=now_ms, before=before, after=after
            )
        return config

    database = Database(settings.registry.url)
    try:
        await database.open()
        parts = await _parts(database, settings, gateway)
        with one_sentence(WireError):
            config = await database.run(lambda connection: save(connection, parts))
    finally:
        await database.close()
    await hand_out(settings.broker, gateway, config)
    return config


async def _parts(database: Database, settings: CloudSettings, gateway: str) -> CityParts:
    """What registry and rules say of the gateway; before the first start of the cloud, what the city file does."""
    update = b"" if settings.updates is None else update_offer(settings.updates)
    try:
        registry = await database.run(read_registry)  # as the dated facts have it
    except LookupError:
        return CityParts(expected_sensors(gateway, settings), update=update)
    rule_store = RuleStore(database, registry)
    await rule_store.load()
    return parts_of(gateway, registry, RuleBindings(rule_store), now_ms=wall_ms(), update=update)


async def _in_database(settings: CloudSettings, work: Callable[[Connection], T]) -> T:
    database = Database(settings.registry.url)
    try:
        await database.open()
        return await database.run(work)
    finally:
        await database.close()


def _words(gateway: str, report: ConfigReport | None) -> list[str]:
    if report is None:
        return [f"{gateway} has reported nothing yet"]
    said = _IN_WORDS[report.state].format(desired=report.desired, in_force=report.in_force, reason=report.reason)
    when = "" if report.time_ms is None else f" ({rfc_3339(report.time_ms)})"
    return [f"{gateway}: {said}{when}", *(f"passed over: {each}" for each in report.passed_over)]
