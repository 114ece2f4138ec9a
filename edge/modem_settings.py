"""[modem] of edge.toml:  quota_mb = 10_000  quota_from_day = 1  zone = "+09:00"   off where the table is missing"""

from typing import Annotated

from pydantic import AfterValidator, Field

from edge.link.quiet_hours import offset_of
from i18n.message import LocalizedMessage
from runtime.settings import Settings


def _zone(text: str) -> str:
    if offset_of(text) is None:
        raise ValueError(LocalizedMessage("is no zone; write how far it is from UTC, such as '+09:00'"))
    return text


class ModemSettings(Settings):
    """The SIM's plan: `quota_mb` (of 1,000,000 bytes) a month from day `quota_from_day`, in the `zone` of the place."""

    quota_mb: Annotated[float, Field(gt=0, le=100_000_000)] | None = None
    quota_from_day: Annotated[int, Field(ge=1, le=28)] = 1
    zone: Annotated[str, AfterValidator(_zone)] = "Z"
