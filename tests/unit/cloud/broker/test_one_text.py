"""The text that a gateway is handed: what is in it, and how much of it."""

import hashlib
import random
import ssl
import subprocess
from datetime import date
from pathlib import Path

import pytest
import segno

from cloud.broker.one_text import LONGEST_TEXT, text_for
from cloud.broker.settings import EnrolSettings
from wire import WireError
from wire.enrolment_bundle import EnrolmentBundle, decode_bundle
from wire.gateway_config import ExpectedSensor

SENSORS = tuple(ExpectedSensor(f"river-daruba-{at}", "daruba", ("water_level",), 450.0, 10.0) for at in range(9))
MANY = tuple(
    ExpectedSensor(f"{hashlib.sha256(bytes([at])).hexdigest()}", "daruba", ("water_level",)) for at in range(200)
)


def bundle(enrol: EnrolSettings, sensors: tuple[ExpectedSensor, ...] = SENSORS) -> tuple[str, EnrolmentBundle]:
    text = text_for(
        "gw-daruba", enrol, secret=bytes(24), lasting="gw-daruba", ends_on=date(2026, 12, 13), sensors=sensors
    )
    return text, decode_bundle(text)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority as deploy/bootstrap makes it."""
    folder = tmp_path_factory.mktemp("authority")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
         "/CN=Siaga", "-keyout", folder / "key", "-out", folder / "ca.crt"], check=True, capture_output=True,
    )  # fmt: skip
    return folder / "ca.crt"


def settings(ca: Path | None) -> EnrolSettings:
    return EnrolSettings(password_file=Path("x"), host="broker.example.org", ca=ca)


def test_it_says_where_who_until_when_and_what_is_expected():
    text, made = bundle(settings(None))
    assert made.addresses == ("broker.example.org:8883",)
    assert (made.gateway, made.username, made.lasting) == ("gw-daruba", "gw-daruba.0", "gw-daruba")
    assert date(1970, 1, 1).toordinal() + (made.expires_day or 0) == date(2026, 12, 13).toordinal()
    assert made.sensors == SENSORS
    assert (made.ca, made.ca_sha256) == (None, None)
    assert len(text) < 400


def test_the_authority_goes_in_whole_and_a_qr_code_holds_all(authority: Path):
    text, made = bundle(settings(authority))
    assert made.ca == ssl.PEM_cert_to_DER_cert(authority.read_text())
    assert len(text) <= LONGEST_TEXT
    code = segno.make(text, error="l", micro=False)
    assert code.mode == "alphanumeric"
    assert int(code.version) < 30


def test_an_authority_that_is_too_large_goes_in_as_its_fingerprint(tmp_path: Path):
    large = [random.Random(at).randbytes(1_300) for at in range(2)]
    (tmp_path / "ca.crt").write_text("".join(map(ssl.DER_cert_to_PEM_cert, large)))
    _, made = bundle(settings(tmp_path / "ca.crt"))
    assert made.ca is None
    assert made.ca_sha256 == hashlib.sha256(b"".join(large)).digest()


def test_what_is_expected_is_left_out_before_the_authority(authority: Path):
    text, made = bundle(settings(authority), MANY)
    assert made.sensors == ()
    assert made.ca is not None
    assert len(text) <= LONGEST_TEXT


@pytest.mark.parametrize("pem", ["", "no certificate", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_a_sentence(tmp_path: Path, pem: str):
    (tmp_path / "ca.crt").write_text(pem)
    with pytest.raises(WireError, match=r"\[enrol\] ca is no PEM certificate"):
        bundle(settings(tmp_path / "ca.crt"))
