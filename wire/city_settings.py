"""Which settings of a gateway are the city's: one table, for who writes them and who lays them over edge.toml.

uplink.batch_s          how long readings are gathered before they are sent
sources.NAME.silent_s   how long a source may say nothing
outputs.NAME.test       when an output is tested silently each week

A gateway of another version knows other keys: what it does not know it passes over, and names in its report.
"""

from typing import NamedTuple


class CityField(NamedTuple):
    """A setting that the city may set: its table in the configuration, its key, and what it does at the gateway."""

    part: str
    key: str
    does: str


CITYS = (
    CityField("uplink", "batch_s", "how long readings are gathered before they are sent"),
    CityField("uplink", "batch_readings", "how many readings one batch has at most"),
    CityField("uplink", "window", "how many batches are under way at most"),
    CityField("uplink", "ack_timeout_s", "how long an acknowledgement is waited for"),
    CityField("uplink", "keepalive_s", "how often the broker is told that the gateway lives; connects anew"),
    CityField("uplink", "max_kbit_s", "how much is sent at most"),
    CityField("uplink", "quiet_hours", "when the backlog goes"),
    CityField("uplink", "zone", "the zone of the quiet hours"),
    CityField("health", "every_s", "how often the gateway reports on itself"),
    CityField("sources", "silent_s", "how long a source may say nothing, by the name of the source"),
    CityField("sensors", "mounting_height_cm", "the height from which a distance becomes a level; the source reopens"),
    CityField("sensors", "interval_s", "every_s of a source that is asked; the source reopens"),
    CityField("outputs", "from_severity", "the mildest severity at which an output is on, by the name of the output"),
    CityField("outputs", "test", "when in the week an output is tested silently"),
)
"""Every setting that the city owns; those of `outputs` travel in the part `alarms`, as its stages."""
BY_HAND = {"uplink": 1, "health": 1, "sources": 2, "outputs": 2}
"""The parts whose settings people set, and how many words name one in each; what else there is follows from facts."""


def keys_of(part: str) -> frozenset[str]:
    """What the city may set in a part of its configuration."""
    return frozenset(field.key for field in CITYS if field.part == part)
