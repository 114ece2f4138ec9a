"""What of all that waits may go now:  live readings first, the backlog behind them, and neither starves.

what the link is paid for   max_kbit_s: nothing goes before it is paid; live first, an eighth of it is the backlog's
when                        quiet_hours: the backlog waits for them, and live readings and what was sent before do not
what the link takes         pace.py: so much of the backlog is under way that live readings wait half a second at most

A spool that is nearly full waits for no hour: the oldest readings would be lost. A gateway that does not know the time
knows no hour: its backlog waits until it does, a day at most. Pure; the clocks are handed in.
"""

from collections.abc import Callable

from edge.link.meter import Meter, bytes_on_the_link
from edge.link.pace import WAIT_S, BacklogPace
from edge.link.quiet_hours import QuietHours
from edge.link.settings import UplinkSettings
from edge.window import Offer

SHARE_OF_THE_BACKLOG = 1 / 8
NEARLY_FULL = 0.8
LONGEST_UNKNOWN_S = 24 * 3_600.0
"""So long the backlog waits for a time that nobody tells: an hour of the plan has come by then."""
CHECK_EVERY_S = 30.0
"""How late a change of hours may be noticed."""


class CatchUp:
    """The limits of an uplink, as they are now."""

    def __init__(self, settings: UplinkSettings, *, now_s: float) -> None:
        self.pace = BacklogPace()
        self._owed = 0.0
        self._unknown_since_s: float | None = None
        self._via = ""
        self._paid: tuple[int, int] | None = None
        self.use(settings, now_s=now_s)

    def use(self, settings: UplinkSettings, *, now_s: float) -> None:
        """Keep to the limits of `settings` from now on."""
        self._settings = settings
        self._hours = QuietHours(settings.quiet_hours, settings.zone)
        self._waits_for_hours = False
        self.go_via(self._via, now_s=now_s)

    def go_via(self, interface: str, *, now_s: float) -> None:
        """Send over this interface from now on, and as much as may be sent over it."""
        self._via = interface
        self._meter = Meter(self._settings.max_kbit_s_over(interface), now_s=now_s)
        self._paid = self._paid if self.is_metered else None  # what goes while nothing is counted is paid for
        self.pace.most_batch_bytes = self._meter.bytes_s * WAIT_S if self._meter.is_limited else float("inf")

    @property
    def is_metered(self) -> bool:
        """Whether `pay` wants to know what is sent."""
        return self._meter.is_limited

    @property
    def note(self) -> str:
        """A sentence for the status; empty where nothing waits for an hour."""
        if not self._waits_for_hours:
            return ""
        hours = ", ".join(self._settings.quiet_hours)
        if self._unknown_since_s is not None:
            return (
                f"the backlog waits until the gateway knows the time, for a day at most, since it goes in the "
                f"quiet hours of the link ({hours} at {self._settings.zone}); live readings go"
            )
        return f"the backlog waits for the quiet hours of the link ({hours} at {self._settings.zone}); live readings go"

    def pay(self, messages: int, size: int, *, now_s: float) -> None:
        """So much has left so far, whoever sent it: so many messages, of together so many bytes."""
        before, self._paid = self._paid or (messages, size), (messages, size)
        tls = self._settings.tls is not None
        self._meter.spend(bytes_on_the_link(messages - before[0], size - before[1], tls=tls), now_s=now_s)

    def sent(self, size: int, readings: int, *, live: bool, backlog_waits: bool, now_s: float) -> None:
        """A batch was sent; `backlog_waits` says whether there was any backlog beside it."""
        if not live:
            self._owed = max(0.0, self._owed - size)
            self.pace.sent(size, readings, now_s=now_s)
        elif backlog_waits and self.is_metered:
            self._owed += size * SHARE_OF_THE_BACKLOG / (1 - SHARE_OF_THE_BACKLOG)

    def allowed(
        self, offer: Offer, *, under_way: int, now_s: float, utc_ms: Callable[[], int | None], spool_share: float
    ) -> Offer:
        """What of `offer` may go now, while `under_way` bytes of the backlog have no ack; `utc_ms` None: not known."""
        if not (offer.again or offer.backlog or self.is_metered):
            self._waits_for_hours = False
            return offer  # a trickle on a link without limits pays no more than this
        self._waits_for_hours = offer.backlog and not self._is_hour(utc_ms, spool_share, now_s)
        if not self._meter.is_free(now_s=now_s):
            return Offer()
        backlog = offer.backlog and not self._waits_for_hours
        if not self.pace.may_send(under_way, now_s=now_s):
            return offer._replace(again=False, backlog=False)
        if (backlog or offer.again) and self._owed >= self.pace.batch_bytes / 2:
            return offer._replace(live=0, backlog=backlog)
        return offer._replace(backlog=backlog)

    def wake_s(self, *, now_s: float) -> float | None:
        """When more may be allowed, though nothing else happens; to be asked where something was not."""
        if not self._meter.is_free(now_s=now_s):
            return self._meter.free_at_s()
        return now_s + CHECK_EVERY_S if self._waits_for_hours else None

    def _is_hour(self, utc_ms: Callable[[], int | None], spool_share: float, now_s: float) -> bool:
        if not self._settings.quiet_hours or spool_share >= NEARLY_FULL:
            return True
        time_ms = utc_ms()
        if time_ms is not None:
            self._unknown_since_s = None
            return self._hours.contain(time_ms)
        if self._unknown_since_s is None:
            self._unknown_since_s = now_s
        return now_s - self._unknown_since_s >= LONGEST_UNKNOWN_S
