from cloud.alarms.preview_outcome import Crossing
from cloud.notify.forecast import notifications_of
from cloud.notify.settings import NotifySettings
from cloud.notify.steps import StepSettings
from tests.unit.cloud.console.alarms_made import RIVER

STEPS = [
    {"channels": ["mail"], "least": "moderate"},
    {"channels": ["mail"], "least": "extreme"},
    {"channels": ["mail"], "after_s": 600},
    {"channels": ["mail"], "sites": ["dodola"]},
]
SETTINGS = NotifySettings().model_copy(update={"steps": tuple(StepSettings.model_validate(step) for step in STEPS)})


def count(*crossings: Crossing, site: str = "daruba") -> int:
    return notifications_of(SETTINGS, RIVER, crossings, site=site)


RAISED, WORSE, CLOSED = Crossing(1, "raised", 0, 1.0), Crossing(2, "worsened", 2, 1.0), Crossing(3, "closed", 0, 1.0)


def test_whoever_is_notified_at_once_is_counted_and_hears_of_the_end():
    assert count(RAISED, CLOSED) == 2
    assert count(RAISED, WORSE, CLOSED) == 1 + 2 + 2
    assert count(RAISED, site="dodola") == 2


def test_what_nobody_is_told_of_is_not_counted():
    late = Crossing(1, "raised", 0, 1.0, late=True)
    assert count(late, Crossing(2, "eased", 0, 1.0)) == 0
    assert count(CLOSED) == 0
    assert notifications_of(NotifySettings(), RIVER, [RAISED], site="daruba") == 0


def test_the_next_alarm_is_told_anew():
    assert count(RAISED, WORSE, CLOSED, RAISED, CLOSED) == 5 + 2
