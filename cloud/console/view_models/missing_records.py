"""What the registry lacks, so that readings were refused: records to add or to bring back, and what is known of each.

MissingRecord("sensors", "air-jetty", False, {"gateway": "gw-east", "site": "sangowo", "quantities": "pm2_5 pm10"})
"""

from collections.abc import Iterator, Mapping
from itertools import islice

import msgspec

from cloud.core.reasons import Reason
from cloud.ingest.dead_letter_records import DeadLetter
from cloud.registry.snapshot import Registry
from wire import WireError, decode_batch

MOST_MISSING = 12
"""Records that one letter asks for; the next ones are seen when these are there."""
ASKING = (Reason.UNKNOWN_SENSOR.value, Reason.UNKNOWN_GATEWAY.value)
"""Why something is refused that a new record mends."""


class MissingRecord(msgspec.Struct, frozen=True):
    """A record that is not in the registry, or was retired; `known` is what its form can be filled with."""

    kind: str
    id: str
    is_retired: bool
    known: Mapping[str, str] = {}


def missing_records(registry: Registry, letter: DeadLetter) -> tuple[MissingRecord, ...]:
    """The records of which a letter speaks as if they were there, of kinds that city.toml does not own."""
    if letter.reason == Reason.UNKNOWN_GATEWAY.value:
        found = _gateways(registry, letter)
    elif letter.reason == Reason.UNKNOWN_SENSOR.value:
        found = _sensors(registry, letter)
    else:
        return ()
    return tuple(islice((each for each in found if each.kind not in registry.file_owns), MOST_MISSING))


def _gateways(registry: Registry, letter: DeadLetter) -> Iterator[MissingRecord]:
    held = registry.registered("gateways").get(letter.gateway)
    if letter.gateway and (held is None or held.retired):
        yield MissingRecord("gateways", letter.gateway, held is not None)


def _sensors(registry: Registry, letter: DeadLetter) -> Iterator[MissingRecord]:
    try:
        columns = decode_batch(letter.raw).columns
    except WireError:
        return
    gateway, quantities = registry.gateway(letter.gateway), dict[str, list[str]]()
    place = {"gateway": letter.gateway, "site": "" if gateway is None else gateway.site}
    for column in columns:
        own = quantities.setdefault(column.sensor, [])
        if column.quantity in registry.quantities.measured and column.quantity not in own:
            own.append(column.quantity)
    for name, own in quantities.items():
        held = registry.registered("sensors").get(name)
        if held is None or held.retired:
            yield MissingRecord("sensors", name, held is not None, {**place, "quantities": " ".join(own)})
