"""Acks for what is safe."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from cloud.alarms.rule_input import RuleInput
from cloud.gateways.accounting import Receipt
from cloud.ingest.quality import NO_FLAGS
from cloud.ingest.rejection import Rejection
from cloud.ingest.stages.acknowledge import AcknowledgeStage, acks_of
from cloud.ingest.stages.encode import PreparedWrite
from tests.unit.cloud.examples import GATEWAY
from wire import Ack, RefusedReadings, RefusedSensor, decode_ack, parse_topic


def safe_message(
    gateway: str,
    receipt: Receipt | None,
    rejections: Sequence[Rejection] = (),
    not_judged: Mapping[tuple[str, str], int] = MappingProxyType({}),
    *,
    asks_for_time: bool = False,
) -> PreparedWrite:
    """A message of which only what its ack needs is told."""
    return PreparedWrite(
        gateway,
        b"",
        0,
        receipt,
        rejections,
        None,
        (),
        {},
        NO_FLAGS,
        RuleInput(()),
        None,
        {},
        True,
        None,
        {},
        not_judged,
        asks_for_time=asks_for_time,
    )


def test_neighbours_share_an_ack_and_holes_and_losses_alone_do_not():
    ranges = [("a", 1, 5), ("a", 11, 20), ("a", 6, 10), ("a", 31, 40), ("b", 41, 50), ("b", 61, 60), ("b", 51, 60)]
    safe = [safe_message(GATEWAY, Receipt(GATEWAY, stream, first, last)) for stream, first, last in ranges]
    safe += [safe_message("gw-0", Receipt("gw-0", "a", 21, 30)), safe_message("gw-0", None)]
    assert list(acks_of(safe)) == [
        ("gw-0", Ack("a", 21, 30)),
        (GATEWAY, Ack("a", 1, 20)),
        (GATEWAY, Ack("a", 31, 40)),
        (GATEWAY, Ack("b", 41, 60)),
        (GATEWAY, Ack("b", 61, 60)),
    ]


def test_an_ack_of_neighbours_adds_up_what_was_refused_of_each():
    strange = Rejection(GATEWAY, "unknown_sensor", "", b"", 3, {("air-pier", "pm10"): 2, ("air-jetty", "pm10"): 1})
    beyond = Rejection(GATEWAY, "out_of_bounds", "", b"", 1, {("air-pier", "pm10"): 1})
    unread = Rejection(GATEWAY, "not_a_batch", "", b"", 10)
    ranges = [(6, 10, [strange, beyond]), (1, 5, [strange]), (11, 20, []), (31, 40, [unread]), (51, 60, [])]
    safe = [safe_message(GATEWAY, Receipt(GATEWAY, "a", first, last), refusals) for first, last, refusals in ranges]
    safe.append(safe_message(GATEWAY, Receipt(GATEWAY, "a", 42, 42), not_judged={("river", "water_level"): 1}))
    assert [ack for _, ack in acks_of(safe)] == [
        Ack("a", 1, 20, RefusedReadings(
            {"unknown_sensor": 6, "out_of_bounds": 1},
            (RefusedSensor("air-pier", "unknown_sensor", 4), RefusedSensor("air-jetty", "unknown_sensor", 2),
             RefusedSensor("air-pier", "out_of_bounds", 1)),
        )),
        Ack("a", 31, 40, RefusedReadings({"not_a_batch": 10})),
        Ack("a", 42, 42, RefusedReadings(
            {"rejected_by_rules": 1}, (RefusedSensor("river", "rejected_by_rules", 1),)
        )),
        Ack("a", 51, 60),
    ]  # fmt: skip


def test_who_does_not_know_the_time_is_told_it_and_nobody_is_told_an_old_one():
    link = {"up": True, "now_ms": 1_796_000_000_000}
    acks: list[tuple[str, Ack]] = []

    def publish(topic: str, payload: bytes) -> bool:
        if link["up"]:
            acks.append((parse_topic(topic).gateway, decode_ack(payload)))
        return bool(link["up"])

    stage = AcknowledgeStage(publish, now_ms=lambda: link["now_ms"])
    asking = safe_message("gw-lost", Receipt("gw-lost", "a", 1, 5), asks_for_time=True)
    stage.run([asking, safe_message(GATEWAY, Receipt(GATEWAY, "b", 1, 5))])
    assert acks == [(GATEWAY, Ack("b", 1, 5)), ("gw-lost", Ack("a", 1, 5, time_ms=1_796_000_000_000))]
    link["up"] = False
    stage.run([safe_message("gw-lost", Receipt("gw-lost", "a", 6, 9), asks_for_time=True)])
    link["up"] = True
    stage.send_pending()
    assert acks[2:] == [("gw-lost", Ack("a", 6, 9))]
