"""How the cloud is doing, part by part:  broker ok · store down: "InfluxDB at … refused the token …" · …"""

from enum import StrEnum

import msgspec

from i18n.message import joined


class Condition(StrEnum):
    """How a part is doing, from the best to the worst."""

    OK = "ok"
    DEGRADED = "degraded"  # works, and somebody should look
    DOWN = "down"


class Component(msgspec.Struct, frozen=True):
    """A part of the cloud: its condition, and one sentence on it, which is a `LocalizedMessage` where it is ours."""

    status: Condition
    detail: str


class Health(msgspec.Struct, frozen=True):
    """The whole cloud: as bad as its worst part. `newest_age_s` has each domain that the city is watched for."""

    status: Condition
    newest_age_s: dict[str, float | None]
    components: dict[str, Component]

    @property
    def in_words(self) -> "Health":
        """The same without sentences: for strangers, and for users who see some sites only."""
        bare = {name: Component(part.status, "") for name, part in self.components.items()}
        return msgspec.structs.replace(self, components=bare)


def worse_of(one: Component, other: Component) -> Component:
    """The worse of two parts of one component, or both in one sentence where both are in trouble."""
    if Condition.OK in (one.status, other.status):
        return other if one.status is Condition.OK and other.status is not Condition.OK else one
    order = list(Condition)
    return Component(max(one.status, other.status, key=order.index), joined((one.detail, other.detail)))
