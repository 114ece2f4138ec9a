"""[updates]: where the repository of updates is, and how gateways reach it."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from runtime.settings import Settings
from wire import WireError
from wire.gateway_update import UpdateOffer, decode_offer, encode_offer


class UpdateSettings(Settings):
    """`folder` holds the repository, which is served at /updates; `url` is that, as gateways reach it.

    `online_key` signs daily that the repository is of now. A gateway has `limit_min` from being asked to confirming.
    Health tells `warn_days` ahead of metadata that will end and that only people can sign.
    """

    folder: Path
    url: str
    online_key: Path
    limit_min: Annotated[float, Field(ge=1, le=7 * 1_440)] = 120.0
    warn_days: Annotated[int, Field(ge=1, le=180)] = 30

    @field_validator("url")
    @classmethod
    def _can_be_handed_out(cls, url: str) -> str:
        try:
            return decode_offer(encode_offer(UpdateOffer(url, ""))).url
        except WireError as error:
            raise ValueError(str(error).removeprefix("update, url: ")) from None
