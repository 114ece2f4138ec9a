"""What the registry keeps of logins: enough to hand over the next one, and nothing for a thief."""

import pytest

from cloud.broker.handover import kept_login, sealed_for, sealed_for_bundle
from wire import WireError
from wire.sealed_login import decode_login, handover_key, open_login

OPERATOR, FIRST, SECOND = "administrator's secret", "Zmlyc3QgcGFzc3dvcmQ", "c2Vjb25kIHBhc3N3b3Jk"


def opened(waiting: bytes, password: str, username: str) -> str:
    key = handover_key(password, gateway="gw", username=username)
    return open_login(decode_login(waiting), gateway="gw", key=key)


def test_the_holder_of_the_one_time_secret_opens_the_lasting_login():
    sealed = sealed_for_bundle("gw", "gw", FIRST, one_time="gw.0", secret="one-time")
    kept = kept_login("gw", "gw", FIRST, operator=OPERATOR, sealed=sealed)
    assert opened(kept.handed_over, "one-time", "gw.0") == FIRST
    with pytest.raises(WireError):
        opened(kept.handed_over, "another secret", "gw.0")


def test_the_operator_seals_the_next_login_for_the_one_in_use():
    kept = kept_login("gw", "gw", FIRST, operator=OPERATOR, sealed=None)
    sealed = sealed_for(kept, "gw.2", SECOND, operator=OPERATOR)
    assert (sealed.username, sealed.key_of) == ("gw.2", "gw")
    assert open_login(sealed, gateway="gw", key=handover_key(FIRST, gateway="gw", username="gw")) == SECOND


def test_without_the_administrators_password_what_is_kept_opens_nothing():
    kept = kept_login("gw", "gw", FIRST, operator=OPERATOR, sealed=None)
    key = handover_key(FIRST, gateway="gw", username="gw")
    for secret in (FIRST, key, key.hex()):
        assert (secret if isinstance(secret, bytes) else secret.encode()) not in kept.key
    with pytest.raises(WireError, match="the broker's administrator has another password since"):
        sealed_for(kept, "gw.2", SECOND, operator="guessed")
