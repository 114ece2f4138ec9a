"""Who may ask a port of the gateway at all."""

import pytest

from edge.http.listener import is_of_the_internet


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("127.0.0.1", False), ("192.168.4.7", False), ("10.0.0.3", False), ("fe80::1%wlan0", False), ("fd00::3", False),
        ("::ffff:192.168.4.7", False), ("", False), ("8.8.8.8", True), ("::ffff:8.8.8.8", True), ("2001:4860::1", True),
    ],
)  # fmt: skip
def test_an_address_of_the_internet_is_told_from_those_of_a_network_of_ones_own(peer: str, expected: bool):
    assert is_of_the_internet(peer) is expected
