"""Which InfluxDB answers at an address:  GET /ping  →  X-Influxdb-Version: v2.9.1"""

import re

import httpx
import msgspec

from cloud.readings.administration.plan import StoreInitError
from runtime.secret_urls import SecretUrl

TIMEOUT_S = 20.0
_VERSION = re.compile(r"v?(\d+)\.\d+")


class ServerVersion(msgspec.Struct, frozen=True):
    """The server's own text, and the first number in it."""

    major: int
    text: str


def server_version(url: str) -> ServerVersion:
    """Ask for the version; StoreInitError where nobody or something else answers."""
    name = SecretUrl(url)
    try:
        answer = httpx.get(f"{url}/ping", timeout=TIMEOUT_S, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = name.keep_out_of(str(error) or type(error).__name__)
        raise StoreInitError(f"InfluxDB at {name} cannot be reached: {reason}; does it run?") from None
    text = answer.headers.get("x-influxdb-version", "")
    found = _VERSION.match(text)
    if found is None:
        raise StoreInitError(
            f"{name} answered {answer.status_code} without the version of an InfluxDB; look at store.url"
        )
    return ServerVersion(int(found[1]), text.removeprefix("v"))
