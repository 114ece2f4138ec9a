"""A connection over an interface that is named; one that is not there is a sentence, and no other is taken for it."""

import socket

import pytest

from runtime.via import connect_via


def test_an_interface_that_is_not_there_is_named_and_one_that_is_carries():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(OSError, match="over nosuch0: No such device"):
            connect_via("127.0.0.1", port, "nosuch0", timeout_s=2)
        with connect_via("127.0.0.1", port, "lo", timeout_s=20) as connected:
            assert connected.getpeername()[1] == port
