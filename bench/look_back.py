"""A start's look back on two days, as health speaks of it, and when it is over:  indices: 100 % … hour up to date."""

import re
import time

import httpx

from tests.people import bearer

PATIENCE_S = 120.0
"""How long a look back may take before something is measured all the same."""


def derived_says(api_port: int, token: str) -> str:
    """The sentence of health on the derived series; empty where there is no answer yet."""
    address = f"http://127.0.0.1:{api_port}/api/v1/health"
    try:
        parts = httpx.get(address, headers=bearer(token), timeout=20).json()["components"]
        return str(parts.get("derived", {}).get("detail", ""))
    except httpx.HTTPError:
        return ""


def wait_for_the_look_back(api_port: int, token: str) -> None:
    """Wait until it is over, or for `PATIENCE_S`."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not re.search(r"indices: 100 %.*hour up to date", derived_says(api_port, token)):
        if time.monotonic() > deadline_s:
            return
        time.sleep(1)
