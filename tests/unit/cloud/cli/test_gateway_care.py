"""What is said of a gateway's configuration."""

import pytest

from cloud.cli.gateway_care import _words
from wire.gateway_config import ConfigReport, ConfigState


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (None, ["gw-1 has reported nothing yet"]),
        (
            ConfigReport(1, 7, 7, ConfigState.IN_FORCE, time_ms=1_764_000_000_000),
            ["gw-1: revision 7 is in force (2025-11-24T16:00:00.000Z)"],
        ),
        (
            ConfigReport(1, 7, 6, ConfigState.ROLLED_BACK, "no ack", ("uplink.host: is edge.toml's alone",)),
            [
                "gw-1: revision 7 was rolled back: no ack; 6 is in force",
                "passed over: uplink.host: is edge.toml's alone",
            ],
        ),
        (
            ConfigReport(1, 7, 6, ConfigState.TRYING),
            ["gw-1: revision 7 is on trial, and not confirmed yet; 6 was in force before"],
        ),
    ],
)
def test_what_became_of_a_revision_is_said_in_a_sentence(report: ConfigReport | None, said: list[str]):
    assert _words("gw-1", report) == said
