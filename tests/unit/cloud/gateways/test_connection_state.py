"""How a gateway's connection does."""

import pytest

from cloud.gateways.connection_state import ConnectionState, connection_state
from wire import Status

SAID = Status(1, online=True, gateway="gw-1", version="1", boot="b", stream="s", time_ms=0)
GONE = Status(1, online=False, gateway="gw-1", version="1", boot="b", stream="s", time_ms=0)


@pytest.mark.parametrize(
    ("status", "silent_s", "state"),
    [
        (None, 5.0, ConnectionState.NEVER_SEEN),
        (SAID, 31.0, ConnectionState.ONLINE),
        (SAID, 70.0, ConnectionState.LATE),
        (SAID, None, ConnectionState.ONLINE),  # while we cannot hear its silence means nothing
        (GONE, 3.0, ConnectionState.OFFLINE),
    ],
)
def test_a_state_is_what_it_said_and_when(status: Status | None, silent_s: float | None, state: ConnectionState):
    assert connection_state(status, silent_s) is state
