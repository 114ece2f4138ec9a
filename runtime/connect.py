"""Whether a broker can be reached and used, step by step, each with what to do where it fails:

clock ─► name ─► reach ─► TLS ─► login ─► rights ─► answer
ok       ok      ok       failed: the certificate of broker.example.org is not valid for that name; …

The first step that fails ends it: those after it would only say the same again.
"""

import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from i18n.message import LocalizedMessage
from runtime.address import Address
from runtime.broker_settings import BrokerSettings
from runtime.connect_client import ClientAttempt
from runtime.connect_step import CLOCK, NAME, REACH, ConnectStep, Exchange
from runtime.connect_tls import try_tls
from runtime.reasons import reason_of

TIMEOUT_S = 10.0
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""This program is not older: a clock before it is wrong."""


def steps(
    broker: BrokerSettings,
    *,
    identifier: str,
    subscriptions: Sequence[str] = (),
    exchange: Exchange | None = None,
    login_advice: str = "",
    timeout_s: float = TIMEOUT_S,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    on_message: Callable[[str, bytes], None] = lambda _topic, _payload: None,
) -> Iterator[ConnectStep]:
    """Try each node of `broker` in turn; nothing that can go wrong is an exception.

    `on_message` is called with whatever comes on the `subscriptions`, on another thread.
    """
    yield (clock := _clock(now()))
    if not clock.ok:
        return
    for node in broker.nodes():
        tried = _of_node(broker, node, identifier, subscriptions, exchange, login_advice, timeout_s, now, on_message)
        yield from _through(tried)


def _through(tried: Iterator[ConnectStep]) -> Iterator[ConnectStep]:
    for step in tried:
        yield step
        if not step.ok:
            return


def _of_node(
    broker: BrokerSettings, node: Address, identifier: str, subscriptions: Sequence[str], exchange: Exchange | None,
    login_advice: str, timeout_s: float, now: Callable[[], datetime], on_message: Callable[[str, bytes], None],
) -> Iterator[ConnectStep]:  # fmt: skip
    yield _name(node)
    yield _reach(node, timeout_s)
    yield try_tls(broker, node, timeout_s, now())
    with ClientAttempt(broker, node, identifier, timeout_s, on_message) as client:
        yield client.login(login_advice)
        if subscriptions:
            yield client.subscribe(subscriptions)
        if exchange is not None:
            yield client.exchange(exchange)


def _clock(now: datetime) -> ConnectStep:
    shown = f"{now:%Y-%m-%d %H:%M} UTC"
    if now >= EARLIEST:
        return ConnectStep(CLOCK, True, LocalizedMessage("this machine's clock says {now}", now=shown))
    said = LocalizedMessage(
        "this machine's clock says {now}, which is past; set it (timedatectl set-time), or let NTP through", now=shown
    )
    return ConnectStep(CLOCK, False, said)


def _name(node: Address) -> ConnectStep:
    try:
        found = socket.getaddrinfo(node.host, node.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        said = LocalizedMessage(
            "{host} has no address ({reason}); look at the name, the link and the DNS",
            host=node.host, reason=reason_of(error),
        )  # fmt: skip
        return ConnectStep(NAME, False, said)
    addresses = ", ".join(list(dict.fromkeys(str(each[4][0]) for each in found))[:4])
    return ConnectStep(NAME, True, LocalizedMessage("{host} is {addresses}", host=node.host, addresses=addresses))


def _reach(node: Address, timeout_s: float) -> ConnectStep:
    try:
        with socket.create_connection((node.host, node.port), timeout=timeout_s):
            return ConnectStep(REACH, True, LocalizedMessage("{node} takes connections", node=str(node)))
    except OSError as error:
        return ConnectStep(REACH, False, _unreached(node, timeout_s, error))


def _unreached(node: Address, timeout_s: float, error: OSError) -> LocalizedMessage:
    if isinstance(error, ConnectionRefusedError):
        return LocalizedMessage(
            "nothing listens at {node}; look whether the broker runs, and at the port", node=str(node)
        )
    if isinstance(error, TimeoutError):
        return LocalizedMessage(
            "{node} does not answer within {seconds:g} s; look at the link, the firewall and the port",
            node=str(node), seconds=timeout_s,
        )  # fmt: skip
    return LocalizedMessage(
        "{node} cannot be reached: {reason}; look at the link", node=str(node), reason=reason_of(error)
    )
