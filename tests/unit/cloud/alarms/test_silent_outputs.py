"""A siren that should be on and does not say that it is, is a trouble of the platform, which pages."""

from typing import Any

from cloud.alarms.silent_outputs import MOST_NAMED, SilentOutputs
from cloud.core.component_names import NAMES
from cloud.core.health import Condition
from cloud.monitoring.trouble import URGENT
from wire import Clock, Status
from wire.local_alarms import RaisedAlarm


def status(*alarms: RaisedAlarm, online: bool = True) -> Status:
    return Status(1, online, "gw", "1", "b", "s", 5, Clock.SYNCED, alarms=alarms)


def alarm(**changed: Any) -> RaisedAlarm:
    return RaisedAlarm(
        **{"family": "river-level", "sensor": "river", "opened_ms": 1, "raised_ms": 1, "level": 0, **changed}
    )


def test_an_open_alarm_that_lacks_an_output_is_named_until_the_gateway_says_otherwise():
    outputs = SilentOutputs()
    outputs.on_status("gw-daruba", status(alarm(closed_ms=9, problem="siren: no answer"), alarm()))
    assert outputs.component().status is Condition.OK, "one is over, the other calls for none, or is heard"
    outputs.on_status("gw-daruba", status(alarm(sounded_ms=3, problem="siren: no answer")))
    assert outputs.component().status is Condition.DEGRADED
    assert outputs.component().detail == (
        "an alarm stands and is not heard: gateway gw-daruba, river-level of river: siren: no answer; warn the people "
        "there"
    )
    outputs.on_status("gw-daruba", status(online=False))
    assert outputs.component().status is Condition.DEGRADED, "a gateway that is gone has sounded nothing"
    outputs.on_status("gw-daruba", status(alarm(sounded_ms=3)))
    assert outputs.component().status is Condition.OK


def test_of_many_some_are_named_and_the_rest_counted():
    outputs = SilentOutputs()
    for number in range(MOST_NAMED + 2):
        outputs.on_status(f"gw-{number}", status(alarm(problem="siren: no answer")))
    assert "; and 2 more; warn the people there" in outputs.component().detail


def test_it_has_a_name_in_alarms_and_waits_for_no_quarter_of_an_hour():
    assert {"outputs"} <= NAMES.keys() & URGENT
