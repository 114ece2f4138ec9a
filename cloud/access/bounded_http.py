"""Asking another server within bounds: of time, of bytes, and of where it may lead.

await asker.ask("GET", url) ─► (200, b"{…}")       ProviderAway("login.morotai.go.id did not answer within 5 s")
"""

import asyncio
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from cloud.access.oidc_settings import is_as_safe
from i18n.message import LocalizedMessage
from runtime.broker_settings import TlsSettings
from runtime.secret_urls import scrubbed
from wire import printable

MOST_BYTES = 262_144
"""Of one answer; it is asked for as it is, so that a few bytes can unpack to no more."""


class ProviderAway(Exception):
    """The provider does not answer, or not as one; the text is one sentence."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class BoundedClient:
    """Asks the provider `issuer`; `ca` is an authority of its own, `transport` a test's in the place of the network."""

    def __init__(
        self,
        issuer: str,
        *,
        timeout_s: float,
        ca: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._issuer = issuer
        self._timeout_s = timeout_s
        self._ca = ca
        self._transport = transport
        self._tls: ssl.SSLContext | None = None

    async def ask(
        self,
        method: str,
        url: str,
        *,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        auth: httpx.Auth | None = None,
    ) -> tuple[int, bytes]:
        """Return status and body; ProviderAway where there is none, it is too long, or it takes too long."""
        if not is_as_safe(url, self._issuer):
            sentence = LocalizedMessage(
                "{address} is no address with https://, and is not asked", address=repr(url[:80])
            )
            raise ProviderAway(sentence)
        host = str(urlsplit(url).hostname)
        try:
            async with asyncio.timeout(self._timeout_s), self._client() as client:
                return await _answer(client.build_request(method, url, data=form, headers=headers), client, auth, host)
        except TimeoutError:
            sentence = LocalizedMessage("{host} did not answer within {limit} s", host=host, limit=self._timeout_s)
            raise ProviderAway(sentence) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            reason = scrubbed(printable(str(error))) or type(error).__name__
            raise ProviderAway(LocalizedMessage("{host} cannot be asked: {reason}", host=host, reason=reason)) from None

    def _client(self) -> httpx.AsyncClient:
        if self._tls is None:
            self._tls = TlsSettings(ca=self._ca).context()  # kept: it takes tens of milliseconds to make
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        return httpx.AsyncClient(verify=self._tls, transport=self._transport, timeout=self._timeout_s, headers=headers)


async def _answer(
    request: httpx.Request, client: httpx.AsyncClient, auth: httpx.Auth | None, host: str
) -> tuple[int, bytes]:
    answer = await client.send(request, auth=auth, stream=True, follow_redirects=False)
    try:
        body = bytearray()
        async for piece in answer.aiter_raw():
            body += piece
            if len(body) > MOST_BYTES:
                sentence = LocalizedMessage("{host} answers with more than {most} bytes", host=host, most=MOST_BYTES)
                raise ProviderAway(sentence)
        return answer.status_code, bytes(body)
    finally:
        await answer.aclose()
