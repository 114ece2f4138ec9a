"""What is due later is queued when it is due, and once."""

from cloud.derived.due_later import DueLater
from cloud.derived.recompute_queue import RecomputeQueue


def test_what_is_due_goes_into_the_queue_once():
    later, queue = DueLater(), RecomputeQueue()
    later.add(10, ("air", "pm2_5"), [1, 2])
    later.add(20, ("air", "pm2_5"), [3])
    later.move_due(9, queue)
    assert len(queue) == 0
    later.move_due(10, queue)
    later.move_due(10, queue)
    assert queue.pending(queue.keys()) == {("air", "pm2_5"): {1, 2}}
    assert len(later) == 1
