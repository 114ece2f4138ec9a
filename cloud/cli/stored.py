"""What the registry database holds already, for commands that run beside the cloud: they change nothing.

stored_rules(url)   stored_quantities(url)   stored_names(url, "sites")   …        nothing where it cannot be read
"""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, inspect, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from cloud.backup.manifest import BackupError
from cloud.backup.registry_rows import snapshot
from cloud.database.base import Base
from cloud.notify.channel_registry.records import ChannelRecord
from cloud.notify.channel_registry.rows import read_channels
from cloud.registry.quantity_rows import changes_of_meaning, read_quantities
from cloud.registry.snapshot import Registry
from cloud.rulebook.records import RuleVersion
from cloud.rulebook.rule_rows import read_versions
from wire import BUILT_IN, QuantityTable

T = TypeVar("T")
CONNECT_TIMEOUT_S = 2
"""How long a command waits for a database on another machine."""


def stored_rules(url: str) -> list[RuleVersion]:
    """Read the rules, over which the city's file has no say."""
    return _read(url, read_versions, otherwise=[])


def stored_channels(url: str) -> tuple[ChannelRecord, ...]:
    """Read the channels that people added."""
    return _read(url, lambda held: read_channels(held) if inspect(held).has_table("channels") else (), otherwise=())


def stored_quantities(url: str) -> QuantityTable:
    """Read the table of quantities; the common one of a database in which no city has its own yet."""
    return _read(url, lambda held: read_quantities(held) if _has_quantities(held) else BUILT_IN, otherwise=BUILT_IN)


def changes_of_quantities(url: str, registry: Registry) -> list[str]:
    """Name what `registry` would change of quantities of which readings are stored."""
    table = registry.quantities
    return _read(url, lambda held: list(changes_of_meaning(held, table)) if _has_quantities(held) else [], otherwise=[])


def stored_names(url: str, kind: str, *, retired: bool) -> dict[str, str]:
    """Read the names of sites, gateways or sensors by their ids; also those that are `retired` if asked."""
    table = Base.metadata.tables[kind]
    query = select(table.c.id, table.c.name).order_by(table.c.id)
    if not retired:
        query = query.where(table.c.retired.is_(False))

    def read(held: Connection) -> dict[str, str]:
        return {row.id: row.name for row in held.execute(query)} if inspect(held).has_table(kind) else {}

    return _read(url, read, otherwise={})


def _has_quantities(connection: Connection) -> bool:
    return inspect(connection).has_table("quantities")


def _read(url: str, read: Callable[[Connection], T], *, otherwise: T) -> T:
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        address = address.update_query_dict({"connect_timeout": str(CONNECT_TIMEOUT_S)})
    try:
        with snapshot(address.render_as_string(hide_password=False)) as connection:
            return read(connection)
    except (BackupError, SQLAlchemyError):
        return otherwise
