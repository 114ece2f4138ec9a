"""[feed]: where a process that ingests tells others what it knows, and whom the screens follow."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from runtime.settings import Settings, beside


class FeedSettings(Settings):
    """The socket of `siaga-cloud run` and `ingest`, which `siaga-cloud web` follows, or all of `follow` instead.

    `host` and `port` are where `siaga-cloud ingest` answers for its own health and metrics.
    """

    socket: Path | None = None
    follow: tuple[Path, ...] = ()
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8081

    @property
    def followed(self) -> tuple[Path, ...]:
        """The sockets that `siaga-cloud web` follows."""
        return self.follow or (() if self.socket is None else (self.socket,))

    def beside(self, file: Path) -> "FeedSettings":
        """The settings with relative paths beginning beside `file`."""
        here = None if self.socket is None else beside(file, self.socket)
        return self.model_copy(update={"socket": here, "follow": tuple(beside(file, path) for path in self.follow)})

    @model_validator(mode="after")
    def _follows_each_once(self) -> "FeedSettings":
        if len(set(self.follow)) != len(self.follow):
            raise ValueError("feed.follow: names a socket twice; name each ingester's once")
        return self
