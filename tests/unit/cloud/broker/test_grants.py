"""What each client of the broker may do."""

import pytest

from cloud.broker.grants import Grant, first_grant, first_role, gateway_grant, ingester_grant
from wire import WireError, topic_of
from wire.topics import Channel


def allowed(grant: Grant, kind: str) -> set[str]:
    assert all(acl["allow"] for acl in grant.acls)
    return {acl["topic"] for acl in grant.acls if acl["acltype"] == kind}


def test_a_gateway_may_send_and_hear_on_its_own_topics_only():
    grant = gateway_grant("gw-daruba")
    mine = "siaga/v1/20/gw-daruba"
    assert topic_of("gw-daruba", Channel.UP) == f"{mine}/up"
    assert allowed(grant, "publishClientSend") == {
        f"{mine}/up", f"{mine}/status", f"{mine}/config/reported", f"{mine}/cmd/reply",
    }  # fmt: skip
    receives = {f"{mine}/ack", f"{mine}/config", f"{mine}/cmd"}
    assert allowed(grant, "subscribeLiteral") == allowed(grant, "publishClientReceive") == receives
    assert grant.client_id == "siaga-edge-gw-daruba"


def test_a_bundle_hears_what_waits_for_its_gateway_and_may_send_nothing():
    first, whole = first_grant("gw-daruba"), gateway_grant("gw-daruba")
    mine = "siaga/v1/20/gw-daruba"
    assert allowed(first, "publishClientSend") == set()
    assert allowed(first, "subscribeLiteral") == allowed(first, "publishClientReceive") == {
        f"{mine}/ack", f"{mine}/config",
    }  # fmt: skip
    assert (first.role, first.client_id) == (first_role(whole.role), whole.client_id)


def test_every_channel_of_the_wire_has_exactly_one_direction():
    publishes, receives = (allowed(gateway_grant("gw"), kind) for kind in ("publishClientSend", "subscribeLiteral"))
    assert publishes | receives == {topic_of("gw", channel) for channel in Channel}
    assert not publishes & receives


def test_a_cloud_may_do_the_reverse_for_all_gateways_of_its_shards():
    whole = ingester_grant("siaga-cloud", range(64))
    assert "siaga/v1/+/+/up" in allowed(whole, "subscribeLiteral")
    assert allowed(whole, "publishClientSend") == {
        "siaga/v1/+/+/ack", "siaga/v1/+/+/config", "siaga/v1/+/+/cmd", "siaga/notify/#",
    }  # fmt: skip
    half = ingester_grant("cloud-2", range(32, 64))
    assert {topic[:12] for topic in allowed(half, "subscribeLiteral")} == {
        f"siaga/v1/{shard:02x}/" for shard in range(32, 64)
    }


def test_a_name_that_would_reach_other_topics_is_refused():
    for name in ("+", "#", "gw/other", ""):
        with pytest.raises(WireError):
            gateway_grant(name)
