"""[rules]: what a city begins with."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from runtime.settings import Settings


class RulesSettings(Settings):
    """The rules that a city begins with, from a file; without a file only the rule that reports silent sensors.

    For `silence_grace_s` after the link to the broker came back silence means nothing yet.
    """

    initial: Path | None = None
    silence_grace_s: Annotated[float, Field(ge=0, le=3_600)] = 30.0
