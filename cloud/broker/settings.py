"""[enrol]: how gateways are let in at the broker."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from runtime.address import Host
from runtime.settings import Settings


class EnrolSettings(Settings):
    """How `siaga-cloud gateway …` logs in to the broker as its administrator, and what it tells gateways to use.

    `host`, `port` and `ca` are the broker as gateways reach it; without `ca` they trust their system's authorities.
    """

    username: str = "siaga-admin"
    password_file: Path
    host: Host
    port: Annotated[int, Field(ge=1, le=65_535)] = 8883
    ca: Path | None = None
