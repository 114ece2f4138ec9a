"""The broker's administrator, for one piece of work: by the password in a file, or by one that somebody has typed.

The running cloud has no such file. A password that was typed lives in memory while the work is done, and in no log,
file or database.
"""

from dataclasses import dataclass, field

from pydantic import SecretStr

from cloud.broker.settings import EnrolSettings
from runtime.broker_settings import BrokerSettings


class _TypedLogin(BrokerSettings):
    secret: SecretStr

    def password(self) -> str:
        return self.secret.get_secret_value()


@dataclass(frozen=True, slots=True)
class Administrator:
    """Where and how to log in, and the password, by which what the registry keeps of logins is sealed too."""

    broker: BrokerSettings
    enrol: EnrolSettings
    password: str = field(repr=False)


def administrator_by_file(broker: BrokerSettings, enrol: EnrolSettings) -> Administrator:
    """The administrator by `password_file`; OSError where it cannot be read."""
    login = {"username": enrol.username, "password_file": enrol.password_file}
    return Administrator(
        broker.model_copy(update=login), enrol, enrol.password_file.read_text(encoding="utf-8-sig").strip()
    )


def administrator_by_password(broker: BrokerSettings, enrol: EnrolSettings, password: str) -> Administrator:
    """The administrator by what somebody has typed."""
    places = broker.model_dump(exclude_unset=True, exclude={"username", "password_file"})
    login = _TypedLogin(**places, username=enrol.username, secret=SecretStr(password))
    return Administrator(login, enrol, password)
