"""Updates on the wire: golden bytes, the bounds of an offer, the order of versions."""

import json
import random

import msgspec
import pytest

from tests.unit.wire.test_version_1 import GOLDEN, STREAM, T0
from wire import Status, WireError, decode_status, encode_status
from wire.gateway_command import GatewayCommand, decode_command, encode_command
from wire.gateway_config import GatewayConfig, decode_config, encode_config
from wire.gateway_update import (
    UpdateOffer,
    UpdateState,
    UpdateStatus,
    archive_name,
    decode_offer,
    encode_offer,
    is_newer,
    version_key,
)

ROOT = '{"signed":{"_type":"root"},"signatures":[]}'
OFFER = UpdateOffer("https://siaga.example/updates", ROOT)
COMMAND = GatewayCommand(1, "update", "9c41", 1_764_000_060_000, version="1.2.0")
UPDATE = UpdateStatus("1.2.0", UpdateState.ROLLED_BACK, "nothing was acknowledged within 300 s", T0 - 1_000)
STATUS = Status(1, True, "gw-daruba", "1.1.0", "b00t", STREAM, T0, update=UPDATE)
IN_ORDER = [
    "0.9", "1.0.dev1", "1.0.dev2", "1.0a1", "1.0a2.dev1", "1.0a2", "1.0b1", "1.0rc1", "1.0rc2", "1.0", "1.0.post1",
    "1.0.1", "1.2", "1.10",
]  # fmt: skip


def test_an_update_is_asked_for_and_told_of_in_these_bytes():
    assert encode_command(COMMAND) == GOLDEN["command_update"].encode()
    assert decode_command(GOLDEN["command_update"].encode()) == COMMAND
    assert encode_status(STATUS) == GOLDEN["status_update"].encode()
    assert decode_status(GOLDEN["status_update"].encode()) == STATUS


def test_an_offer_is_these_bytes_in_a_configuration():
    config = GatewayConfig(1, 8, update=msgspec.Raw(encode_offer(OFFER)))
    assert encode_config(config) == GOLDEN["config_update"].encode()
    found = decode_config(GOLDEN["config_update"].encode()).update
    assert found is not None
    assert decode_offer(bytes(found)) == OFFER


def test_a_root_is_an_object_or_its_text_or_none():
    as_text = json.dumps({"url": "https://siaga.example/updates/", "root": ROOT}).encode()
    assert decode_offer(as_text) == OFFER
    assert decode_offer(b'{"url":"http://127.0.0.1:80"}') == UpdateOffer("http://127.0.0.1:80", "")
    assert decode_offer(encode_offer(UpdateOffer("http://a", ""))) == UpdateOffer("http://a", "")
    assert decode_offer(encode_offer(UpdateOffer(OFFER.url, json.dumps(json.loads(ROOT), indent=4)))) == OFFER


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "ftp://a"}, "write https://SERVER/updates"),
        ({"url": "https://user:secret@a/"}, "without a login in it"),
        ({"url": "https://a/\x1b[2J"}, "write https://SERVER/updates"),
        ({"url": "https://a/?x=1"}, "write https://SERVER/updates"),
        ({"url": "https://" + "a" * 600}, "does not parse"),
        ({"root": "[]"}, "does not parse"),
        ({"root": 7}, "does not parse"),
        ({"root": {"x": "y" * 40_000}}, "more than 32768 bytes"),
        ({"root": "["}, "does not parse"),
    ],
)
def test_a_broken_offer_is_refused(changes: dict[str, object], said: str):
    with pytest.raises(WireError, match=said):
        decode_offer(json.dumps({"url": OFFER.url, "root": ROOT} | changes).encode())


@pytest.mark.parametrize("root", ["{", "[]", '{"x":"' + "y" * 40_000 + '"}'])
def test_an_offer_that_no_gateway_takes_is_not_made(root: str):
    with pytest.raises(WireError, match="update"):
        encode_offer(UpdateOffer(OFFER.url, root))


def test_versions_have_an_order():
    shuffled = random.Random(7).sample(IN_ORDER, len(IN_ORDER))
    assert sorted(shuffled, key=version_key) == IN_ORDER
    assert is_newer("1.2.0", "1.1.9")
    assert not is_newer("1.2", "1.2.0"), "they are the same"


@pytest.mark.parametrize("version", ["", "v1", "1.0-1", "1.0+local", "../1", "1" * 70, "1.0 ", "1..2", "unknown", "١"])
def test_what_is_no_version_is_refused(version: str):
    with pytest.raises(WireError, match="is none; write it as"):
        version_key(version)


def test_the_archive_is_named_as_the_wheelhouse_names_it():
    assert archive_name("1.2.0", "aarch64") == "siaga-edge-1.2.0-aarch64.tar.gz"


def test_what_is_under_way_is_told_from_what_is_over():
    assert [state for state in UpdateState if state.is_under_way] == ["fetching", "installing", "on_trial"]
