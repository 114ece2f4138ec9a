"""kind = "cap_file":   folder = "cap" """

from pathlib import Path
from typing import Literal

from cloud.notify.channels.fields import PerMinute
from cloud.notify.channels.settings import ChannelSettings


class CapFileChannel(ChannelSettings):
    """A folder in which each warning becomes a CAP 1.2 file, for whoever collects them."""

    kind: Literal["cap_file"]
    folder: Path
    per_minute: PerMinute = 600

    def folders(self) -> dict[str, Path]:
        """Return the folder."""
        return {"folder": self.folder}
