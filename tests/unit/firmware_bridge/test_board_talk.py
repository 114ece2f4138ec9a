"""What a gateway says to a board: hello, settings, and again where no answer comes."""

from firmware_bridge.families import board, board_link
from firmware_bridge.families.board_link import Answer
from firmware_bridge.families.board_talk import ATTEMPTS, BoardTalk
from firmware_bridge.family import Asking, Poll
from firmware_bridge.sample import Frame

HELLO = board_link.hello()


def test_a_board_that_does_not_listen_is_told_nothing():
    talk = BoardTalk({})
    talk.heard(7, listens=False)
    assert talk.poll(0.0).send == b""
    assert talk.poll(0.0).trouble == ""


def test_what_a_board_that_does_not_listen_should_be_set_to_is_said():
    talk = BoardTalk({"interval_s": 5})
    talk.heard(7, listens=False)
    assert talk.poll(0.0).trouble == "the board does not listen, so interval_s cannot be set: upgrade it"


def test_a_board_of_which_nothing_was_heard_is_asked_for_readings_at_once_and_each_minute():
    talk = BoardTalk({"interval_s": 5})
    assert talk.poll(100.0) == Poll(HELLO + board_link.read_now(0), 60.0)
    assert talk.poll(130.0) == Poll(b"", 30.0)
    assert talk.poll(160.0) == Poll(HELLO + board_link.read_now(0), 60.0)


def test_hello_comes_at_once_and_each_minute():
    talk = BoardTalk({})
    talk.heard(7, listens=True)
    assert talk.poll(100.0) == Poll(HELLO, 60.0)
    assert talk.poll(130.0) == Poll(b"", 30.0)
    assert talk.poll(160.0) == Poll(HELLO, 60.0)


def test_settings_follow_one_by_one_each_after_the_answer_to_the_one_before():
    talk = BoardTalk({"interval_s": 5, "debounce_ms": 50})
    talk.heard(7, listens=True)
    assert talk.poll(0.0).send == HELLO + board_link.configure(1, "interval_s", 5)
    assert talk.poll(1.0).send == b""
    talk.answered(Answer(1, board_link.DONE))
    assert talk.poll(1.1).send == board_link.configure(2, "debounce_ms", 50)
    talk.answered(Answer(2, board_link.REFUSED))
    assert talk.poll(1.2) == Poll(b"", 58.8, "debounce_ms = 50 is refused: the value cannot be used")


def test_a_setting_without_an_answer_is_tried_again_and_then_said():
    talk = BoardTalk({"interval_s": 5})
    talk.heard(7, listens=True)
    sent = [talk.poll(2.0 * turn).send for turn in range(ATTEMPTS + 1)]
    assert sent[0] == HELLO + board_link.configure(1, "interval_s", 5)
    assert sent[1:] == [board_link.configure(turn, "interval_s", 5) for turn in range(2, ATTEMPTS + 1)] + [b""]
    assert talk.poll(20.0).trouble == "the board does not answer to interval_s = 5"


def test_a_late_answer_to_an_earlier_attempt_is_not_taken_for_that_of_the_newest():
    talk = BoardTalk({"interval_s": 5})
    talk.heard(7, listens=True)
    talk.poll(0.0)
    talk.poll(2.0)
    talk.answered(Answer(1, board_link.REFUSED))
    assert talk.poll(2.1).trouble == ""


def test_a_board_that_started_again_is_set_again():
    talk = BoardTalk({"interval_s": 5})
    talk.heard(7, listens=True)
    talk.poll(0.0)
    talk.answered(Answer(1, board_link.DONE))
    talk.heard(8, listens=True)
    assert talk.poll(10.0).send == HELLO + board_link.configure(2, "interval_s", 5)


def test_the_decoder_of_a_board_asks():
    decoder = board.FAMILY.decoder({"interval_s": 5}, {})
    assert isinstance(decoder, Asking)
    assert decoder.poll(0.0).send == HELLO + board_link.read_now(0)
    decoder.feed(board.build([], seq=0, talks=True))
    assert decoder.poll(0.0).send == HELLO + board_link.configure(1, "interval_s", 5)
    [frame] = decoder.feed(board_link.answer(1, board_link.DONE))
    assert frame == Frame((), "the board answers: command 1 is done")


def test_readings_of_version_2_are_those_of_version_1():
    items = [board.Item(0, "temperature", 29.5), board.Item(1, "occupancy", 0.0)]
    of_1, of_2 = (board.FAMILY.decoder({}, {}).feed(board.build(items, seq=4, version=version)) for version in (1, 2))
    assert of_1 == of_2
