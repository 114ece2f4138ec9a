"""All that is done for gateways, in one place for whoever serves people: settings, commands, logins, and reports."""

from dataclasses import dataclass

from cloud.care.commands import GatewayCommands
from cloud.care.configs import GatewayConfigs
from cloud.care.enrolments import Enrolments
from cloud.gateways.config_reports import ConfigReports


@dataclass(frozen=True, slots=True)
class GatewayCare:
    """The parts."""

    configs: GatewayConfigs
    commands: GatewayCommands
    enrolments: Enrolments
    reports: ConfigReports
