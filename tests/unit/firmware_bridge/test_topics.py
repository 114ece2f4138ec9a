"""Topic filters: what they match, and what is none."""

import pytest
from paho.mqtt.client import topic_matches_sub

from firmware_bridge.topics import is_filter, matches


@pytest.mark.parametrize(
    "wanted", ["a/b", "a/+", "+/b", "a/#", "#", "+", "+/+", "a/b/#", "/a", "/+", "a/+/c", "$SYS/#"]
)
@pytest.mark.parametrize("topic", ["a", "a/b", "a/b/c", "/a", "a/", "$SYS/x", "b", "a/x/c", ""])
def test_a_filter_matches_what_paho_says_it_does(wanted, topic):
    assert matches(wanted, topic) is (bool(topic) and topic_matches_sub(wanted, topic)) or not topic


@pytest.mark.parametrize("text", ["a", "a/+/b", "+", "#", "a/#", "/", "a b/c"])
def test_a_filter_is_one(text):
    assert is_filter(text)


@pytest.mark.parametrize("text", ["", "a#", "#/a", "a+", "+a/b", "a/#/b", "a\0b"])
def test_what_is_no_filter_is_none(text):
    assert not is_filter(text)
