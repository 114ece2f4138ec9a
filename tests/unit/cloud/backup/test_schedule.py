"""When the next backup is due, whatever clocks and restarts do."""

import pytest

from cloud.backup.schedule import RETRY_S, is_due

DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("age_s", "attempted_s", "failed", "due"),
    [
        pytest.param(None, None, False, True, id="none-there"),
        pytest.param(DAY_S - 1, None, False, False, id="restarted-and-fresh"),
        pytest.param(DAY_S, None, False, True, id="restarted-and-old"),
        pytest.param(DAY_S, 60.0, False, False, id="calendar-leapt-ahead"),
        pytest.param(None, DAY_S, False, True, id="calendar-fell-back"),
        pytest.param(60.0, DAY_S, False, False, id="somebody-else-made-one"),
        pytest.param(DAY_S, RETRY_S - 1, True, False, id="failed-just-now"),
        pytest.param(DAY_S, RETRY_S, True, True, id="failed-an-hour-ago"),
    ],
)
def test_a_backup_is_due(age_s: float | None, attempted_s: float | None, failed: bool, due: bool):
    assert is_due(every_s=DAY_S, age_s=age_s, attempted_s=attempted_s, failed=failed) is due


def test_one_that_failed_is_tried_no_later_than_the_next_was_due():
    assert is_due(every_s=900.0, age_s=900.0, attempted_s=900.0, failed=True)
