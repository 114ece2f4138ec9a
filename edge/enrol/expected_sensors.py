"""What the city expects at a gateway, for whoever writes its sources:

# the city expects here:
#   river-daruba-1   water_level   450 cm over the gauge's zero   every 10 s
"""

import re
from collections.abc import Sequence

from i18n.message import LocalizedMessage
from wire.gateway_config import MOST_EXPECTED_SENSORS, ExpectedSensor

MOST_NAMED = 8
_HEIGHT, _EVERY = re.compile(r"([0-9.e+]+) cm over the gauge's zero"), re.compile(r"every ([0-9.e+]+) s")


def comments_on(sensors: Sequence[ExpectedSensor]) -> str:
    """Comment lines for a new edge.toml; empty where nothing is expected."""
    if not sensors:
        return ""
    lines = [f"#   {'   '.join(_words(sensor))}" for sensor in sensors]
    return "\n# the city expects here:\n" + "\n".join(lines) + "\n"


def expected_in(text: str) -> tuple[ExpectedSensor, ...]:
    """The sensors in the comments of an edge.toml; what is not as `comments_on` writes it is passed over."""
    found: list[ExpectedSensor] = []
    for line in text.partition("# the city expects here:\n")[2].splitlines():
        if not line.startswith("#   "):
            break
        words = line[1:].split("   ")
        words = [word.strip() for word in words if word.strip()]
        heights, paces = ([one[1] for word in words if (one := form.fullmatch(word))] for form in (_HEIGHT, _EVERY))
        rest = [word for word in words[1:] if not _HEIGHT.fullmatch(word) and not _EVERY.fullmatch(word)]
        quantities = tuple(rest[0].split(", ")) if rest else ()
        found.append(
            ExpectedSensor(
                words[0], "", quantities, float(heights[0]) if heights else None, float(paces[0]) if paces else None
            )
        )
    return tuple(found[:MOST_EXPECTED_SENSORS])


def sentence_on(sensors: Sequence[ExpectedSensor]) -> LocalizedMessage:
    """What is expected, in a sentence."""
    named = ", ".join(sensor.id for sensor in sensors[:MOST_NAMED])
    return LocalizedMessage("the city expects here: {names}", names=named + (" …" if len(sensors) > MOST_NAMED else ""))


def _words(sensor: ExpectedSensor) -> list[str]:
    words = [sensor.id, ", ".join(sensor.quantities)]
    if sensor.mounting_height_cm is not None:
        words.append(f"{sensor.mounting_height_cm:g} cm over the gauge's zero")
    if sensor.interval_s is not None:
        words.append(f"every {sensor.interval_s:g} s")
    return [word for word in words if word]
