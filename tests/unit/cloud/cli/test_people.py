"""siaga-cloud user and token, as the person at the server types them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.access.authenticator import Authenticator
from cloud.access.totp import code_at, new_secret
from cloud.cli.main import main
from cloud.database.audit_log import read_entries
from cloud.database.engine import Database
from runtime.clock import wall_ms
from tests.unit.cloud.access.house import PASSWORD

CITY = """
[city]
name = "Morotai"
zone = "Asia/Jayapura"
[[sites]]
id = "daruba"
name = "Daruba"
place = "Daruba"
latitude = 2.05
longitude = 128.29
"""


@pytest.fixture
def siaga(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Run a command line: exit code, what it said, what it complained of."""
    (tmp_path / "cloud.toml").write_text("")
    (tmp_path / "city.toml").write_text(CITY)
    (tmp_path / "password").write_text(f"{PASSWORD}\n")

    def run(line: str) -> tuple[int, str, str]:
        code = main([*line.replace("@", str(tmp_path) + "/").split(), "--config", str(tmp_path / "cloud.toml")])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """The registry that the commands write, as the cloud will find it."""
    opened = Database(f"sqlite:///{tmp_path / 'registry.db'}")
    yield opened
    await opened.close()


async def test_who_lost_the_phone_logs_in_by_the_password_alone_again(siaga, database: Database):
    await asyncio.to_thread(siaga, "user add ani --role viewer --password-file @password")
    access = Authenticator(database)
    opened = await access.sessions.log_in("ani", PASSWORD, address="10.0.0.7")
    who, secret = opened.session.principal("10.0.0.7"), new_secret()
    code = code_at(secret, wall_ms() // 30_000)
    await access.second_factors.enrol(
        await access.prove(who, PASSWORD), secret, code, session=opened.session.hash, actor=who.actor
    )
    _, said, _ = await asyncio.to_thread(siaga, "user list")
    assert "one-time codes" in said
    code, said, _ = await asyncio.to_thread(siaga, "user totp reset ani")
    assert (code, said) == (0, "ani logs in by the password alone, until they set up one-time codes again\n")
    assert await Authenticator(database).sessions.log_in("ani", PASSWORD, address="10.0.0.7")
    code, _, complaint = await asyncio.to_thread(siaga, "user totp reset ani")
    assert (code, complaint) == (2, "no one-time codes are set up\n")


async def test_the_first_administrator_is_made_before_the_cloud_ever_ran(siaga, database: Database):
    line = "user add Ani --role administrator --full-name Ani --password-file @password"
    code, said, _ = await asyncio.to_thread(siaga, line)  # a command has a loop of its own
    assert (code, said) == (0, "ani is administrator of all sites\n")
    opened = await Authenticator(database).sessions.log_in("ani", PASSWORD, address="10.0.0.7")
    assert opened.session.user.role.name == "ADMINISTRATOR"
    entries = await database.run(read_entries)
    assert entries[-1].actor.startswith("shell")
    assert entries[-1].origin == "siaga-cloud"


def test_people_are_listed_changed_and_disabled(siaga):
    assert siaga("user list")[1].startswith("there is no user yet; make one: siaga-cloud user add")
    siaga("user add boss --role administrator --password-file @password")
    siaga("user add ani --role viewer --sites daruba --password-file @password")
    assert siaga("user change ani --role operator --sites all")[1] == "ani is operator of all sites\n"
    assert siaga("user disable ani")[1] == "ani is operator of all sites, and disabled\n"
    assert "disabled" in siaga("user list")[1]
    assert siaga("user change ani --enable")[1] == "ani is operator of all sites\n"


async def test_a_token_is_shown_once_listed_without_it_and_revoked(siaga, database: Database):
    code, secret, told = await asyncio.to_thread(siaga, "token add grafana --role viewer --days 30 --sites daruba")
    assert code == 0
    assert secret.startswith("siaga_")
    assert "grafana is viewer of daruba until" in told
    assert await Authenticator(database).tokens.find(secret.strip()) is not None
    _, listed, _ = await asyncio.to_thread(siaga, "token list")
    assert "grafana" in listed
    assert secret.strip() not in listed
    _, revoked, _ = await asyncio.to_thread(siaga, "token revoke grafana")
    assert "grafana is revoked since" in revoked
    assert await Authenticator(database).tokens.find(secret.strip()) is None


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("user add ani --role viewer --password-file @nowhere", "cannot be read"),
        ("user add ani --role viewer", "there is no terminal to ask for the password; give --password-file FILE"),
        ("user add a/b --role viewer --password-file @password", "name: 'a/b': write up to 64 letters"),
        ("user add ani --role viewer --sites darba --password-file @password", "did you mean daruba?"),
        ("user change nobody --role viewer", "there is no user nobody"),
        ("user change nobody", "nothing to change"),
        ("user disable nobody", "there is no user nobody"),
        ("token add x --role viewer --days 5000", "days: 5000: write a number from 1 to 400"),
        ("token revoke x", "there is no token x; siaga-cloud token list shows them all"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(siaga, line: str, sentence: str):
    code, said, complaint = siaga(line)
    assert (code, said) == (2, "")
    assert sentence in complaint
    assert complaint.count("\n") == 1
