"""Messages that are kept and read again, in whichever language; and what was kept before."""

import pytest

from i18n.message import LocalizedMessage, in_context
from i18n.stored_message import packed, unpacked

NEW = LocalizedMessage("sensor {sensor!r} has {n} readings of {value:g}", sensor="air", n=3, value=1.5)
MESSAGES = [
    pytest.param(NEW, id="values of each kind"),
    pytest.param(LocalizedMessage("{before}; {sentence}", before=NEW, sentence="{odd}"), id="messages in a message"),
    pytest.param(in_context("situation", "no limits set"), id="in a context"),
]


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_is_the_same_when_it_is_read_again(message: LocalizedMessage):
    read = unpacked(packed(message))
    assert isinstance(read, LocalizedMessage)
    assert (read, read.form, read.values, read.context) == (message, message.form, message.values, message.context)


@pytest.mark.parametrize(
    "text", ["sensor air is new", "", "{odd}", '{"form":', '{"form":"{missing}","values":{}}', '{"form":5}']
)
def test_what_was_kept_as_a_text_is_read_as_it_is(text: str):
    assert unpacked(text) == text


def test_a_plain_text_that_looks_like_a_message_stays_one():
    text = '{"form":"the pump leaks","values":{}}'
    assert unpacked(packed(text)) == text
