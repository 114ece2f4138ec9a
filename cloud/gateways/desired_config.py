"""What the city wants of a gateway's settings, in the registry database; the whole is put together for `…/config`.

{"uplink":{"batch_s":60},"sources":{"river":{"silent_s":900}}}   + sensors, rules + login   ─► GatewayConfig, revision 7

A revision waits in the registry until it is known to have reached the broker: whoever wrote it may be gone by then.
"""

import hashlib
from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, select, update

from cloud.database.upsert import insert_statement
from cloud.gateways.tables import GatewayConfigRow
from cloud.gateways.wanted_settings import WantedSettings, check_wanted, stages_of
from cloud.registry.records import Sensor
from wire.gateway_config import (
    CONFIG_VERSION,
    LONGEST_INTERVAL_S,
    MOST_HEIGHT_CM,
    ExpectedSensor,
    GatewayConfig,
    decode_config,
    encode_config,
)
from wire.local_alarms import LocalAlarms, decode_local_alarms, encode_local_alarms


class CityParts(msgspec.Struct, frozen=True):
    """What follows from registry, rules and settings: sensors that the city expects there, rules that the gateway can
    judge, where its updates are. The last two are parts as they are encoded, empty where there is none."""

    sensors: tuple[ExpectedSensor, ...]
    alarms: bytes = b""
    update: bytes = b""

    @property
    def digest(self) -> str:
        """Tells these parts from those of another time."""
        return hashlib.sha256(msgspec.json.encode(self.sensors) + self.alarms + self.update).hexdigest()


def expected_at(gateway: str, sensors: Iterable[Sensor]) -> tuple[ExpectedSensor, ...]:
    """Those of `sensors` that the city expects at `gateway`; its own health needs no source."""
    return tuple(
        ExpectedSensor(
            sensor.id, sensor.site, sensor.quantities, _within(sensor.mounting_height_cm, MOST_HEIGHT_CM),
            _within(sensor.interval_s, LONGEST_INTERVAL_S),
        )
        for sensor in sensors
        if sensor.gateway == gateway and sensor.id != gateway and not sensor.retired
    )  # fmt: skip


def _within(number: float | None, most: float) -> float | None:
    return number if number is not None and 0 < number <= most else None


def kept_digests(connection: Connection) -> dict[str, str]:
    """The gateways that were handed a configuration, and the digest of what of it the city decided."""
    rows = connection.execute(select(GatewayConfigRow.gateway, GatewayConfigRow.digest))
    return {row.gateway: row.digest for row in rows}


class WantedConfig(msgspec.Struct, frozen=True):
    """The newest revision of what the city wants: the settings that people set, the digest of what else is in it."""

    revision: int
    settings: WantedSettings
    digest: str


def kept_config(connection: Connection, gateway: str, *, to_change: bool = False) -> WantedConfig | None:
    """What the city wants; None where nobody has said anything."""
    query = _KEPT.where(GatewayConfigRow.gateway == gateway)
    # PostgreSQL alone: SQLite's transactions begin with the lock, and have no word for it
    row = connection.execute(query.with_for_update() if to_change else query).one_or_none()
    return None if row is None else WantedConfig(row.revision, _SETTINGS.decode(row.settings), row.digest)


def wanted_settings(connection: Connection, gateway: str, *, to_change: bool = False) -> WantedSettings:
    """The settings that people set; nothing where nobody has said anything. `to_change`: nobody else does meanwhile."""
    kept = kept_config(connection, gateway, to_change=to_change)
    return {} if kept is None else kept.settings


def next_config(
    connection: Connection, gateway: str, settings: WantedSettings, *, now_ms: int, parts: CityParts,
    login: bytes | None,
) -> GatewayConfig:  # fmt: skip
    """Keep `settings` as the newest revision, and put all together; WireError where no gateway would take it.

    Revisions are seconds of UTC, so that a registry which was restored from a backup counts on from a later one.
    """
    before = kept_config(connection, gateway, to_change=True)
    revision = max(1 + (0 if before is None else before.revision), now_ms // 1_000)
    check_wanted(settings)
    config = put_together(revision, settings, parts=parts, login=login)
    row = {
        "gateway": gateway,
        "revision": revision,
        "settings": msgspec.json.encode(settings).decode(),
        "digest": parts.digest,
        "waits": True,
    }
    # in place: whoever waits to change the same row must find it again
    upsert = insert_statement(connection, GatewayConfigRow).values(row)
    connection.execute(upsert.on_conflict_do_update(index_elements=["gateway"], set_=row))
    return config


def put_together(revision: int, settings: WantedSettings, *, parts: CityParts, login: bytes | None) -> GatewayConfig:
    """The whole as a gateway gets it; WireError where none would take it."""
    config = GatewayConfig(
        CONFIG_VERSION,
        revision,
        sensors=parts.sensors or None,
        alarms=_raw(_with_stages(parts.alarms, settings)),
        login=_raw(login),
        update=_raw(parts.update),
        **{part: table for part, table in settings.items() if part != "outputs"},
    )
    decode_config(encode_config(config))  # the gateway's own check of its form
    return config


def _with_stages(alarms: bytes, settings: WantedSettings) -> bytes:
    """The part `alarms` with the stages of outputs that people set."""
    stages = stages_of(settings)
    if not stages:
        return alarms
    part = decode_local_alarms(alarms) if alarms else LocalAlarms()
    return encode_local_alarms(msgspec.structs.replace(part, outputs=stages))


def waiting_configs(connection: Connection) -> dict[str, int]:
    """The gateways whose newest revision is not known to have reached the broker, and which that is."""
    rows = connection.execute(
        select(GatewayConfigRow.gateway, GatewayConfigRow.revision).where(GatewayConfigRow.waits.is_(True))
    )
    return {row.gateway: row.revision for row in rows}


def was_handed_out(connection: Connection, gateway: str, revision: int) -> None:
    """The broker has this revision: it waits no more."""
    row = (GatewayConfigRow.gateway == gateway, GatewayConfigRow.revision == revision)
    connection.execute(update(GatewayConfigRow).where(*row).values(waits=False))


_KEPT = select(GatewayConfigRow.revision, GatewayConfigRow.settings, GatewayConfigRow.digest)
_SETTINGS = msgspec.json.Decoder(WantedSettings)


def _raw(part: bytes | None) -> msgspec.Raw | None:
    return msgspec.Raw(part) if part else None
