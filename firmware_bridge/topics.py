"""Topics of MQTT and the filters that a source listens to.

"tele/+/SENSOR" matches "tele/pm/SENSOR"      "tele/#" matches "tele" and all below it      "tele/+x" is no filter
"""


def is_filter(text: str) -> bool:
    """Whether `text` is a topic filter: + stands for a whole level, and # alone and last."""
    levels = text.split("/")
    return bool(text) and "\0" not in text and all(
        level in ("+", "#") or not set(level) & set("+#") for level in levels
    ) and "#" not in levels[:-1]  # fmt: skip


def matches(wanted: str, topic: str) -> bool:
    """Whether a message on `topic` is among those that the filter `wanted` asks for [MQTT-4.7]."""
    if topic.startswith("$") and wanted[:1] in ("+", "#"):
        return False
    levels, given = wanted.split("/"), topic.split("/")
    if levels[-1] == "#":
        levels, given = levels[:-1], given[: len(levels) - 1]
    return len(levels) == len(given) and all(level in ("+", own) for level, own in zip(levels, given, strict=True))
