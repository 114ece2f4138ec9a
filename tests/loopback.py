"""HTTP on the loopback, in the clear: httpx reads the certificates of the machine for each client, 30 ms of a core.

loopback.get("http://127.0.0.1:8080/…", timeout=20)        as httpx.get, which it is but for that
"""

from typing import Any

import httpx


def request(method: str, url: str, **given: Any) -> httpx.Response:
    """As `httpx.request`."""
    return httpx.request(method, url, verify=False, **given)


def get(url: str, **given: Any) -> httpx.Response:
    """As `httpx.get`."""
    return request("GET", url, **given)


def post(url: str, **given: Any) -> httpx.Response:
    """As `httpx.post`."""
    return request("POST", url, **given)


def put(url: str, **given: Any) -> httpx.Response:
    """As `httpx.put`."""
    return request("PUT", url, **given)
