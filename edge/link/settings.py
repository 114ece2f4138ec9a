"""[uplink] of edge.toml: the cloud's broker, and what its link may carry.

host … tls, as for every broker · batch_s batch_readings window ack_timeout_s · max_kbit_s quiet_hours zone ·
via via_max_kbit_s takeover_s return_s
"""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from edge.link.quiet_hours import minutes_of, offset_of
from i18n.message import LocalizedMessage
from runtime.broker_settings import BrokerSettings

_INTERFACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,14}")


def _hours(text: str) -> str:
    if minutes_of(text) is None:
        raise ValueError(LocalizedMessage("is no span of a day; write one such as '22:00-05:00'"))
    return text


def _zone(text: str) -> str:
    if offset_of(text) is None:
        raise ValueError(LocalizedMessage("is no zone; write how far it is from UTC, such as '+09:00'"))
    return text


def _interface(text: str) -> str:
    if not _INTERFACE.fullmatch(text):
        raise ValueError(LocalizedMessage("is no name of an interface; write one that ip link shows, such as 'wlan0'"))
    return text


class UplinkSettings(BrokerSettings):
    """The cloud's broker; `batch_s` gathers readings on a metered link, `window` is the batches in flight at most.

    `max_kbit_s` (1 kbit: 1,000 bits) is what may be sent at most, 0 for all that the link takes. Where `quiet_hours`
    are named the backlog goes in these alone; `zone` is that of the place. `via` are interfaces, the better one first:
    the next takes over where one brought no ack for `takeover_s`, until a better one has answered for `return_s`.
    """

    batch_s: Annotated[float, Field(ge=0, le=3_600)] = 0.0
    batch_readings: Annotated[int, Field(ge=1, le=5_000)] = 360
    window: Annotated[int, Field(ge=2, le=100)] = 16
    ack_timeout_s: Annotated[float, Field(ge=0.1, le=600)] = 10.0
    max_kbit_s: Annotated[float, Field(ge=0, le=10_000_000)] = 0.0
    quiet_hours: Annotated[tuple[Annotated[str, AfterValidator(_hours)], ...], Field(max_length=24)] = ()
    zone: Annotated[str, AfterValidator(_zone)] | None = None
    via: Annotated[tuple[Annotated[str, AfterValidator(_interface)], ...], Field(max_length=8)] = ()
    via_max_kbit_s: dict[str, Annotated[float, Field(ge=0, le=10_000_000)]] = Field(default_factory=dict)
    takeover_s: Annotated[float, Field(ge=1, le=3_600)] = 30.0
    return_s: Annotated[float, Field(ge=1, le=86_400)] = 300.0

    @model_validator(mode="after")
    def _hours_need_a_zone(self) -> "UplinkSettings":
        if self.quiet_hours and self.zone is None:
            raise ValueError(
                LocalizedMessage("quiet_hours stand without zone; add how far the place is from UTC, such as '+09:00'")
            )
        return self

    @model_validator(mode="after")
    def _limits_are_of_interfaces(self) -> "UplinkSettings":
        for name in self.via_max_kbit_s:
            if name not in self.via:
                raise ValueError(
                    LocalizedMessage("via_max_kbit_s: {name} stands not in via; add it there", name=repr(name[:100]))
                )
        return self

    def max_kbit_s_over(self, interface: str) -> float:
        """What may be sent over an interface."""
        return self.via_max_kbit_s.get(interface, self.max_kbit_s)
