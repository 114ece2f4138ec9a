"""The checks of a city file, asked of records: the same sentences, each with the record that it is about.

problems_of_records({"sensors": [river, …], …}, quantities)
 -> ("sensors", "river", "sensor river: gateway: 'gw-x': there is none of that id; add it to [[gateways]]")
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cloud.registry.city_records import fields_of
from cloud.registry.consistency import consistency_problems
from cloud.registry.ownership import about
from cloud.registry.records import Record
from i18n.message import located
from wire import QuantityTable

_PLACE = re.compile(r"(\w+)\[(\d+)\]\.?(.*)", re.DOTALL)


def problems_of_records(
    records: Mapping[str, Sequence[Record]], quantities: QuantityTable
) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, id, sentence) for each problem between records, none of which is retired."""
    tables = {kind: [fields_of(record, zone="") for record in rows] for kind, rows in records.items()}
    for key, sentence in consistency_problems(_own_tables(quantities) | tables):
        place = _PLACE.fullmatch(key)
        if place is not None and place[1] in records:
            name = records[place[1]][int(place[2])].id
            yield place[1], name, about(place[1], name, located(place[3], sentence) if place[3] else sentence)


def _own_tables(quantities: QuantityTable) -> dict[str, list[Any]]:
    domains: list[Any] = [{"id": row.id} for row in quantities.own_domains if not row.retired]
    own = [row for row in quantities.own.values() if not row.retired]
    rows = [{"id": row.name, "domain": row.domain, "low": row.low, "high": row.high} for row in own]
    return {"domains": domains, "quantities": list[Any](rows)}
