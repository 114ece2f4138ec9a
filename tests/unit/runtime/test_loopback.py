import pytest

from runtime.loopback import is_loopback


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_is_the_loopback(host: str):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "192.168.1.5", "localhost.siaga.example", "127.0.0.1.example"])
def test_no_other_host_is(host: str):
    assert not is_loopback(host)
