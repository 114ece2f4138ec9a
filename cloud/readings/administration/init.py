"""Setting up the store, whichever InfluxDB it is:  ask its version ─► influxdb_1 | influxdb_2"""

from collections.abc import Iterator

from cloud.readings.administration.influxdb_1 import init_influxdb_1
from cloud.readings.administration.influxdb_2 import init_influxdb_2
from cloud.readings.administration.plan import InitStep, StoreInitError, StorePlan
from cloud.readings.administration.server import server_version

_INITS = {1: init_influxdb_1, 2: init_influxdb_2}


def init_store(plan: StorePlan) -> Iterator[InitStep]:
    """Make what is missing, each step as it is done; may be run again. StoreInitError where it cannot go on."""
    version = server_version(plan.url)
    init = _INITS.get(version.major)
    if init is None:
        raise StoreInitError(
            f"{version.text} is an InfluxDB that this command does not set up; make the database {plan.database} and"
            " its logins with the server's own commands (docs/cloud.md)"
        )
    return init(plan)
