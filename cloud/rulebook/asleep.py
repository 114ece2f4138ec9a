"""Rules of sensors and sites that were removed: kept, without effect, and no obstacle to other changes.

sensor:river-2 (retired) ─► asleep: "sensor river-2 is gone from the city file"          back in it ─► it watches again
"""

from cloud.registry.snapshot import Registry
from cloud.rulebook.admission import scope_problems
from i18n.message import LocalizedMessage


def asleep(scope: str, registry: Registry) -> LocalizedMessage | None:
    """Why what `scope` says watches nothing now; None where it watches."""
    if next(scope_problems(scope, registry), None) is None:
        return None
    kind, _, name = scope.partition(":")
    return LocalizedMessage(
        "{kind} {name} is gone from the city file; the rule sleeps until it is back", kind=kind, name=name
    )


def also_asleep(sensor: str, registry: Registry) -> LocalizedMessage | None:
    """Why a rule that needs a second sensor to agree cannot wake; None where that sensor is there."""
    if registry.has_sensor(sensor) or registry.site(sensor) is not None:
        return None
    return LocalizedMessage(
        "the second sensor {name} is gone from the city file, so the rule cannot raise", name=sensor
    )
