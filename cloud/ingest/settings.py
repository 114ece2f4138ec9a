"""[ingest] and [dead_letters]: how much is taken on, and how much of what is rejected is kept."""

import re
from typing import Annotated

from pydantic import Field, field_validator

from runtime.settings import Settings
from wire.topics import SHARDS

Megabytes = Annotated[int, Field(ge=1, le=1_000_000)]


class IngestSettings(Settings):
    """How much ingest takes on: which shards, how much in memory, how far ahead a reading's time may be."""

    enabled: bool = True
    shards: str = f"0-{SHARDS - 1}"
    queue_mb: Megabytes = 64
    ahead_s: Annotated[float, Field(ge=1, le=86_400)] = 600.0
    keep_session: bool = True

    @field_validator("shards")
    @classmethod
    def _shards_are_a_range(cls, text: str) -> str:
        found = re.fullmatch(r"(\d+)-(\d+)", text)
        if found is None or not int(found[1]) <= int(found[2]) < SHARDS:
            raise ValueError(f'write the first and the last shard, as in "0-{SHARDS - 1}"')
        return text

    @property
    def shard_range(self) -> range:
        """The shards as a range."""
        first, last = self.shards.split("-")
        return range(int(first), int(last) + 1)


class DeadLetterSettings(Settings):
    """How much of what is rejected is kept, in all and of each gateway."""

    max_mb: Megabytes = 256
    gateway_mb: Megabytes = 32
