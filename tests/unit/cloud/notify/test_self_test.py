"""When the morning's test alarm is due."""

import pytest

from cloud.notify.self_test import morning_ms
from tests.unit.cloud.notify.scene import T0, ZONE

SEVEN = T0 - 5 * 3_600_000 - 10 * 60_000  # T0 is 12:10 in Morotai
MINUTE = 60_000


@pytest.mark.parametrize(
    ("now_ms", "due"),
    [
        (SEVEN - 1, None),
        (SEVEN, SEVEN),
        (SEVEN + 59 * MINUTE, SEVEN),
        (SEVEN + 60 * MINUTE, None),
        (SEVEN + 24 * 60 * MINUTE, SEVEN + 24 * 60 * MINUTE),
    ],
)
def test_a_morning_test_is_due_for_an_hour_from_its_time_in_the_city(now_ms: int, due: int | None):
    assert morning_ms(now_ms, hour="07:00", zone=ZONE) == due
