"""Marks of what has changed: one a key, and none while nobody listens."""

from cloud.core.changed_keys import ChangedKeys


def test_a_key_that_changes_often_has_one_mark_and_none_once_it_was_popped():
    changed: ChangedKeys[str] = ChangedKeys()
    changed.listen()
    changed.add("a")
    changed.update(["b", "a"])
    assert changed.pop() == {"a", "b"}
    assert changed.pop() == set()


def test_nothing_is_marked_while_nobody_listens():
    changed: ChangedKeys[str] = ChangedKeys()
    changed.add("a")
    changed.listen()
    changed.add("b")
    changed.listen()
    assert changed.pop() == {"b"}
    changed.add("c")
    changed.stop()
    changed.listen()
    assert changed.pop() == set()
