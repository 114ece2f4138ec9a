"""Which names the latest editions changed."""

from cloud.core.change_log import KEPT, ChangeLog


def test_what_changed_since_an_edition_is_all_that_the_later_ones_changed():
    log = ChangeLog()
    for names in ({"a"}, {"b"}, {"b", "c"}):
        log.note(frozenset(names))
    assert [log.since(edition) for edition in (3, 2, 1, 0)] == [frozenset(names) for names in ("", "bc", "bc", "abc")]


def test_after_a_change_of_anything_only_what_came_later_is_known():
    log = ChangeLog()
    log.note(frozenset({"a"}))
    log.note(None)
    log.note(frozenset({"b"}))
    assert [log.since(edition) for edition in (2, 1, 0, None)] == [frozenset("b"), None, None, None]


def test_who_looks_seldom_looks_at_everything():
    log = ChangeLog()
    for number in range(KEPT + 1):
        log.note(frozenset({str(number)}))
    assert log.since(0) is None
    assert log.since(1) == frozenset(map(str, range(1, KEPT + 1)))
    assert log.since(KEPT + 5) is None
