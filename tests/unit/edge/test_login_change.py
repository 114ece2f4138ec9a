"""A new login from the city: tried, kept when the cloud has answered to it, given up where it does not."""

from pathlib import Path
from typing import cast

import msgspec
import pytest

from edge.check import check_file
from edge.kept_login import FILE
from edge.login_change import AGAIN_S, TRY_S, LoginChange
from edge.settings import UplinkSettings
from runtime.mqtt import MqttSession
from wire import Ack, WireError, decode_batch, encode_ack
from wire.sealed_login import encode_login, handover_key, seal_login

OLD, NEW = "the password of today", "the password of tomorrow"


class SimulatedSession:
    """A session that notes how it would connect; `publish` keeps what was sent."""

    def __init__(self, broker: UplinkSettings) -> None:
        self.broker = broker
        self.renewed = 0
        self.sent: list[bytes] = []
        self.problem = ""

    def renew(self) -> None:
        self.renewed += 1

    def publish(self, _topic: str, payload: bytes) -> bool:
        self.sent.append(payload)
        return True


class Gateway:
    """A gateway whose edge.toml has the login `gw`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "edge.toml").write_text(
            '[gateway]\nid = "gw"\n[uplink]\nhost = "b"\nusername = "gw"\npassword_file = "gw.secret"\n'
        )
        if not (folder / "gw.secret").exists():
            (folder / "gw.secret").write_text(OLD)
        self.start()

    def start(self) -> None:
        self.now_s = 0.0
        uplink = check_file(self.folder / "edge.toml").settings.uplink
        self.session = SimulatedSession(uplink)
        self.in_force: list[str | None] = []
        self.change = LoginChange(
            cast(MqttSession, self.session), uplink, gateway="gw", folder=self.folder, now_s=lambda: self.now_s,
            in_force=lambda changed: self.in_force.append(changed.username),
        )  # fmt: skip

    def login_of_a_start(self) -> tuple[str | None, str | None]:
        """What an agent that starts now connects with."""
        uplink = check_file(self.folder / "edge.toml").settings.uplink
        return uplink.username, uplink.password()

    def answer(self) -> bool:
        """The cloud acknowledges what was sent last."""
        return self.change.is_answer(encode_ack(Ack(decode_batch(self.session.sent[-1]).stream, 1, 0)))


def sealed(username: str = "gw.2", password: str = NEW, *, key_of: str = "gw", opens: str = OLD) -> msgspec.Raw:
    key = handover_key(opens, gateway="gw", username=key_of)
    login = seal_login(password, gateway="gw", username=username, key_of=key_of, key=key, nonce=bytes(16))
    return msgspec.Raw(encode_login(login))


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path)


def test_a_new_login_is_in_force_when_the_cloud_has_answered_to_it(gateway: Gateway):
    gateway.change.use(sealed())
    assert (gateway.session.broker.username, gateway.session.broker.password()) == ("gw.2", NEW)
    assert gateway.session.renewed == 1
    assert gateway.change.username == "gw", "the status must not name it before"
    assert gateway.login_of_a_start() == ("gw", OLD), "a kill now costs nothing"
    gateway.change.connected()
    assert gateway.answer()
    assert (gateway.change.username, gateway.in_force) == ("gw.2", ["gw.2"])
    assert gateway.login_of_a_start() == ("gw.2", NEW)
    assert all(file.stat().st_mode & 0o077 == 0 for file in gateway.folder.glob("*.password"))


def test_rotations_follow_each_other_and_leave_one_password(gateway: Gateway):
    for username, key_of, opens, password in (("gw.2", "gw", OLD, "second"), ("gw.3", "gw.2", "second", "third")):
        gateway.change.use(sealed(username, password, key_of=key_of, opens=opens))
        gateway.change.connected()
        assert gateway.answer()
        gateway.start()
    assert gateway.login_of_a_start() == ("gw.3", "third")
    assert [file.name for file in gateway.folder.glob("*.password")] == ["gw.3.password"]


def test_one_that_is_refused_falls_back_by_itself_and_is_tried_again_later(gateway: Gateway):
    gateway.change.use(sealed())
    gateway.session.problem = "broker b:1883: not authorised"
    gateway.now_s = TRY_S - 1
    gateway.change.poll()
    assert gateway.session.broker.username == "gw.2"
    gateway.now_s = TRY_S
    gateway.change.poll()
    assert (gateway.session.broker.username, gateway.session.renewed) == ("gw", 2)
    assert gateway.change.note.startswith("the new login gw.2 does not work (broker b:1883: not authorised)")
    gateway.change.use(sealed())  # as it is delivered again at the connection after it
    assert gateway.session.broker.username == "gw"
    gateway.now_s += AGAIN_S[0]
    gateway.change.poll()
    assert gateway.session.broker.username == "gw.2"
    gateway.change.connected()
    gateway.answer()
    assert gateway.change.note == ""


def test_an_answer_that_came_by_the_old_login_proves_nothing(gateway: Gateway):
    gateway.change.use(sealed())
    old = gateway.session.broker.model_copy(update={"username": "gw"})
    gateway.change.connected()
    gateway.session.broker = old
    assert gateway.answer()
    assert gateway.change.username == "gw"


def test_other_acks_are_none_of_its_business(gateway: Gateway):
    assert not gateway.change.is_answer(encode_ack(Ack("0" * 16, 1, 0)))
    gateway.change.use(sealed())
    assert not gateway.change.is_answer(encode_ack(Ack("0" * 16, 1, 0)))
    assert not gateway.change.is_answer(b"no ack")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (sealed(opens="another password"), "cannot be opened with the password of gw"),
        (sealed("gw.4", key_of="gw.3"), "sealed for gw.3, and this gateway uses gw; bring it by hand"),
    ],
)
def test_one_that_is_not_for_the_login_in_force_is_said_and_changes_nothing(
    gateway: Gateway, raw: msgspec.Raw, said: str
):
    gateway.change.use(raw)
    assert said in gateway.change.note
    assert (gateway.session.broker.username, gateway.session.renewed) == ("gw", 0)
    gateway.change.use(None)
    assert gateway.change.note == ""


@pytest.mark.parametrize("username", ["gw", "gw.0"])
def test_one_of_yesterday_is_passed_over(gateway: Gateway, username: str):
    gateway.change.use(sealed(username))
    assert (gateway.session.renewed, gateway.change.note) == (0, "")


def test_when_the_city_takes_it_back_the_old_one_is_used_again(gateway: Gateway):
    gateway.change.use(sealed())
    gateway.change.use(None)
    assert gateway.session.broker.username == "gw"


def test_what_is_no_login_is_refused_with_its_revision(gateway: Gateway):
    with pytest.raises(WireError, match="configuration, login"):
        gateway.change.check(msgspec.Raw(b'{"username":7}'))


def test_whoever_writes_another_login_into_edge_toml_is_obeyed(gateway: Gateway):
    gateway.change.use(sealed())
    gateway.change.connected()
    gateway.answer()
    (gateway.folder / "gw.secret").write_text("brought by hand")
    assert gateway.login_of_a_start() == ("gw", "brought by hand")


@pytest.mark.parametrize("damaged", [b"", b"\0" * 80, b'{"v":1,"username":"../../etc/shadow","instead_of":""}', b"{"])
def test_a_damaged_file_is_said_and_edge_toml_holds(gateway: Gateway, damaged: bytes):
    gateway.change.use(sealed())
    gateway.change.connected()
    gateway.answer()
    (gateway.folder / FILE).write_bytes(damaged)
    assert gateway.login_of_a_start() == ("gw", OLD)
    warnings = check_file(gateway.folder / "edge.toml").warnings
    assert any("uplink.login is damaged, so the login in [uplink] holds" in warning for warning in warnings)


def test_a_disk_that_takes_nothing_keeps_the_old_login(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    gateway.change.use(sealed())
    gateway.change.connected()
    monkeypatch.setattr("edge.kept_login.replace_file", full)
    gateway.answer()
    assert gateway.change.username == "gw"
    assert "cannot be kept: No space left on device; the old one holds" in gateway.change.note
    assert gateway.session.broker.username == "gw"
