"""[indicator] of edge.toml:  led = "ACT"  file = "/run/siaga/condition"   shows whether all is well"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from i18n.message import LocalizedMessage
from runtime.settings import Settings, beside

LEDS = Path("/sys/class/leds")


def _led(text: str) -> str:
    if not text or "/" in text or "\0" in text or text.startswith("."):
        raise ValueError(LocalizedMessage("is no lamp; write a name that `ls /sys/class/leds` shows, such as 'ACT'"))
    return text


class IndicatorSettings(Settings):
    """A lamp of /sys/class/leds, a file, or both; off where the table is missing."""

    led: Annotated[str, Field(max_length=100), AfterValidator(_led)] | None = None
    file: Path | None = None


def indicator_beside(settings_file: Path, indicator: IndicatorSettings | None) -> IndicatorSettings | None:
    """The same with its file as the settings mean it."""
    if indicator is None or indicator.file is None:
        return indicator
    return indicator.model_copy(update={"file": beside(settings_file, indicator.file)})


def warnings_of_the_indicator(indicator: IndicatorSettings | None) -> Iterator[LocalizedMessage]:
    """What shows nothing, and is hardly meant so."""
    if indicator is None:
        return
    if indicator.led is None and indicator.file is None:
        yield LocalizedMessage("indicator: has neither led nor file, so nothing is shown; add one of the two")
    elif indicator.led is not None and not (LEDS / indicator.led).is_dir():
        found = ", ".join(sorted(each.name for each in LEDS.iterdir())[:8]) if LEDS.is_dir() else ""
        yield LocalizedMessage(
            "indicator.led: {led} is no lamp of this machine; there are: {found}",
            led=repr(indicator.led), found=found or LocalizedMessage("none"),
        )  # fmt: skip
