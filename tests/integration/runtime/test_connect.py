"""The way to a broker, step by step, on real sockets and a real Mosquitto."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt import publish

from i18n.catalog import catalog_of
from i18n.message import LocalizedMessage
from runtime.broker_settings import BrokerSettings
from runtime.connect import steps
from runtime.connect_step import ConnectStep, Exchange
from tests.servers import free_port, mosquitto

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


class Authority:
    """An authority of a test's own, and certificates by it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        made = self._begun(self._name, self._key, NOW - DAY, NOW + DAY)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.ca = folder / "ca.crt"
        self.ca.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def certify(self, *, start: datetime = NOW - DAY, end: datetime = NOW + 90 * DAY, name: str = "localhost") -> str:
        """Make server.crt and server.key; Mosquitto's lines for a listener with them."""
        key = ec.generate_private_key(ec.SECP256R1())
        named = [x509.DNSName(name)] + ([x509.IPAddress(ip_address("127.0.0.1"))] if name == "localhost" else [])
        made = self._begun(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key, start, end)
        made = made.add_extension(x509.SubjectAlternativeName(named), critical=False)
        certificate, secret = self.folder / "server.crt", self.folder / "server.key"
        certificate.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        secret.chmod(0o644)  # Mosquitto reads it as a user of its own
        return f"certfile {certificate}\nkeyfile {secret}"

    def _begun(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, start: datetime, end: datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
        )


def tried(broker: dict[str, object], **more: object) -> list[ConnectStep]:
    settings = BrokerSettings.model_validate({"host": "127.0.0.1", **broker})
    found = list(steps(settings, identifier="check", timeout_s=2.0, **more))  # type: ignore[arg-type]
    indonesian = catalog_of("id").said
    for step in found:
        assert isinstance(step.name, LocalizedMessage)
        assert indonesian(step.said) != step.said, "every step is told in both languages"
    return found


def failure(found: list[ConnectStep]) -> tuple[str, str]:
    """The step that failed, which is the last, and what it says."""
    assert [step.ok for step in found] == [True] * (len(found) - 1) + [False], found
    return found[-1].name, found[-1].said


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority")
    for place in (folder, *folder.parents[:2]):
        place.chmod(0o755)
    return Authority(folder)


def test_a_clock_that_is_past_is_told_before_all_else():
    found = tried({"port": 1}, now=lambda: datetime(2020, 1, 1, tzinfo=UTC))
    assert failure(found)[0] == "clock"
    assert "2020-01-01 00:00 UTC, which is past; set it" in found[0].said


def test_a_name_without_an_address():
    name, said = failure(tried({"host": "no-such-host.invalid"}))
    assert name == "name"
    assert "no-such-host.invalid has no address" in said


def test_nobody_listens():
    name, said = failure(tried({"port": free_port()}))
    assert (name, "nothing listens at 127.0.0.1" in said) == ("reach", True)


def test_something_listens_that_is_no_broker():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        name, said = failure(tried({"port": mute.getsockname()[1]}))
    assert (name, "is it an MQTT broker?" in said) == ("login", True)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[int]:
    with mosquitto(tmp_path, port := free_port()):
        yield port


def test_all_is_well_up_to_the_answer(plain: int):
    heard = Exchange("t/echo", b"hello", lambda topic, payload: (topic, payload) == ("t/echo", b"hello"), "nobody")
    found = tried({"port": plain}, subscriptions=["t/#"], exchange=heard)
    assert [step.name for step in found] == ["clock", "name", "reach", "TLS", "login", "rights", "answer"]
    assert all(step.ok for step in found)


def test_what_is_kept_there_comes_without_a_word_and_what_is_not_is_said(plain: int):
    waiting = Exchange("", b"", lambda topic, payload: (topic, payload) == ("t/kept", b"hello"), "look at the server")
    name, said = failure(tried({"port": plain}, subscriptions=["t/#"], exchange=waiting))
    assert (name, "nothing came within 2 s; look at the server" in said) == ("answer", True)
    publish.single("t/kept", b"hello", qos=1, retain=True, hostname="127.0.0.1", port=plain)
    assert tried({"port": plain}, subscriptions=["t/#"], exchange=waiting)[-1].ok


def test_no_answer_says_what_to_do(plain: int):
    nobody = Exchange("t/x", b"hello", lambda _topic, _payload: False, "look whether the cloud runs")
    name, said = failure(tried({"port": plain}, subscriptions=["t/#"], exchange=nobody))
    assert (name, "no answer to t/x within 2 s; look whether the cloud runs" in said) == ("answer", True)


def test_tls_towards_a_broker_in_the_clear(plain: int, authority: Authority):
    name, said = failure(tried({"port": plain, "tls": {"ca": authority.ca}}))
    assert (name, "does not speak TLS" in said or "broke off the TLS handshake" in said) == ("TLS", True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"start": NOW + 5 * DAY, "end": NOW + 9 * DAY}, "is not valid yet, by this machine's clock"),
        ({"start": NOW - 9 * DAY, "end": NOW - 5 * DAY}, "has ended, by this machine's clock"),
        ({"name": "other.example.org"}, "does not have the address 127.0.0.1; use a name that stands in it"),
    ],
)
def test_a_certificate_that_is_not_good_is_told_in_words(
    tmp_path: Path, authority: Authority, change: dict[str, object], said: str
):
    lines = authority.certify(**change)  # type: ignore[arg-type]
    with mosquitto(tmp_path, port := free_port(), settings=f"allow_anonymous true\n{lines}"):
        name, sentence = failure(tried({"port": port, "tls": {"ca": authority.ca}}))
    assert name == "TLS"
    assert said in sentence


def test_an_authority_that_is_not_ours_and_tls_that_was_forgotten(tmp_path: Path, authority: Authority):
    lines = authority.certify()
    (tmp_path / "other").mkdir()
    renewed, stranger = Authority(tmp_path / "other"), "/etc/ssl/certs/ca-certificates.crt"
    with mosquitto(tmp_path, port := free_port(), settings=f"allow_anonymous true\n{lines}"):
        of_another = failure(tried({"port": port, "tls": {"ca": stranger}}))[1]
        of_the_same_name = failure(tried({"port": port, "tls": {"ca": renewed.ca}}))[1]
        assert "is of an authority that tls.ca does not have" in of_another
        assert "is of an authority of the same name with another key" in of_the_same_name
        assert "speaks TLS, and tls is missing; add tls" in failure(tried({"port": port}))[1]
        found = tried({"port": port, "host": "localhost", "tls": {"ca": authority.ca}})
    assert all(step.ok for step in found)
    assert "the certificate is good for 89 days" in found[3].said or "90 days" in found[3].said
