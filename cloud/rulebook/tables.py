"""The table of rules: every version of what each scope says of each family."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database.base import COUNT, NAME, Base

SCOPE = String(80)


class RuleVersionRow(Base):
    """One version of what a scope says of a rule family; `body` is JSON of the fields it sets, never changed.

    `scope` is all, group:NAME, site:ID or sensor:ID. `removed`: from this version on the scope says nothing.
    """

    __tablename__ = "rule_versions"
    family: Mapped[str] = mapped_column(NAME, primary_key=True)
    scope: Mapped[str] = mapped_column(SCOPE, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    removed: Mapped[bool] = mapped_column(default=False)
    valid_from_ms: Mapped[int] = mapped_column(COUNT)
    at_ms: Mapped[int] = mapped_column(COUNT)
    author: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
