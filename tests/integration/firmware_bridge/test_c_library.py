"""The boards' C library beside Python: the same golden bytes, and what one says the other understands, whatever it is.

golden.txt, hypothesis ─► board_harness.c with the address and undefined behaviour sanitizers ◄─► firmware_bridge
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import firmware_bridge
from firmware_bridge import SERIAL_FAMILIES, Frame
from firmware_bridge.families import board, board_link
from firmware_bridge.families.board import Head, Item, build
from tests.servers import require

BOARDS = Path(firmware_bridge.__file__).with_name("boards")
GOLDEN = [
    line for line in (BOARDS / "golden.txt").read_text(encoding="ascii").splitlines() if line[:1] not in ("", "#")
]
FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")
SANITIZERS = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


class Board:
    """A board of the C library, driven line by line."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def ask(self, line: str) -> str:
        self.tell(line)
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        assert answer, f"the C library ended at {line!r}"
        return answer.strip()

    def send(self, items: list[Item], *, uptime_ms: int = 0) -> bytes:
        return bytes.fromhex(self.ask(f"frame {uptime_ms}{''.join(map(written, items))}"))

    def receive(self, data: bytes, *, now_ms: int = 0) -> "Received":
        version, *commands = self.ask(f"receive {now_ms} {data.hex() or '-'}").split()
        return Received(int(version), commands)

    def close(self) -> None:
        self._process.communicate()
        assert self._process.returncode == 0


class Received(NamedTuple):
    version: int
    commands: list[str]


def written(item: Item) -> str:
    """An item as golden.txt has it."""
    [row] = [row for row in board.CODES.values() if row.quantity == item.quantity]
    value = board.NOT_MEASURED if item.value is None else round(item.value / row.step)
    return f" {'c' if row.code & 0x80 else 'g'}:{item.channel}:{row.code}:{value}"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("board") / "harness"
    sources = [Path(__file__).with_name("board_harness.c"), BOARDS / "siaga.c"]
    subprocess.run([require("cc"), *FLAGS, *SANITIZERS, f"-I{BOARDS}", "-o", made, *sources], check=True)
    return made


@pytest.fixture(scope="module")
def c_board(program: Path) -> Iterator[Board]:
    made = Board(program)
    yield made
    made.close()


# --- the golden bytes


def test_the_c_library_says_and_understands_the_golden_bytes(c_board):
    for line in GOLDEN:
        asked, equals, expected = line.partition(" = ")
        if equals:
            assert c_board.ask(asked) == expected, line
        else:
            c_board.tell(asked)


def test_python_says_and_understands_the_golden_bytes():
    state = Head(version=1, flags=0, major=0, minor=0, patch=0, boot=0, seq=0, uptime_ms=0)
    for line in GOLDEN:
        asked, _, expected = line.partition(" = ")
        what, *words = asked.split()
        if what == "board":
            flags, major, minor, patch, boot = map(int, words)
            state = Head(1, flags, major, minor, patch, boot, 0, 0)
        elif what == "seq":
            state = state._replace(seq=int(words[0]))
        elif what == "receive":
            state = state._replace(version=int(expected[0]))
            assert sent_by_python(expected).hex() in ("", words[1]), line
        else:
            assert said_by_python(state, what, words).hex() == expected, line
            state = state._replace(seq=state.seq + (what == "frame"))


def said_by_python(state: Head, what: str, words: list[str]) -> bytes:
    """The frame or answer that a board in this `state` sends."""
    if what == "answer":
        return board_link.answer(int(words[0]), int(words[1]))
    return build(
        [item_of(word) for word in words[1:]], seq=state.seq, uptime_ms=int(words[0]), boot=state.boot,
        firmware=(state.major, state.minor, state.patch), talks=bool(state.flags & board.TALKS), version=state.version,
    )  # fmt: skip


def item_of(word: str) -> Item:
    _, channel, code, value = word.split(":")
    row = board.CODES[int(code)]
    return Item(int(channel), row.quantity, None if int(value) == board.NOT_MEASURED else int(value) * row.step)


def sent_by_python(received: str) -> bytes:
    """The command that was received as this; nothing for a hello, which no command is."""
    _, *commands = received.split()
    if not commands:
        return b""
    kind, *numbers = commands[0].split(":")
    number, *values = map(int, numbers)
    if kind == "N":
        return board_link.read_now(number)
    if kind == "T":
        return board_link.time(number, values[0] * 1_000 + values[1])
    [key] = [name for name, code in board_link.KEYS.items() if code == values[0]]
    return board_link.configure(number, key, values[1])


# --- what one says the other understands

gauges = st.sampled_from([row for code, row in board.CODES.items() if code < 0x80])
counters = st.sampled_from([row for code, row in board.CODES.items() if code >= 0x80])
gauge_items = st.builds(
    lambda channel, row, steps: Item(channel, row.quantity, None if steps is None else steps * row.step),
    st.integers(0, 255), gauges, st.none() | st.integers(-(2**31) + 1, 2**31 - 1),
)  # fmt: skip
counter_items = st.builds(
    lambda channel, row, total: Item(channel, row.quantity, float(total)),
    st.integers(0, 255), counters, st.integers(0, 2**32 - 1),
)  # fmt: skip
items = st.lists(gauge_items | counter_items, max_size=16, unique_by=lambda item: (item.channel, item.quantity))


