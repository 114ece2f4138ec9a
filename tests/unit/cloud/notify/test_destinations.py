"""Where messages of people's channels may go: addresses, names at the moment of the connection, and redirects."""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Any

import httpx
import pytest

from cloud.notify.channels.email.send import Email
from cloud.notify.channels.email.settings import EmailChannel
from cloud.notify.channels.http import outcome_of, post
from cloud.notify.contract import ChannelContext, Later, Never
from cloud.notify.destinations import CheckedDestinations, DestinationRefused, IPNetwork, is_public
from runtime.secret_urls import SecretUrl
from tests.receivers import HttpReceiver
from tests.unit.cloud.notify.examples import notification

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("149.154.167.220", True), ("2606:4700::1111", True), ("64:ff9b::9599:1", True),
        ("127.0.0.1", False), ("10.4.0.7", False), ("172.16.3.1", False), ("192.168.1.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False),
        ("255.255.255.255", False), ("::1", False), ("::", False), ("fe80::1", False), ("fd00::7", False),
        ("::ffff:10.4.0.7", False), ("64:ff9b::a04:7", False), ("2002:a04:7::1", False), ("ff02::1", False),
    ],
)  # fmt: skip
def test_an_address_of_our_own_networks_is_not_public_however_it_is_written(address: str, public: bool):
    assert is_public(ip_address(address)) is public


class Names:
    """A resolver that says of `hook.test` what it was told, one answer after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: Sequence[str]) -> None:
        self.answers = list(answers)

        async def getaddrinfo(_: object, _host: str, port: int, **_more: object) -> list[Any]:
            found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

        monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)


async def posted(url: str, *, allowed: Sequence[IPNetwork] = ()) -> Any:
    async with CheckedDestinations(lambda: allowed).client() as client:
        return await post(client, SecretUrl(url), b"{}", {}, timeout_s=5)


async def test_a_name_that_means_one_of_ours_is_refused_and_the_sentence_says_what_allows_it(
    monkeypatch: pytest.MonkeyPatch,
):
    Names(monkeypatch, ["149.154.167.220", "10.4.0.7"])
    outcome = await posted("https://hook.test/T024")
    assert isinstance(outcome, Later)
    assert (outcome.unsure, "hook.test is at 10.4.0.7" in outcome.problem) == (False, True)
    assert "notify.allow_private" in outcome.problem


async def test_a_name_is_looked_up_again_at_each_connection(monkeypatch: pytest.MonkeyPatch):
    with HttpReceiver() as web:
        Names(monkeypatch, ["127.0.0.1"], ["10.4.0.7"])
        url = web.url.replace("127.0.0.1", "hook.test")
        destinations = CheckedDestinations(lambda: LOOPBACK)
        async with destinations.client() as client:
            first = await post(client, SecretUrl(url), b"{}", {}, timeout_s=5)
            second = await post(client, SecretUrl(url), b"{}", {}, timeout_s=5)
    assert not isinstance(first, Later)
    assert isinstance(second, Later), "a rebound name must not be reached over what is open"
    assert len(web.accepted) == 1


async def test_no_redirect_is_followed(monkeypatch: pytest.MonkeyPatch):
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"Location": "http://169.254.169.254/"})

    async def handle(_: object, request: httpx.Request) -> httpx.Response:
        return answer(request)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle)
    Names(monkeypatch, ["149.154.167.220"])
    url = SecretUrl("https://hook.test/T024")
    async with CheckedDestinations(lambda: ()).client() as client:
        assert isinstance(outcome_of(await post(client, url, b"{}", {}, timeout_s=5), url), Never)


async def test_a_request_goes_to_the_checked_address_under_the_hosts_own_name(monkeypatch: pytest.MonkeyPatch):
    seen: list[httpx.Request] = []

    async def handle(_: object, request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle)
    Names(monkeypatch, ["149.154.167.220"])
    await posted("https://hook.test/T024")
    (request,) = seen
    assert (request.url.host, request.headers["Host"]) == ("149.154.167.220", "hook.test")
    assert request.extensions["sni_hostname"] == "hook.test"


async def test_a_mail_server_of_ours_is_refused_too():
    channel = EmailChannel(kind="email", name="mail", host="127.0.0.1", security="tls", sender="siaga@siaga.test")
    checked = CheckedDestinations(lambda: ())
    async with checked.client() as client:
        context = ChannelContext(client, lambda _topic, _payload: True, None, "", checked.connect)  # type: ignore[arg-type]
        outcome = await Email(channel, context).send(notification())
    assert isinstance(outcome, Later)
    assert "127.0.0.1 is at 127.0.0.1, within our own networks" in outcome.problem
    with pytest.raises(DestinationRefused):
        await checked.connect("127.0.0.1", 25)
