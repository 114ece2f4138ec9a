"""A login by one bundle: what is done at the broker, and that nothing of it is shown by chance."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cloud.broker.administrator import Administrator, administrator_by_password
from cloud.broker.bundle_login import prepare_bundle
from cloud.broker.logins import Login
from cloud.broker.settings import EnrolSettings
from runtime.broker_settings import BrokerSettings, TlsSettings
from wire.enrolment_bundle import decode_bundle

SECRET = "the administrator's secret"


@pytest.fixture(scope="module")
def administrator() -> Administrator:
    broker = BrokerSettings(port=8883, username="siaga-cloud", password_file=Path("cloud.password"), tls=TlsSettings())
    enrol = EnrolSettings(password_file=Path("nowhere"), host="broker.example.org")
    return administrator_by_password(broker, enrol, SECRET)


def test_a_typed_password_takes_the_place_of_the_clouds_own_login_and_is_never_shown(administrator: Administrator):
    broker = administrator.broker
    assert (broker.username, broker.password(), broker.port) == ("siaga-admin", SECRET, 8883)
    assert broker.tls is not None
    for shown in (repr(administrator), str(administrator), repr(broker), str(broker), f"{broker.model_dump()}"):
        assert SECRET not in shown


def test_the_first_bundle_makes_the_role_and_two_logins_of_which_one_may_send_nothing(administrator: Administrator):
    made = prepare_bundle("gw-1", [], administrator, days=14, sensors=())
    bundle = decode_bundle(made.text)
    assert (bundle.username, bundle.lasting, made.username) == ("gw-1.0", "gw-1", "gw-1")
    assert made.ends_on == datetime.now(UTC).date() + timedelta(days=14)
    assert [(one["command"], one.get("rolename") or one["username"]) for one in made.commands] == [
        ("deleteRole", "gateway-gw-1"), ("createRole", "gateway-gw-1"), ("deleteClient", "gw-1.0"),
        ("deleteRole", "gateway-gw-1.0"), ("createRole", "gateway-gw-1.0"), ("createClient", "gw-1.0"),
        ("createClient", "gw-1"),
    ]  # fmt: skip
    first, lasting = made.commands[-2:]
    assert first["roles"] == [{"rolename": "gateway-gw-1.0", "priority": 0}]
    assert first["password"] == bundle.password
    assert first["clientid"] == lasting["clientid"] == "siaga-edge-gw-1"
    for secret in (made.password, made.text, bundle.password, SECRET):
        assert secret not in repr(made)
        assert all(secret not in row.key.decode() + row.handed_over.decode() for row in made.rows)


@pytest.mark.parametrize(
    ("ways", "ending"),
    [
        ({}, {"command": "modifyClient", "username": "gw-1", "textdescription": "ends when gw-1.2 was used"}),
        ({"until": date(2099, 1, 2)},
         {"command": "modifyClient", "username": "gw-1", "textdescription": "ends on 2099-01-02"}),
        ({"now": True}, {"command": "deleteClient", "username": "gw-1"}),
    ],
)  # fmt: skip
def test_a_bundle_again_lets_the_login_in_use_live_until_its_end(administrator: Administrator, ways, ending):
    made = prepare_bundle("gw-1", [Login("gw-1")], administrator, days=1, sensors=(), **ways)
    assert made.username == "gw-1.2"
    assert made.commands[0] == ending
    assert not any(one.get("rolename") == "gateway-gw-1" for one in made.commands), "its role is left alone"
