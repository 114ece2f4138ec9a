"""Long answers that are whole, or seen to be cut: a file that ends too early must not look like one that is whole.

200, Transfer-Encoding: chunked ─► piece, piece, … ─► last chunk          whole
                                └► piece, failure ─► connection closed    curl: (18), a browser: the download failed
HTTP/1.0, which has no chunks and ends every answer by closing ─► 505
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from cloud.http.problems import error_response

LONGEST_S = 1_800.0
"""How long one answer may take; who reads nothing for a minute is let go before (`cloud/http/server.py`)."""
_log = logging.getLogger(__name__)


class WholeOrCutResponse(StreamingResponse):
    """Sends `pieces`; what they raise of `expected` is logged and cuts the answer. `on_end` is called last."""

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        *,
        media_type: str,
        headers: Mapping[str, str],
        expected: tuple[type[Exception], ...],
        on_end: Callable[[], None],
    ) -> None:
        super().__init__(pieces, media_type=media_type, headers=headers)
        self._expected, self._on_end = expected, on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and end in any case."""
        try:
            if scope.get("http_version") == "1.0":
                detail = (
                    "over HTTP/1.0 a file that was cut looks whole; ask with HTTP/1.1 (nginx: proxy_http_version 1.1)"
                )
                await error_response(Request(scope), 505, detail)(scope, receive, send)
            elif scope["method"] == "HEAD":
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                await send({"type": "http.response.body", "body": b""})
            else:
                await super().__call__(scope, receive, send)
        finally:
            self._on_end()

    async def stream_response(self, send: Send) -> None:
        """Send all of it; where that fails the answer is left without its end, and the server closes the connection."""
        try:
            async with asyncio.timeout(LONGEST_S):
                await super().stream_response(send)
        except TimeoutError:
            _log.warning("an answer was cut after it had begun: it took more than %g s", LONGEST_S)
        except self._expected as error:
            _log.warning("an answer was cut after it had begun: %s", error)
