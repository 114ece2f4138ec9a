"""What the registry keeps of a login, so that the next one can be handed over, and a thief of the registry has nothing:

password ─► handover key ─► sealed with scrypt(administrator's password)          GatewayLogin.key
                      └───► seals the next password, for the gateway alone        GatewayLogin.handed_over

The running cloud has no administrator's password: it passes on what is sealed, and can open neither.
"""

import hashlib
import secrets

from cloud.gateways.login_handovers import GatewayLogin
from wire import WireError
from wire.sealed_login import (
    NONCE_BYTES,
    SealedLogin,
    decode_login,
    encode_login,
    handover_key,
    open_login,
    seal_login,
)

_OPERATOR = "operator"
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**14, 8, 1
"""16 MiB and 50 ms: RFC 7914, section 2, for who guesses an administrator's password that people made up."""


def kept_login(
    gateway: str, username: str, password: str, *, operator: str, sealed: SealedLogin | None
) -> GatewayLogin:
    """What the registry keeps of `username`, for the operator whose secret is `operator`; `sealed` waits."""
    key = handover_key(password, gateway=gateway, username=username)
    for_operator = seal_login(
        key.hex(), gateway=gateway, username=username, key_of=_OPERATOR, key=_operators(operator, username),
        nonce=secrets.token_bytes(NONCE_BYTES),
    )  # fmt: skip
    return GatewayLogin(username, gateway, encode_login(for_operator), b"" if sealed is None else encode_login(sealed))


def sealed_for(kept: GatewayLogin, username: str, password: str, *, operator: str) -> SealedLogin:
    """The login `username`, sealed for the gateway that uses `kept` now; WireError where `operator` opens nothing."""
    try:
        for_operator = decode_login(kept.key)
        key = open_login(for_operator, gateway=kept.gateway, key=_operators(operator, kept.username))
    except WireError:
        raise WireError(
            f"what is kept of {kept.username} cannot be opened: the broker's administrator has another password since"
        ) from None
    return _sealed(kept.gateway, username, password, key_of=kept.username, key=bytes.fromhex(key))


def sealed_for_bundle(gateway: str, username: str, password: str, *, one_time: str, secret: str) -> SealedLogin:
    """The login `username`, sealed for whoever has the bundle with the one-time password `secret`."""
    key = handover_key(secret, gateway=gateway, username=one_time)
    return _sealed(gateway, username, password, key_of=one_time, key=key)


def _sealed(gateway: str, username: str, password: str, *, key_of: str, key: bytes) -> SealedLogin:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return seal_login(password, gateway=gateway, username=username, key_of=key_of, key=key, nonce=nonce)


def _operators(operator: str, username: str) -> bytes:
    salt = f"siaga handover {username}".encode()
    return hashlib.scrypt(operator.encode(), salt=salt, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P, dklen=32)
