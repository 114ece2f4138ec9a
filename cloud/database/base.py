"""The base of all tables of the registry database; each room declares its own in its `tables.py`.

Only what SQLite and PostgreSQL both know; a change of a table needs a migration beside it (`migrations/versions/`).
"""

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Double, Integer, String
from sqlalchemy.orm import DeclarativeBase

from wire.names import MAX_NAME_LENGTH

NAME = String(MAX_NAME_LENGTH)
COUNT = BigInteger()
# SQLite numbers rows by itself only where the key is its own INTEGER
ROW_ID = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """All tables of the registry database."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {float: Double()}
