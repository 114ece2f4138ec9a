"""What the demo's InfluxDB has from its first start: a database and two logins, as `siaga-cloud store init` has it.

cloud.toml [store] + secrets/ ─► init_store ─► "InfluxDB: database siaga" …
"""

from collections.abc import Iterator
from pathlib import Path

from cloud.process.settings import read_cloud_settings
from cloud.readings.administration.init import init_store
from cloud.readings.administration.plan import StoreInitError, plan_of
from cloud.readings.settings import InfluxSettings
from demo.folder import DemoCannotStart
from i18n.message import LocalizedMessage


def provide_contents(config: Path, secrets: Path) -> Iterator[str]:
    """See that all is there, by the store of `config`; what was seen to, one by one. DemoCannotStart where it fails."""
    settings = read_cloud_settings(config).store
    assert isinstance(settings, InfluxSettings)  # noqa: S101 - for the type checker: `DemoInfluxdb.store` wrote it
    try:
        for step in init_store(plan_of(settings, secrets, retention_s=None)):
            yield f"InfluxDB: {step.name}"
    except StoreInitError as error:
        raise DemoCannotStart(
            LocalizedMessage(
                "InfluxDB could not be set up: {reason}; start the demo with --store sqlite and another folder",
                reason=str(error),
            )
        ) from None
