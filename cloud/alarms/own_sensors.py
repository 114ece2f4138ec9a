"""Which sensors are this process's to judge: those at the gateways of its shards, as the registry has them now."""

from cloud.rulebook.rule_targets import RuleTargets
from wire.topics import shard_of


class OwnSensors:
    """The sensors of `targets` whose gateways are of `shards`."""

    def __init__(self, targets: RuleTargets, shards: range) -> None:
        self._targets = targets
        self._shards = shards

    def has_gateway(self, gateway: str) -> bool:
        """Whether the rules on a gateway's readings are this process's to judge."""
        return shard_of(gateway) in self._shards

    def gateway_of(self, sensor_id: str) -> str | None:
        """The gateway that a sensor of the city is at."""
        sensor = self._targets.get(sensor_id)
        return None if sensor is None else sensor.gateway

    def has(self, sensor_id: str) -> bool:
        """Whether a sensor of the city is at such a gateway."""
        gateway = self.gateway_of(sensor_id)
        return gateway is not None and self.has_gateway(gateway)

    def ids(self) -> list[str]:
        """Every one of them."""
        return [sensor.id for sensor in self._targets.all() if self.has_gateway(sensor.gateway)]
