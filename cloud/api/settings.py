"""[api]: where the API and the console listen."""

from ipaddress import ip_network
from typing import Annotated

from pydantic import Field, field_validator

from runtime.settings import Settings


class ApiSettings(Settings):
    """Where the API and the console listen, and the proxies that are believed about where a request came from."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8080
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")

    @field_validator("proxies")
    @classmethod
    def _proxies_are_networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for text in proxies:
            try:
                ip_network(text)
            except ValueError:
                raise ValueError(f'{text!r} is no address; write one such as "10.0.0.7" or "10.0.0.0/24"') from None
        return proxies
