"""HPC168: questions, answers, several counters on one bus, totals that begin again, garbled digits."""

from typing import Any

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise
from firmware_bridge.families import hpc168
from firmware_bridge.families.hpc168 import build_totals
from firmware_bridge.family import Asking


def decoder(memory: dict[str, int] | None = None, **options: Any):
    made = SERIAL_FAMILIES["hpc168"].decoder(options, memory or {})
    assert isinstance(made, Asking)
    return made


def counts(outcomes: list[Frame | Noise]) -> list[tuple[float, ...]]:
    read = [outcome.samples for outcome in outcomes if isinstance(outcome, Frame) and outcome.samples]
    return [tuple(sample.value for sample in samples) for samples in read]


def answers(*totals: tuple[int, int], address: int = 1) -> bytes:
    return b"".join(build_totals(address, total_in=ins, total_out=outs) for ins, outs in totals)


def test_the_question_is_that_of_the_published_receiver_and_its_answer_has_44_bytes():
    assert hpc168.build(1, hpc168.READ) == bytes.fromhex("023030303131333030313403")
    assert len(build_totals(1, total_in=5, total_out=3)) == 44


def test_what_comes_on_top_of_the_first_totals_is_counted():
    assert counts(decoder().feed(answers((5, 3), (7, 3), (7, 4)))) == [(2, 0), (0, 1)]


def test_small_letters_are_digits_too():
    assert counts(decoder().feed(answers((10, 3), (11, 3)).lower())) == [(1, 0)]


def test_totals_that_are_at_0_again_are_believed_when_the_next_answer_confirms_it():
    found = decoder().feed(answers((483, 400), (1, 0), (3, 1), (4, 1)))
    assert counts(found) == [(3, 1), (1, 0)]
    assert isinstance(found[1], Frame)
    assert found[1].note.startswith("counter 1: totals went from 483, 400 to 1, 0: nothing added until")


def test_a_garbled_total_that_passed_its_sum_adds_nobody():
    assert counts(decoder().feed(answers((483, 400), (0, 400), (484, 400)))) == [(1, 0)]
    assert counts(decoder().feed(answers((483, 400), (65_536, 400), (484, 400)))) == [(1, 0)]


def test_a_leap_while_the_gateway_was_off_is_counted_once_it_is_confirmed():
    assert counts(decoder({"1/people_in": 5, "1/people_out": 3}).feed(answers((5_000, 3), (5_001, 3)))) == [(4_996, 0)]


def test_totals_survive_a_restart_of_the_gateway_also_of_a_counter_that_is_silent():
    channels = {"1": "a", "2": "b"}
    before = decoder(channels=channels)
    before.feed(answers((5, 3)) + answers((8, 8), address=2))
    between = decoder(before.memory(), channels=channels)
    between.feed(answers((6, 3)))
    after = decoder(between.memory(), channels=channels)
    assert counts(after.feed(answers((9, 8), address=2))) == [(1, 0)]


def test_counters_of_one_bus_are_asked_in_turn_and_the_silent_one_is_named():
    made = decoder(channels={"1": "a", "2": "b"}, every_s=10.0)
    sent = []
    for now in range(60):
        poll = made.poll(float(now))
        if poll.send:
            sent.append(poll.send[4:5])
        if poll.send == hpc168.build(1, hpc168.READ):
            made.feed(answers((5, 3)))
    assert sent == [b"1", b"2"] * 6
    assert poll.trouble.startswith("no answer from counter 2: ")
    made.poll(60.0)
    made.feed(answers((5, 3)))
    made.poll(60.1)
    made.feed(answers((8, 8), address=2))
    assert made.poll(60.2).trouble == ""


def test_a_second_counter_that_nobody_named_is_not_counted_with_the_first():
    found = decoder().feed(answers((5, 3)) + answers((9, 9), address=2) + answers((6, 3)))
    assert counts(found) == [(1, 0)]
    assert found[1] == Frame((), "counter 2 is on this line too: name both in channels")


def test_another_master_and_answers_to_its_questions_are_no_totals():
    assert decoder().feed(hpc168.build(1, hpc168.READ)) == [
        Frame((), "question 13 to counter 1: an echo of ours, or another master asks")
    ]
    assert decoder().feed(hpc168.build(1, hpc168.RESET | 0x80, b"\x06")) == [
        Frame((), "answer to command 12, not totals")
    ]
    assert decoder().feed(hpc168.build(1, hpc168.READ | 0x80, b"\x06")) == [
        Frame((), "answer of 1 bytes has no totals: is it an HPC168?")
    ]


def test_a_frame_that_is_cut_anywhere_costs_itself_alone():
    whole = answers((6, 3))
    for size in range(len(whole)):
        assert counts(decoder().feed(answers((5, 3)) + whole[:size] + answers((7, 3)))) == [(2, 0)]
