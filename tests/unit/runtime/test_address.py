"""Addresses of brokers: one host, or the nodes of a cluster."""

from pathlib import Path

import pytest

from runtime.address import Address, in_turn, parse_address
from runtime.broker_settings import BrokerSettings
from runtime.settings import SettingsError, load_settings


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("broker-1.example.org:8883", Address("broker-1.example.org", 8883)),
        ("192.0.2.7", Address("192.0.2.7", 1883)),
        ("[2001:db8::7]", Address("2001:db8::7", 1883)),
        ("[2001:db8::7]:8883", Address("2001:db8::7", 8883)),
    ],
)
def test_an_address_is_read_and_written_alike(text: str, address: Address):
    assert parse_address(text, port=1883) == address
    assert parse_address(str(address), port=1) == address


@pytest.mark.parametrize("text", ["", "a:b", "a:0", "a:65536", "2001:db8::7", "mqtt://a:1883", "a b:1883"])
def test_what_is_no_address_is_refused_with_an_example(text: str):
    with pytest.raises(ValueError, match=r"write a host, or host and port"):
        parse_address(text, port=1883)


def test_clients_do_not_all_begin_with_the_same_node():
    nodes = [Address(name, 1883) for name in "abc"]
    orders = [in_turn(nodes) for _ in range(200)]
    assert all(sorted(order) == nodes for order in orders)
    assert {order[0] for order in orders} == set(nodes)
    assert {order[1] for order in orders if order[0] == nodes[0]} == set(nodes[1:])


def _load(folder: Path, text: str) -> BrokerSettings:
    file = folder / "broker.toml"
    file.write_text(text)
    return load_settings(file, BrokerSettings)


def test_a_single_broker_is_a_host_and_a_port(tmp_path: Path):
    assert _load(tmp_path, 'host = "a"\nport = 8883').nodes() == [Address("a", 8883)]
    assert _load(tmp_path, "").nodes() == [Address("127.0.0.1", 1883)]


def test_the_nodes_of_a_cluster_share_a_port_or_have_their_own(tmp_path: Path):
    broker = _load(tmp_path, 'addresses = ["a", "b:1884"]\nport = 8883')
    assert broker.nodes() == [Address("a", 8883), Address("b", 1884)]
    assert str(broker) == "a:8883, b:1884"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('host = "a"\naddresses = ["b"]', "keep addresses for a cluster, else host"),
        ('addresses = ["a:1883", "b:"]', "'b:' is no address"),
    ],
)
def test_a_mistake_in_addresses_is_one_sentence(tmp_path: Path, text: str, said: str):
    with pytest.raises(SettingsError, match=r"broker\.toml: ") as refusal:
        _load(tmp_path, text)
    (sentence,) = refusal.value.problems
    assert said in sentence
