"""Whether a broker speaks TLS as its settings ask, and what its certificate lacks:

the certificate of broker.example.org:8883 is signed by itself; name the server's authority in tls.ca
"""

import socket
import ssl
import time
from datetime import datetime

from i18n.catalog import N_
from i18n.message import LocalizedMessage
from runtime.address import Address
from runtime.broker_settings import TLS_PORT, BrokerSettings
from runtime.connect_step import TLS, ConnectStep
from runtime.reasons import reason_of

_STRANGE_AUTHORITY = N_(
    "the certificate of {node} is of an authority that tls.ca does not have; bring the server's ca.crt here"
)
_UNVERIFIED = {
    # X509_V_ERR_… of OpenSSL: what the certificate of the server is not
    7: N_(
        "the certificate of {node} is of an authority of the same name with another key; bring the server's present "
        "ca.crt here"
    ),
    9: N_(
        "the certificate of {node} is not valid yet, by this machine's clock ({now}); set the clock (timedatectl), or "
        "look at the server's"
    ),
    10: N_(
        "the certificate of {node} has ended, by this machine's clock ({now}); renew it on the server "
        "(docs/operations.md, certificates)"
    ),
    18: N_("the certificate of {node} is signed by itself; name the server's authority in tls.ca"),
    19: _STRANGE_AUTHORITY,
    20: _STRANGE_AUTHORITY,
    62: N_(
        "the certificate of {node} does not have the name {host}; use a name that stands in it, or add this one on the "
        "server and renew it"
    ),
    64: N_(
        "the certificate of {node} does not have the address {host}; use a name that stands in it, or add this one on "
        "the server and renew it"
    ),
}
_NOT_VERIFIED = N_("the certificate of {node} cannot be verified: {reason}; look at tls.ca")


def try_tls(broker: BrokerSettings, node: Address, timeout_s: float, now: datetime) -> ConnectStep:
    """Greet the broker with TLS, or see that it wants none."""
    if broker.tls is None:
        return _without_tls(node, timeout_s)
    try:
        context = broker.tls.context()
    except (OSError, ssl.SSLError) as error:
        said = LocalizedMessage(
            "the files of tls cannot be used: {reason}; ca, cert and key are PEM", reason=reason_of(error)
        )
        return ConnectStep(TLS, False, said)
    try:
        with (
            socket.create_connection((node.host, node.port), timeout=timeout_s) as plain,
            context.wrap_socket(plain, server_hostname=node.host) as wrapped,
        ):
            return ConnectStep(TLS, True, _verified(wrapped))
    except ssl.SSLCertVerificationError as error:
        return ConnectStep(TLS, False, _unverified(node, error, now))
    except (ssl.SSLError, OSError) as error:
        return ConnectStep(TLS, False, _no_tls(node, error))


def _without_tls(node: Address, timeout_s: float) -> ConnectStep:
    if not _speaks_tls(node, timeout_s):
        return ConnectStep(TLS, True, LocalizedMessage("none is asked for: what is sent can be read on the way"))
    said = LocalizedMessage(
        "{node} speaks TLS, and tls is missing; add tls = {{ }}, and its ca if need be", node=str(node)
    )
    return ConnectStep(TLS, False, said)


def _unverified(node: Address, error: ssl.SSLCertVerificationError, now: datetime) -> LocalizedMessage:
    form = _UNVERIFIED.get(error.verify_code, _NOT_VERIFIED)
    return LocalizedMessage(
        form, node=str(node), host=node.host, now=f"{now:%Y-%m-%d %H:%M} UTC", reason=error.verify_message
    )


def _no_tls(node: Address, error: OSError) -> LocalizedMessage:
    reason = getattr(error, "reason", None) or reason_of(error)
    if isinstance(error, ssl.SSLError) and reason != "WRONG_VERSION_NUMBER":
        return LocalizedMessage(
            "{node} broke off the TLS handshake ({reason}); look at tls.cert and tls.key, and at the broker's log",
            node=str(node), reason=reason,
        )  # fmt: skip
    return LocalizedMessage(
        "{node} does not speak TLS ({reason}); look at the port ({port} is usual), or take tls out",
        node=str(node), reason=reason, port=TLS_PORT,
    )  # fmt: skip


def _speaks_tls(node: Address, timeout_s: float) -> bool:
    """Whether a server that we would speak to in the clear answers a TLS greeting; what it is we need not trust."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((node.host, node.port), timeout=min(timeout_s, 3.0)) as plain,
            context.wrap_socket(plain, server_hostname=node.host),
        ):
            return True
    except OSError:
        return False


def _verified(wrapped: ssl.SSLSocket) -> LocalizedMessage:
    ends = str((wrapped.getpeercert() or {}).get("notAfter", ""))
    if not ends:
        return LocalizedMessage("{version}, verified", version=wrapped.version())
    days = (ssl.cert_time_to_seconds(ends) - time.time()) / 86_400
    return LocalizedMessage(
        "{version}, the certificate is good for {days:.0f} days", version=wrapped.version(), days=days
    )
