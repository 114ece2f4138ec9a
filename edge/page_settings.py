"""[page] of edge.toml:  listen = "0.0.0.0:8080"  password_file = "page.password"  names = ["gw-daruba.example.org"]

A page on the gateway's own address that shows what `siaga-edge status` shows; off where the table is missing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from edge.listen_address import ListenAddress, address_of, mistakes_of_listening
from runtime.machine import mistakes_of_a_secret
from runtime.settings import Settings, beside

MOST_NAMES = 16


def _listen(text: str) -> str:
    for mistake in mistakes_of_listening(text):
        raise ValueError(mistake)
    return text


class PageSettings(Settings):
    """Where the page is; whoever reads it must know the password, where there is one.

    `names` are those of this gateway in the network, beside its addresses, names without a dot and those in .local.
    """

    listen: Annotated[str, Field(max_length=100), AfterValidator(_listen)]
    password_file: Path | None = None
    names: Annotated[tuple[Annotated[str, Field(max_length=253)], ...], Field(max_length=MOST_NAMES)] = ()

    @property
    def address(self) -> ListenAddress:
        """The address and port to listen on."""
        return address_of(self.listen) or ListenAddress("127.0.0.1", 0)

    def password(self) -> str | None:
        """The password from its file; OSError where it cannot be read, ValueError where it is empty or no text."""
        if self.password_file is None:
            return None
        password = self.password_file.read_text(encoding="utf-8-sig").strip()
        if not password or "\0" in password:  # as a power cut leaves a file: it is not open to all for that
            raise ValueError("it is empty")
        return password


def page_beside(settings_file: Path, page: PageSettings | None) -> PageSettings | None:
    """The same with its file as the settings mean it."""
    if page is None or page.password_file is None:
        return page
    return page.model_copy(update={"password_file": beside(settings_file, page.password_file)})


def mistakes_of_the_page(page: PageSettings | None) -> Iterator[str]:
    """What cannot be used on this machine."""
    if page is not None and page.password_file is not None:
        yield from mistakes_of_a_secret("page.password_file", page.password_file)


def secrets_of_the_page(page: PageSettings | None) -> dict[str, Path | None]:
    """The secret that the table names, by its key."""
    return {} if page is None else {"page.password_file": page.password_file}
