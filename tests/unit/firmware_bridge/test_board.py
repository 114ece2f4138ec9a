"""Our own board: its page for firmware authors, the order of frames, counters across restarts, rain."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, OptionError, Sample
from firmware_bridge.families import board
from firmware_bridge.families.board import Item, build
from tests.servers import require
from tests.unit.firmware_bridge.examples import SERIAL

PAGE = (Path(__file__).parents[3] / "docs" / "board-protocol.md").read_text(encoding="utf-8")


def decoder(memory=None, **options):
    return SERIAL_FAMILIES["board"].decoder(options, memory or {})


def feed(made, *frames: bytes) -> list[Any]:
    """What comes of the frames: each a Frame, unless a test says otherwise."""
    return [outcome for frame in frames for outcome in made.feed(frame)]


def people(total: int, seq: int, **head) -> bytes:
    return build([Item(1, "people_in", total)], seq=seq, **head)


def added(outcomes) -> list[list[float]]:
    return [[sample.value for sample in outcome.samples] for outcome in outcomes]


# --- the page


def crc_by_hand(data: bytes) -> int:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def test_the_crc_is_the_one_the_page_names():
    assert crc_by_hand(b"123456789") == board.crc(b"123456789") == 0x29B1
    assert "0x29B1" in PAGE


def test_the_golden_frames_of_the_page_are_those_that_are_tested():
    assert (
        tuple(bytes.fromhex(text) for text in re.findall(r"`((?:5347|0006)[0-9a-f]{30,})`", PAGE))
        == SERIAL["board"].frames
    )


def test_the_walk_through_of_the_page_is_its_first_golden_frame():
    table = PAGE.partition("## A frame, byte by byte")[2].partition("## Golden frames")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert bytes.fromhex("".join(re.findall(r"[0-9a-f]{2}", " ".join(rows)))) == SERIAL["board"].frames[0]


def test_the_tables_of_the_page_are_those_of_the_code():
    codes = PAGE.partition("### Codes")[2].partition("### Restarts")[0]
    gauges = re.findall(r"`([0-9A-F]{2})` \| (\w+) \| ([0-9.]+)", codes)
    counters = re.findall(r"^\| `([89][0-9])` \| (\w+) \|", codes, re.MULTILINE)
    written = [(int(code, 16), name, float(step)) for code, name, step in gauges]
    written += [(int(code, 16), name, 1.0) for code, name in counters]
    assert sorted(written) == sorted((row.code, row.quantity, row.step) for row in board.CODES.values())


def test_the_sizes_of_the_page_are_those_of_the_code():
    assert len(build([], seq=0)) == 20
    assert len(build([Item(0, "pm10", 1.0)] * 16, seq=0)) == 116
    assert len(build([Item(0, "pm10", 1.0)] * 16, seq=0, version=2)) == board.FRAMING.longest == 117
    with pytest.raises(ValueError, match="at most 16"):
        build([Item(0, "pm10", 1.0)] * 17, seq=0)


def test_a_counter_without_a_total_cannot_be_built():
    with pytest.raises(ValueError, match="counter people_in on channel 1 has no total; leave it out"):
        build([Item(1, "people_in", None)], seq=0)


MAIN = """
#include <stdio.h>
{code}
int main(void)
{{
    siaga_frame frame;
    siaga_begin(&frame, 0, 7, 0, 1500);
    siaga_item(&frame, 0, 0x81, 12);
    siaga_item(&frame, 1, 0x90, 40);
    siaga_item(&frame, 1, 0x91, 31);
    siaga_item(&frame, 1, 0x20, 9);
    siaga_item(&frame, 2, 0x1A, (uint32_t)(int32_t)2953);
    siaga_end(&frame);
    fwrite(frame.bytes, 1, frame.size, stdout);
    siaga_begin(&frame, 0, 7, 5, 81500);
    siaga_item(&frame, 2, 0x1A, (uint32_t)(int32_t)-50);
    siaga_end(&frame);
    fwrite(frame.bytes, 1, frame.size, stdout);
    siaga_begin(&frame, 0, 7, 6, 0);
    for (int item = 0; item < 40; item++)
        siaga_item(&frame, (uint8_t)item, 0x22, SIAGA_NOT_MEASURED);
    siaga_end(&frame);
    fwrite(frame.bytes, 1, frame.size, stdout);
    return 0;
}}
"""


def test_the_c_of_the_page_sends_the_golden_frames(tmp_path):
    compiler = require("cc")
    code = re.search(r"```c\n(.*?)```", PAGE, re.DOTALL)
    assert code is not None
    source = tmp_path / "frame.c"
    source.write_text(MAIN.format(code=code[1]), encoding="utf-8")
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-Wno-unused-macros"]
    subprocess.run([compiler, *flags, "-o", tmp_path / "frame", source], check=True)
    sent = subprocess.run([tmp_path / "frame"], check=True, capture_output=True).stdout
    full = build([Item(channel, "devices_seen", None) for channel in range(16)], seq=6, boot=7, firmware=(1, 2, 0))
    assert sent == SERIAL["board"].frames[0] + SERIAL["board"].frames[3] + full


# --- the order of frames


def test_the_first_frame_ever_adds_nothing_to_a_counter():
    [frame] = feed(decoder(), people(5_000, 0))
    assert frame.samples == ()
    assert "first frame of the board: firmware 1.0.0, boot 1" in frame.note
    assert "people_in on channel 1: first count" in frame.note


def test_a_frame_that_comes_again_or_late_says_nothing_and_resets_nothing():
    outcomes = feed(decoder(), people(10, 7), people(12, 8), people(12, 8), people(10, 7), people(15, 9))
    assert added(outcomes) == [[], [2], [], [], [3]]
    assert outcomes[2].note == "frame 8 came again"
    assert outcomes[3].note == "frame 7 is older than frame 8"


def test_a_gauge_in_a_frame_that_comes_again_is_not_read_twice():
    frame = build([Item(2, "temperature", 29.5)], seq=1)
    assert added(feed(decoder(), frame, frame)) == [[29.5], []]


def test_missing_frames_are_counted_and_cost_no_person():
    outcomes = feed(decoder(), people(10, 0), people(30, 5))
    assert added(outcomes) == [[], [20]]
    assert outcomes[1].note == "4 frames missing before frame 5"


def test_a_restart_begins_the_totals_at_zero_even_where_the_new_total_is_higher():
    outcomes = feed(decoder(), people(10, 90, boot=3), people(25, 40, boot=4))
    assert added(outcomes) == [[], [25]]
    assert outcomes[1].note == "board started again: firmware 1.0.0, boot 3 to 4"


def test_a_counter_that_is_not_in_the_first_frame_after_a_restart_begins_at_zero_too():
    outcomes = feed(decoder(), people(10, 90, boot=3), build([], seq=0, boot=4), people(25, 1, boot=4))
    assert added(outcomes) == [[], [], [25]]


def test_totals_that_the_board_keeps_go_on_after_its_restart():
    outcomes = feed(decoder(), people(10, 90, boot=3, kept=True), people(25, 0, boot=4, kept=True))
    assert added(outcomes) == [[], [15]]


@pytest.mark.parametrize("kept", [True, False])
def test_a_total_that_fell_over_a_power_cut_adds_no_rain(kept):
    made = decoder()
    before, after = rain(483, 90, 900_000, boot=3, kept=kept), rain(310, 0, 4_000, boot=4, kept=kept)
    outcomes = feed(made, before, after)
    assert added(outcomes) == [[], []]
    assert "rainfall on channel 0: counter fell from 483 to 310: nothing added" in outcomes[1].note
    later = [rain(310 + more, more, 4_000 + 1_000 * more, boot=4, kept=kept) for more in (1, 2, 3, 4)]
    assert added(feed(decoder(made.memory()), *later)) == [[], [], [0.6], [0.2]]


@pytest.mark.parametrize(("totals", "expected"), [((483, 482, 484), [[], [], [0.2]]), ((470, 0, 471), [[], [], [0.2]])])
def test_a_total_that_dips_adds_no_rain(totals, expected):
    assert added(feed(decoder(), *(rain(tips, seq, 0) for seq, tips in enumerate(totals)))) == expected


def test_what_is_known_of_a_fall_survives_a_restart_of_the_gateway():
    made = decoder()
    feed(made, people(470, 0), people(0, 1))
    assert made.memory() == {
        "boot": 1, "seq": 1, "1/people_in": 470, "1/people_in/fell_to": 0, "1/people_in/at": 0, "1/people_in/rises": 0
    }  # fmt: skip
    assert added(feed(decoder(made.memory()), people(471, 2))) == [[1]]


def test_a_total_that_begins_at_zero_for_a_moment_only_has_not_begun_again():
    frames = [rain(470, 90, 900_000, boot=3), rain(0, 0, 2_000, boot=4), rain(471, 1, 4_000, boot=4)]
    outcomes = feed(decoder(), *frames)
    assert added(outcomes) == [[], [0.0], [0.2]]
    assert "rainfall on channel 0: 471 was not counted since the restart" in outcomes[2].note


def test_the_total_before_a_restart_is_remembered():
    made = decoder()
    feed(made, people(10, 90, boot=3), build([], seq=0, boot=4))
    assert made.memory() == {"boot": 4, "seq": 0, "1/people_in": 0, "1/people_in/before": 10}
    assert added(feed(decoder(made.memory()), people(25, 1, boot=4))) == [[25]]


def test_a_restart_with_the_same_boot_number_is_seen_by_its_frame_number():
    outcomes = feed(decoder(), people(10, 500), people(3, 0), people(4, 1))
    assert added(outcomes) == [[], [3], [1]]
    assert "with the same boot 1" in outcomes[1].note


@pytest.mark.parametrize(("seq", "expected"), [(36, []), (35, [3])])
def test_a_frame_is_older_up_to_64_numbers_and_a_restart_below(seq, expected):
    assert added(feed(decoder(), people(10, 100), people(3, seq))) == [[], expected]


def test_a_total_that_falls_within_a_start_is_a_wrap_or_adds_nothing():
    assert added(feed(decoder(), people(2**32 - 3, 0), people(4, 1), people(1, 2))) == [[], [7], []]


def test_memory_carries_the_totals_over_a_restart_of_the_gateway():
    before = decoder()
    feed(before, people(10, 0), people(12, 1))
    assert before.memory() == {"boot": 1, "seq": 1, "1/people_in": 12}
    outcomes = feed(decoder(before.memory()), people(12, 1), people(20, 2))
    assert added(outcomes) == [[], [8]]


def test_a_memory_of_nothing_known_is_no_memory():
    assert decoder({"surprise": 3}).memory() == {}


# --- rain


def rain(tips: int, seq: int, uptime_ms: int, *others: Item, **head) -> bytes:
    return build([Item(0, "rainfall", tips), *others], seq=seq, uptime_ms=uptime_ms, **head)


def samples(outcomes) -> list[tuple[str, float]]:
    return [(sample.quantity, sample.value) for outcome in outcomes for sample in outcome.samples]


def test_rainfall_is_tips_times_their_size():
    assert samples(feed(decoder(tip_mm=0.5), rain(0, 0, 0), rain(3, 1, 10_000))) == [("rainfall", 1.5)]


def test_a_tip_between_two_quick_frames_is_no_cloudburst():
    outcomes = feed(decoder(), *(rain(seq // 20, seq, seq * 1_000) for seq in range(61)))
    assert [found for found in samples(outcomes) if found[0] == "rain_rate"] == [("rain_rate", 36.0)]  # 3 tips in 60 s


def test_rain_rate_goes_by_the_boards_clock_even_when_it_wraps():
    start = 2**32 - 20_000
    outcomes = feed(decoder(), rain(0, 0, start), rain(2, 1, start + 90_000))
    assert samples(outcomes) == [("rainfall", 0.4), ("rain_rate", 16.0)]


def test_the_mean_over_a_long_gap_is_no_rain_rate():
    outcomes = feed(decoder(), rain(0, 0, 0), rain(90, 50, 3_600_000))
    assert samples(outcomes) == [("rainfall", 18.0)]


def test_a_rain_rate_of_the_boards_own_is_taken_instead():
    outcomes = feed(decoder(), rain(0, 0, 0), rain(2, 1, 60_000, Item(0, "rain_rate", 31.25)))
    assert samples(outcomes) == [("rainfall", 0.4), ("rain_rate", 31.25)]


def test_rain_rate_starts_over_with_the_board():
    outcomes = feed(decoder(), rain(0, 0, 0), build([Item(0, "rainfall", 5)], seq=0, boot=2, uptime_ms=70_000))
    assert samples(outcomes) == [("rainfall", 1.0)]


# --- items


def test_a_sensor_that_did_not_answer_gives_no_sample():
    [frame] = feed(decoder(), build([Item(2, "temperature", None), Item(2, "humidity", 71.25)], seq=0))
    assert frame.samples == (Sample("humidity", 71.25, "2"),)
    assert "temperature on channel 2: not measured" in frame.note


def test_only_named_channels_are_taken():
    made = decoder(channels={"0": "rain-daruba"})
    [frame] = feed(made, build([Item(0, "noise", 50.0), Item(3, "noise", 60.0)], seq=0))
    assert frame.samples == (Sample("noise", 50.0, "0"),)
    assert "channel 3 has no sensor: name it in channels" in frame.note


def raw_frame(*raw_items: bytes, version: int = 1) -> bytes:
    head = build([], seq=0)[3:-2]
    body = bytes((version,)) + head[1:] + b"".join(raw_items)
    counted = bytes((len(body),)) + body
    return b"SG" + counted + crc_by_hand(counted).to_bytes(2, "little")


def test_an_unknown_code_leaves_the_other_items_alone():
    [frame] = feed(decoder(), raw_frame(bytes.fromhex("007701000000"), bytes.fromhex("00220a000000")))
    assert frame.samples == (Sample("devices_seen", 10.0, "0"),)
    assert "channel 0 has unknown code 77" in frame.note


def test_an_item_that_stands_twice_counts_once():
    [frame] = feed(decoder(), raw_frame(*[bytes.fromhex("00220a000000")] * 2))
    assert frame.samples == (Sample("devices_seen", 10.0, "0"),)
    assert "devices_seen twice" in frame.note


def test_a_later_version_is_told_from_noise():
    [frame] = feed(decoder(), raw_frame(b"anything", version=3))
    assert frame == Frame((), "protocol version 03; this gateway speaks 1 and 2: upgrade it")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"channels": {"rain": "rain-daruba"}}, "channels: 'rain' is no channel; write a number from 0 to 255"),
        ({"channels": {"256": "rain-daruba"}}, "channels: '256' is no channel"),
        ({"channels": {"0": "Rain Daruba"}}, "channels: 'Rain Daruba' is no sensor's name"),
        ({"channels": {"0": 7}}, "channels: '7' is no sensor's name"),
        ({"channels": "0"}, "channels: '0': write a table"),
        ({"tip_mm": 0}, "tip_mm: 0: write a number from 0.01 to 10"),
    ],
)
def test_a_wrong_option_is_one_sentence(options, words):
    with pytest.raises(OptionError, match=re.escape(words)):
        decoder(**options)
