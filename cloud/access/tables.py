"""The tables of people and programs: users ◄─ sessions, second factors; tokens."""

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database.base import COUNT, NAME, ROW_ID, Base


class UserRow(Base):
    """A person with a password; `sites` is a JSON list of the sites they may see, null for all.

    `subject` is the hash of who they are at the provider of single sign-on, null for who has a password here.
    """

    __tablename__ = "users"
    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    full_name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    sites: Mapped[str | None] = mapped_column(Text)
    made_ms: Mapped[int] = mapped_column(COUNT)
    disabled: Mapped[bool] = mapped_column(default=False)
    subject: Mapped[str | None] = mapped_column(String(64))
    __table_args__ = (Index("users_subject", "subject", unique=True),)


class SecondFactorRow(Base):
    """The secret that a person's authenticator app has too, and what of its codes is used up.

    `last_step` is the half minute of the newest code that was used, `recovery` a JSON list of hashes of codes left.
    """

    __tablename__ = "second_factors"
    user: Mapped[str] = mapped_column(NAME, primary_key=True)
    secret: Mapped[str] = mapped_column(Text)
    last_step: Mapped[int] = mapped_column(COUNT)
    recovery: Mapped[str] = mapped_column(Text)
    made_ms: Mapped[int] = mapped_column(COUNT)


class SessionRow(Base):
    """A login in a browser; only the hash of its cookie is kept, and the token that its forms must carry."""

    __tablename__ = "sessions"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user: Mapped[str] = mapped_column(NAME)
    csrf: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    made_ms: Mapped[int] = mapped_column(COUNT)
    seen_ms: Mapped[int] = mapped_column(COUNT)
    expires_ms: Mapped[int] = mapped_column(COUNT)


class TokenRow(Base):
    """An API token for a program: hashed, with a role and sites of its own, expiring."""

    __tablename__ = "tokens"
    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    sites: Mapped[str | None] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    made_ms: Mapped[int] = mapped_column(COUNT)
    expires_ms: Mapped[int] = mapped_column(COUNT)
    seen_ms: Mapped[int | None] = mapped_column(COUNT)
    revoked_ms: Mapped[int | None] = mapped_column(COUNT)
