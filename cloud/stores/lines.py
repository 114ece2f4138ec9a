"""InfluxDB line protocol: one line for all quantities of a sensor that share a time.

air,gateway=gw-daruba,sensor=air-market,site=daruba pm10=30.5,pm2_5=12.0 1764000000000
air,gateway=gw-daruba,sensor=air-market,site=daruba pm10=31.0,pm2_5=12.1,marks=1i 1764000001000

Values are written as floats always, so a field has one type for ever; `marks` is a whole number, left out where 0.
Fast because columnar: all numbers become text in one call, and all lines in one formatting.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

import msgspec

from cloud.blocks import Block

MARKS = "marks"
_NUMBERS = msgspec.json.Encoder()


def lines_of(blocks: Sequence[Block]) -> bytes:
    """The lines of `blocks`, times in milliseconds: point by point in turn, each ended by a newline."""
    templates: list[bytes] = []
    rows: list[zip[tuple[float, ...]]] = []
    for block in blocks:
        names, columns = zip(*block.fields, strict=True)
        template = _template(block.domain, block.site, block.sensor, block.gateway, block.marks, names)
        templates.append(template * len(block.times_ms))
        rows.append(zip(*columns, block.times_ms, strict=True))
    numbers = list(chain.from_iterable(chain.from_iterable(rows)))
    return b"".join(templates) % tuple(_NUMBERS.encode(numbers)[1:-1].split(b","))


@lru_cache(maxsize=65_536)
def _template(measurement: str, site: str, sensor: str, gateway: str, marks: int, names: tuple[str, ...]) -> bytes:
    # tags in the order of their names, as InfluxDB sorts them itself
    tags = "".join(f",{key}={_escaped(tag)}" for key, tag in (("gateway", gateway), ("sensor", sensor), ("site", site)))
    fields = ",".join(f"{_escaped(name)}=%b" for name in names)
    marked = f",{MARKS}={marks}i" if marks else ""
    return f"{_escaped(measurement)}{tags} {fields}{marked} %b\n".encode()


def _escaped(text: str) -> str:
    for special in ("\\", " ", ",", "="):
        text = text.replace(special, f"\\{special}")
    return text.replace("\n", "\\n").replace("%", "%%")  # %% because the line is a formatting template
