"""Questions one at a time: settings until they are answered, cycles that pass over what is not, and who is told."""

from math import inf

from firmware_bridge.family import Poll
from firmware_bridge.poller import PATIENCE, PolledQuestion, Poller

MODE, WAKE, READ, SLEEP = (
    PolledQuestion(b"mode", "the mode"),
    PolledQuestion(b"wake", "to wake up", answer_s=0, rest_s=30.0),
    PolledQuestion(b"read", "a frame", answer_s=2.0),
    PolledQuestion(b"sleep", "to sleep", answer_s=0),
)


def test_a_device_that_is_only_listened_to_is_never_asked():
    assert Poller("it").poll(5.0) == Poll(b"", inf)


def test_a_setting_is_asked_again_until_it_is_answered_and_then_never():
    poller = Poller("it", start=[MODE])
    sent = [(now, poller.poll(float(now)).send) for now in range(7)]
    assert [now for now, data in sent if data] == [0, 3, 6]
    poller.answered()
    assert poller.poll(6.5) == Poll(b"", inf)


def test_a_cycle_waits_sends_in_order_and_comes_again():
    poller = Poller("it", cycle=[WAKE, READ, SLEEP], every_s=60.0)
    assert poller.poll(0.0) == Poll(b"wake", 30.0)
    assert poller.poll(29.0) == Poll(b"", 1.0)
    assert poller.poll(30.0) == Poll(b"read", 2.0)
    poller.answered()
    assert poller.poll(30.5) == Poll(b"sleep", 0.0)
    assert poller.poll(30.5) == Poll(b"", 29.5)
    assert poller.poll(60.0).send == b"wake"


def test_a_question_of_a_cycle_without_an_answer_is_passed_over():
    poller = Poller("it", cycle=[READ, SLEEP], every_s=60.0)
    assert poller.poll(0.0).send == b"read"
    assert poller.poll(1.9) == Poll(b"", 2.0 - 1.9)
    assert poller.poll(2.0).send == b"sleep"
    assert poller.poll(60.0).send == b"read"


def test_silence_is_said_after_three_questions_and_no_more_once_an_answer_comes():
    poller = Poller("the sensor", cycle=[READ], every_s=10.0)
    said = []
    for turn in range(PATIENCE + 1):
        assert poller.poll(10.0 * turn).send == b"read"
        said.append(poller.poll(10.0 * turn + 2.0).trouble)
    assert said[: PATIENCE - 1] == [""] * (PATIENCE - 1)
    assert said[PATIENCE - 1].startswith("the sensor does not answer: asked 3 times (a frame); look at its power")
    poller.poll(100.0)
    poller.answered()
    assert poller.poll(100.1).trouble == ""


def test_an_answer_that_nobody_asked_for_is_passed_over():
    poller = Poller("it", start=[MODE], cycle=[READ], every_s=10.0)
    poller.answered()
    assert poller.poll(0.0).send == b"mode"


def test_a_question_that_an_answer_brought_up_comes_before_the_cycle():
    poller = Poller("it", start=[MODE], cycle=[READ], every_s=10.0)
    poller.poll(0.0)
    poller.answered()
    poller.ask(PolledQuestion(b"set", "the mode"))
    assert poller.poll(0.1).send == b"set"
    poller.answered()
    assert poller.poll(0.2).send == b"read"
