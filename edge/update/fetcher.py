"""Fetches for The Update Framework, within bounds:  metadata in one piece, archives from where they broke off.

NAME.part holds what came of an archive; the rest of it is asked for (Range), slower than `bytes_s` where that is said.
The standard library's HTTP does it: how the framework's own fetcher fails depends on which urllib3 is installed.
"""

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from ssl import SSLContext
from typing import IO

from tuf.api.exceptions import DownloadError, DownloadHTTPError, DownloadLengthMismatchError
from tuf.ngclient import FetcherInterface

GAP_S = 60.0
"""So long may a connection bring nothing."""
_CHUNK_BYTES = 16 * 1024
_PARTIAL, _NOTHING_MORE = 206, 416


class BoundedFetcher(FetcherInterface):
    """Fetches; archives are below `targets` (a URL) and kept in `folder`. `bytes_s` 0: as fast as the link is."""

    def __init__(self, targets: str, folder: Path, *, tls: SSLContext, bytes_s: float = 0.0) -> None:
        self._targets = targets
        self._folder = folder
        self._bytes_s = bytes_s
        self._tls = tls

    @contextmanager
    def download_file(self, url: str, max_length: int) -> Iterator[IO[bytes]]:
        """The file at `url`, of so many bytes at most; DownloadError, DownloadLengthMismatchError."""
        if not url.startswith(self._targets):
            with super().download_file(url, max_length) as file:
                yield file
            return
        part = self._folder / f"{url.rsplit('/', 1)[-1]}.part"
        self._fetch_rest(url, part, max_length)
        with part.open("rb") as file:
            yield file

    def _fetch(self, url: str) -> Iterator[bytes]:
        return self._chunks(self._answer(url, {}))

    def _fetch_rest(self, url: str, part: Path, max_length: int) -> None:
        there = part.stat().st_size if part.exists() else 0
        if there == max_length:
            return
        try:
            answer = self._answer(url, {"Range": f"bytes={there}-"} if there else {})
        except DownloadHTTPError as error:
            if error.status_code != _NOTHING_MORE:
                raise
            raise DownloadLengthMismatchError(f"it has no more than {there} bytes") from None
        goes_on = answer.status == _PARTIAL and answer.headers.get("Content-Range", "").startswith(f"bytes {there}-")
        with part.open("ab" if goes_on else "wb") as file:
            for chunk in self._chunks(answer):
                if file.tell() + len(chunk) > max_length:
                    raise DownloadLengthMismatchError(f"it has more than {max_length} bytes")
                file.write(chunk)

    def _answer(self, url: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - http or https, as the offer was read
        try:
            answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=GAP_S, context=self._tls)  # noqa: S310
        except urllib.error.HTTPError as error:
            error.close()
            raise DownloadHTTPError(f"{url} answers {error.code}", error.code) from None
        except (OSError, http.client.HTTPException) as error:
            raise DownloadError(f"{url}: {error}") from error
        return answer

    def _chunks(self, answer: http.client.HTTPResponse) -> Iterator[bytes]:
        began_s, came = time.monotonic(), 0
        with answer:
            try:
                while chunk := answer.read(_CHUNK_BYTES):
                    yield chunk
                    came += len(chunk)
                    if self._bytes_s:
                        time.sleep(max(0.0, began_s + came / self._bytes_s - time.monotonic()))
            except (OSError, http.client.HTTPException) as error:
                raise DownloadError(f"{answer.url}: {error}") from error
            if answer.length:
                raise DownloadError(f"{answer.url} broke off after {came} bytes")
