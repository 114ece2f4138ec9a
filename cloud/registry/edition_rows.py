"""The edition of the registry, read from its database; cheap, since processes poll it."""

from sqlalchemy import Connection, func, select

from cloud.registry.edition import Edition
from cloud.registry.tables import FactRow, RegistryChangeRow


def edition_of(connection: Connection) -> Edition:
    """Read the edition of the registry."""
    due = select(func.count()).select_from(FactRow).where(FactRow.due_ms.is_not(None)).scalar_subquery()
    change = select(func.max(RegistryChangeRow.id)).scalar_subquery()
    row = connection.execute(select(change, func.max(FactRow.id), func.max(FactRow.undone_ms), due)).one()
    return Edition(*(number or 0 for number in row))
