from cloud.core.wiring import AllOf, Broadcast


def test_a_broadcast_calls_whoever_subscribed_in_order():
    called: list[str] = []
    changed = Broadcast()
    changed()
    changed.subscribe(lambda: called.append("notifier"))
    changed.subscribe(lambda: called.append("reports"))
    changed()
    assert called == ["notifier", "reports"]


def test_all_of_is_true_until_something_required_is_not_so():
    connected: list[int] = []
    ready = AllOf()
    assert ready()
    ready.require(lambda: True, lambda: connected)
    assert not ready()
    connected.append(1)
    assert ready()
