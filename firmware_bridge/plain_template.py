"""Templates of Home Assistant that are nothing but a path; whatever else one says, it is never evaluated.

{{ value_json.PMS5003['PM2.5'] }}            ─► ("PMS5003", "PM2.5")
{{ value_json.get("t") | float | round(1) }} ─► ("t",)           the value as it is: rounding is for people's eyes
{{ value | float(0) }}                       ─► ()               the whole payload
{{ value_json.t * 0.1 }}   {% if … %}        ─► None: it computes, and who wrote it may be a stranger
"""

import re

from firmware_bridge.device_json import Path

LONGEST = 300
_QUOTED = r"""'([^'"\\]*)'|"([^'"\\]*)\""""
_WHOLE = re.compile(r"\s*\{\{-?\s*(value_json|value)\b([^{}|]*?)((?:\|[^{}|]*?)*)\s*-?\}\}\s*", re.DOTALL)
_STEP = re.compile(rf"\s*(?:\.get\(\s*(?:{_QUOTED})\s*\)|\.([A-Za-z_]\w*)|\[\s*(?:{_QUOTED}|([0-9]{{1,4}}))\s*\])\s*")
_FILTER = re.compile(r"\s*(?:(?:float|int|round)\s*(?:\(\s*(?:default\s*=\s*)?-?[0-9.]*\s*\))?|is_defined)\s*")


def path_in(template: str) -> Path | None:
    """The path that a template takes in the payload's JSON, () for the payload itself; None: no plain path."""
    found = _WHOLE.fullmatch(template) if len(template) <= LONGEST else None
    if found is None:
        return None
    start, steps, filters = found.groups()
    if not all(_FILTER.fullmatch(each) for each in filters.split("|")[1:]):
        return None
    path = _steps(steps.rstrip())
    if path is None or bool(path) is (start == "value"):
        return None
    return path


def _steps(text: str) -> Path | None:
    path: list[str] = []
    at = 0
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            return None
        path.append(next(group for group in found.groups() if group is not None))
        at = found.end()
    return tuple(path)
