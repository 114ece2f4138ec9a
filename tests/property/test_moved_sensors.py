"""However a sensor is moved from gateway to gateway, and whenever what waits at each comes in: it is stored once.

moves        gw-a ──► gw-b ──► gw-c      each recorded at once or late
readings     measured behind the gateway on record at their time, cut, doubled and delayed at will
"""

from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.core.reasons import Reason
from cloud.ingest.checks import check_batch
from cloud.registry.facts import Fact, Facts
from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from wire import Clock, Reading, decode_batch, encode_batch

T0 = 1_764_000_000_000
HORIZON = 200
GATEWAYS = ("gw-a", "gw-b", "gw-c", "gw-d")
ZONE = "Asia/Jayapura"
Row = tuple[int, str, str]
"""(time, site, gateway): what InfluxDB tells readings of one series apart by."""


class Move(NamedTuple):
    """The sensor is behind the next gateway, at the next site, from `since` on, as was `recorded`."""

    since: int
    recorded: int


class Sent(NamedTuple):
    """Readings of one gateway that arrive together."""

    gateway: str
    times: tuple[int, ...]
    arrives: int


def registry_at(moves: Sequence[Move], arrival: int) -> Registry:
    """What is known when a batch arrives."""
    facts = [
        Fact(1, "sensor:s", "gateway", "gw-a", 0, "", "", "", 0),
        Fact(2, "sensor:s", "site", "a", 0, "", "", "", 0),
    ]
    for number, move in enumerate(moves, start=1):
        if move.recorded <= arrival:
            for what, value in (("gateway", GATEWAYS[number]), ("site", GATEWAYS[number][-1])):
                since_ms, recorded_ms = T0 + move.since, T0 + move.recorded
                facts.append(Fact(len(facts) + 1, "sensor:s", what, value, since_ms, "", "", "", recorded_ms))
    return Registry(
        city=City("Morotai", ZONE),
        sites=[Site(name[-1], name, name, 2.0, 128.0, ZONE) for name in GATEWAYS],
        gateways=[Gateway(name, name, name[-1]) for name in GATEWAYS],
        sensors=[Sensor("s", "S", "a", "gw-a", ("pm2_5",))],
        facts=Facts(facts),
        now_ms=T0 + arrival,
    )


def on_record(moves: Sequence[Move], time: int) -> int:
    """The number of the gateway that was on record at `time`."""
    return max([0, *(number for number, move in enumerate(moves, start=1) if max(move) <= time)])


@st.composite
def moves_of(draw: st.DrawFn) -> list[Move]:
    starts = sorted(draw(st.sets(st.integers(10, HORIZON - 50), min_size=1, max_size=3)))
    found: list[Move] = []
    for start in starts:
        late = draw(st.sampled_from([0, 0, 7, 30]))
        recorded = max([start + late, *(before.recorded + 1 for before in found)])
        found.append(Move(start, recorded))
    return found


def taken(moves: Sequence[Move], batch: Sent, *, clock: Clock = Clock.SYNCED) -> tuple[set[Row], list[Reason]]:
    readings = [Reading("s", "pm2_5", T0 + time, float(time % 50), clock) for time in batch.times]
    decoded = decode_batch(encode_batch("stream", 1, readings, backfill=True))
    registry = registry_at(moves, batch.arrives)
    found = check_batch(decoded, gateway=batch.gateway, registry=registry, latest_ms=T0 + HORIZON * 10)
    rows = {(time_ms - T0, block.site, block.gateway) for block in found.blocks for time_ms in block.times_ms}
    return rows, [refused.reason for refused in found.rejected for _ in refused.readings]


@settings(deadline=None, max_examples=150)
@given(moves_of(), st.sets(st.integers(0, HORIZON), min_size=1, max_size=30), st.sampled_from(Clock), st.data())
def test_what_waits_at_each_gateway_is_stored_once_under_what_was_on_record_at_its_time(
    moves: list[Move], times: set[int], clock: Clock, data: st.DataObject
):
    expected = {(time, GATEWAYS[on_record(moves, time)][-1], GATEWAYS[on_record(moves, time)]) for time in times}
    stored: set[Row] = set()
    waiting = {number: sorted(t for t in times if on_record(moves, t) == number) for number in range(len(GATEWAYS))}
    for number, own in waiting.items():
        while own:
            size = data.draw(st.integers(1, len(own)))
            part, own = own[:size], own[size:]
            for _ in range(data.draw(st.integers(1, 3))):  # sent again, before or behind a move
                arrives = part[-1] + data.draw(st.integers(0, HORIZON * 2))
                rows, refused = taken(moves, Sent(GATEWAYS[number], tuple(part), arrives), clock=clock)
                assert refused == []
                stored |= rows
    assert stored == expected


@settings(deadline=None, max_examples=150)
@given(moves_of(), st.integers(0, HORIZON), st.integers(0, HORIZON * 2), st.data())
def test_what_is_measured_after_a_gateway_was_left_is_refused_from_it_whenever_it_comes(
    moves: list[Move], time: int, delay: int, data: st.DataObject
):
    number = on_record(moves, time)
    if number == 0:
        return
    left = data.draw(st.integers(0, number - 1))
    rows, refused = taken(moves, Sent(GATEWAYS[left], (time,), time + delay))
    held = [each for each, move in enumerate(moves, start=1) if move.since <= time]
    if left == max([0, *held]):
        return  # a later word has it that the sensor was there after all
    assert (rows, refused) == (set(), [Reason.FOREIGN_SENSOR])
