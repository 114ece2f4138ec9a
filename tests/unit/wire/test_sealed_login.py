"""A new login that only the gateway can open which has the old one."""

import msgspec
import pytest

from wire import WireError
from wire.sealed_login import (
    SealedLogin,
    decode_login,
    encode_login,
    handover_key,
    login_number,
    open_login,
    seal_login,
)

OLD, NEW = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", "bmV3IHBhc3N3b3JkIG9mIDMyIGNoYXJz"
KEY = handover_key(OLD, gateway="gw-daruba", username="gw-daruba")
LOGIN = seal_login(
    NEW, gateway="gw-daruba", username="gw-daruba.2", key_of="gw-daruba", key=KEY, nonce=bytes(range(16))
)
GOLDEN = (
    b'{"username":"gw-daruba.2","key_of":"gw-daruba","sealed":"AAECAwQFBgcICQoLDA0OD1q6Ab/fNGFbU'
    b'XjfPKsPlTtTiAPkcvJdcrb4M3r9y4Kw0fZCABVFD+OspWFm/3hSuMqXw7RYl/tbMh9CVW2prP0="}'
)


def test_a_login_of_today_is_opened_for_ever():
    assert encode_login(LOGIN) == GOLDEN
    assert open_login(decode_login(GOLDEN), gateway="gw-daruba", key=KEY) == NEW


def test_it_says_nothing_of_the_password():
    assert NEW.encode() not in LOGIN.sealed
    assert len(KEY) == 32
    assert OLD.encode() not in KEY


@pytest.mark.parametrize("changed", range(len(LOGIN.sealed)))
def test_each_byte_that_is_changed_is_noticed(changed: int):
    sealed = bytearray(LOGIN.sealed)
    sealed[changed] ^= 1
    with pytest.raises(WireError, match="cannot be opened with the password of gw-daruba"):
        open_login(msgspec.structs.replace(LOGIN, sealed=bytes(sealed)), gateway="gw-daruba", key=KEY)


def test_it_is_good_for_one_gateway_one_login_and_one_key():
    other = handover_key(OLD, gateway="gw-daruba", username="gw-daruba.2")
    for login, gateway, key in (
        (LOGIN, "gw-utara", KEY),
        (LOGIN, "gw-daruba", other),
        (msgspec.structs.replace(LOGIN, username="gw-daruba.3"), "gw-daruba", KEY),
    ):
        with pytest.raises(WireError):
            open_login(login, gateway=gateway, key=key)


def test_two_nonces_cover_one_password_in_two_ways():
    again = seal_login(NEW, gateway="gw-daruba", username="gw-daruba.2", key_of="gw-daruba", key=KEY, nonce=bytes(16))
    assert again.sealed[16:48] != LOGIN.sealed[16:48]
    assert open_login(again, gateway="gw-daruba", key=KEY) == NEW


@pytest.mark.parametrize("raw", [b"", b"null", b"{}", b'{"username":"a","key_of":"b","sealed":"AA=="}', b"x" * 5_000])
def test_what_is_no_login_is_a_sentence(raw: bytes):
    with pytest.raises(WireError, match="configuration, login"):
        decode_login(raw)


def test_logins_are_numbered_from_the_one_time_one():
    assert [login_number(name) for name in ("gw.0", "gw", "gw-2", "gw.2", "gw.17", "gw.x")] == [0, 1, 1, 2, 17, 1]


def test_a_password_that_is_too_long_is_not_sealed():
    with pytest.raises(WireError):
        seal_login("x" * 300, gateway="gw", username="gw.2", key_of="gw", key=KEY, nonce=bytes(16))
    assert isinstance(LOGIN, SealedLogin)
