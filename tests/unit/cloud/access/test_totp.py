"""One-time codes by the worked cases of RFC 6238, appendix B, which have eight digits: ours are the last six."""

import base64
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.access.totp import STEP_S, code_at, enrolment_uri, is_secret, new_secret, step_of

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("time_s", "eight_digits"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_codes_are_those_of_the_rfc(time_s: int, eight_digits: str):
    assert code_at(RFC_SECRET, time_s // STEP_S) == eight_digits[2:]
    assert step_of(RFC_SECRET, eight_digits[2:], now_ms=time_s * 1_000) == time_s // STEP_S


@given(now_s=st.integers(60, 2**33), off=st.integers(-5, 5))
def test_a_code_counts_half_a_minute_early_and_late_and_no_longer(now_s: int, off: int):
    step = now_s // STEP_S + off
    code = code_at(RFC_SECRET, max(step, 0))
    about = {code_at(RFC_SECRET, now_s // STEP_S + near): near for near in (-1, 0, 1)}
    assert (step_of(RFC_SECRET, code, now_ms=now_s * 1_000) is not None) == (code in about)


def test_the_first_minute_of_1970_has_no_code_before_it():
    assert step_of(RFC_SECRET, code_at(RFC_SECRET, 0), now_ms=0) == 0


@given(st.text(max_size=40))
def test_what_is_no_code_is_of_no_time(text: str):
    codes = {code_at(RFC_SECRET, step) for step in (0, 1, 2)}
    assert (step_of(RFC_SECRET, text, now_ms=45_000) is not None) == (text in codes)


def test_secrets_have_160_bits_and_are_new_each_time():
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(is_secret(secret) and len(secret) == 32 for secret in made)


@pytest.mark.parametrize("text", ["", "A", "JBSWY3DPEHPK3PXP", "0" * 32, "é" * 32, "a" * 32])
def test_what_we_never_made_is_no_secret(text: str):
    assert not is_secret(text)


def test_the_address_in_the_qr_code_names_city_and_person_whatever_they_are_called():
    uri = urlsplit(enrolment_uri(RFC_SECRET, name="ani@kota", city="Pulau Morotai & co"))
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Siaga%20Pulau%20Morotai%20%26%20co:ani%40kota")
    assert parse_qs(uri.query) == {
        "secret": [RFC_SECRET], "issuer": ["Siaga Pulau Morotai & co"], "digits": ["6"], "period": ["30"],
    }  # fmt: skip