@given(items, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 0xFFFF), st.booleans())
def test_a_frame_of_the_c_library_is_the_one_that_python_builds(c_board, sent, seq, uptime_ms, boot, talks):
    c_board.tell(f"board {board.TALKS if talks else 0} 2 0 1 {boot}")
    c_board.tell(f"seq {seq}")
    version = c_board.receive(board_link.hello(), now_ms=uptime_ms).version
    assert version == (2 if talks else 1)
    frame = c_board.send(sent, uptime_ms=uptime_ms)
    given_ = {"seq": seq, "uptime_ms": uptime_ms, "boot": boot, "firmware": (2, 0, 1), "talks": talks}
    assert frame == build(sent, version=version, **given_)
    [outcome] = SERIAL_FAMILIES["board"].decoder({}, {}).feed(frame)
    assert isinstance(outcome, Frame)
    gauges_sent = [item.value for item in sent if item.value is not None and item.quantity not in board.COUNTED]
    assert [sample.value for sample in outcome.samples] == pytest.approx([round(value, 3) for value in gauges_sent])


numbers = st.integers(0, 255)
commands = st.one_of(
    st.builds(lambda n: (board_link.read_now(n), f"N:{n}"), numbers),
    st.builds(
        lambda n, key, value: (board_link.configure(n, key, value), f"C:{n}:{board_link.KEYS[key]}:{value}"),
        numbers, st.sampled_from(list(board_link.KEYS)), st.integers(-(2**31), 2**31 - 1),
    ),
    st.builds(
        lambda n, utc_ms: (board_link.time(n, utc_ms), f"T:{n}:{utc_ms // 1_000}:{utc_ms % 1_000}"),
        numbers, st.integers(0, (2**32 - 1) * 1_000),
    ),
)  # fmt: skip
noise = st.binary(max_size=30)


@given(st.lists(st.tuples(noise, commands), max_size=8))
def test_each_command_of_python_reaches_the_board_whatever_noise_is_before_it(c_board, sent):
    c_board.tell("board 2 2 0 1 7")
    stream = b"".join(before + command for before, (command, _) in sent)
    heard = c_board.receive(stream).commands
    for _, (_, meaning) in sent:
        assert meaning in heard
        heard.remove(meaning)


@given(st.lists(st.one_of(noise, commands.map(lambda pair: pair[0])), max_size=8).map(b"".join), st.data())
def test_a_damaged_command_is_not_obeyed_as_another(c_board, stream, data):
    """Any bytes are taken, and all that is believed of them passes the check of 16 bits, as Python finds too."""
    if stream:
        at, mask = data.draw(st.integers(0, len(stream) - 1)), data.draw(st.integers(0, 255))
        stream = stream[:at] + bytes((stream[at] ^ mask,)) + stream[at + 1 :]
    c_board.tell("board 2 2 0 1 7")
    heard = c_board.receive(stream).commands
    packets = [board_link.unpacked(b"\0" + part + b"\0") for part in stream.split(b"\0")[:-1]]
    assert len(heard) <= len([packet for packet in packets if packet is not None])


@given(items)
def test_a_board_that_hears_no_hello_for_five_minutes_goes_back_to_version_1(c_board, sent):
    c_board.tell("board 2 2 0 1 7")
    assert c_board.receive(board_link.hello(), now_ms=2**32 - 1_000).version == 2
    assert c_board.send(sent, uptime_ms=298_999)[:1] == b"\0"  # the board's clock has wrapped meanwhile
    assert c_board.send(sent, uptime_ms=299_000)[:2] == b"SG"


# --- the examples


def test_the_people_counter_is_plain_c_and_counts_who_walks_through(tmp_path):
    folder, made = BOARDS / "people_counter", tmp_path / "people_counter"
    sources = [folder / name for name in ("main.c", "beams.c", "simulated_posix.c")]
    subprocess.run([require("cc"), *FLAGS, *SANITIZERS, "-o", made, *sources, BOARDS / "siaga.c"], check=True)
    process = subprocess.Popen([made], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(board_link.hello() + board_link.configure(1, "interval_s", 1))
    process.stdin.flush()
    decoder, came = SERIAL_FAMILIES["board"].decoder({}, {}), 0.0
    notes: list[str] = []
    while came < 2:
        for outcome in decoder.feed(os.read(process.stdout.fileno(), 200)):
            assert isinstance(outcome, Frame)
            notes.append(outcome.note)
            came += sum(sample.value for sample in outcome.samples if sample.quantity == "people_in")
    process.communicate()
    assert process.returncode == 0
    assert "the board answers: command 1 is done" in notes


@pytest.mark.parametrize(
    ("walk", "counts"),
    [
        ("00 10 11 01 00", "1 0"),
        ("00 01 11 10 00", "0 1"),
        ("00 10 11 10 00", "0 0"),
        ("00 10 00 10 11 01 11 01 00", "1 0"),
        ("00 11 00 01 00", "0 0"),
    ],
    ids=["in", "out", "turns round", "hesitates", "nothing that says a way"],
)
def test_two_beams_tell_in_from_out(tmp_path, walk, counts):
    source, made = tmp_path / "walk.c", tmp_path / "walk"
    steps = "".join(f"beams_step(&door, {outer}, {inner});" for outer, inner in walk.split())
    source.write_text(
        '#include <stdio.h>\n#include "beams.h"\n'
        f'int main(void) {{ beams door = {{0}}; {steps} printf("%u %u", door.in, door.out); return 0; }}\n'
    )
    folder = BOARDS / "people_counter"
    subprocess.run([require("cc"), *FLAGS, f"-I{folder}", "-o", made, source, folder / "beams.c"], check=True)
    assert subprocess.run([made], check=True, capture_output=True, text=True).stdout == counts
