"""Secrets taken out of settings, and of every text."""

from typing import Any

import pytest

from edge.bundle.redaction import REMOVED, redacted, scrubbed, secrets_in


@pytest.mark.parametrize(
    "key",
    ["password", "Passwd", "wifi_password", "token", "api_token", "api-key", "apikey", "app_key", "key", "secret",
     "client_secret", "psk", "wifi_psk", "auth", "authorization", "bearer", "credentials", "pin", "cookie", "login"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["s3cr3t", ["s3cr3t"], {"a": "s3cr3t"}, 123456])
def test_what_a_key_calls_a_secret_is_removed_whatever_it_is(key: str, value: Any):
    assert redacted({"sources": [{key: value, "name": "river"}]}) == {"sources": [{key: REMOVED, "name": "river"}]}


@pytest.mark.parametrize("key", ["host", "topic", "sensor", "password_file", "silent_s", "family", "mounting"])
def test_what_helps_stays(key: str):
    assert redacted({key: "tele/air"}) == {key: "tele/air"}


def test_a_login_in_an_address_is_removed_and_its_host_stays():
    settings = {"port": "rfc2217://ani:p4ss@10.0.0.7:2217/x?token=abc"}
    assert redacted(settings) == {"port": "rfc2217://10.0.0.7:2217/…"}
    assert set(secrets_in(settings)) == {"ani", "p4ss"}


@pytest.mark.parametrize(
    "text",
    [
        "refused s3cr3t/x there",
        "refused s3cr3t%2Fx there",
        "Authorization: Bearer eyJhbGciOi.abc-s3cr3t",
        "authorization: basic czNjcjN0L3g=",
        "retry with password=s3cr3t/x&a=1",
        '{"wifi_token": "s3cr3t/x"}',
        "-----BEGIN PRIVATE KEY-----\ns3cr3t\nczNjcjN0L3g=\n-----END PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\ncut off s3cr3t czNjcjN0L3g=",
        "mqtt://gw:s3cr3t/x@broker:1883",
    ],
)
def test_what_looks_like_a_secret_is_in_no_text(text: str):
    left = scrubbed(f"before {text}", ["s3cr3t/x", "x"])
    assert "s3cr3t" not in left
    assert "czNjcjN0" not in left
    assert left.startswith("before ")


def test_no_number_of_a_telephone_is_in_an_archive_and_other_figures_stay():
    settings = {"outputs": [{"kind": "sms", "to": ["+628123456789"], "after_s": 60}], "modem": {"zone": "+09:00"}}
    assert redacted(settings) == {
        "outputs": [{"kind": "sms", "to": [REMOVED], "after_s": 60}], "modem": {"zone": "+09:00"},
    }  # fmt: skip
    assert scrubbed("SMS to +628123456789: no credit", ()) == f"SMS to {REMOVED}: no credit"
    told = "drift +12.5 s, seq 1234567890+1234567890, 2026-11-29T20:00:00+09:00, +1234567"
    assert scrubbed(told, ()) == told
