"""Secrets in URLs, and what is shown of them."""

import logging

import pytest
from pydantic import BaseModel

from runtime.logs import LONGEST_LINE, OneLine
from runtime.secret_urls import SecretUrl, scrubbed
from runtime.settings import Settings, SettingsError, parse_settings

HOOK = "https://ani:geheim@hooks.example.org:8443/services/T024/x8QzSECRET?key=abcdef123"


def test_of_a_secret_url_people_see_where_it_leads():
    url = SecretUrl(HOOK)
    assert f"{url} {url!r}" == ("https://hooks.example.org:8443/… SecretUrl('https://hooks.example.org:8443/…')")
    assert url.whole == HOOK


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("no answer from http://ani:pw@10.0.0.5:8086/write?p=pw.", "no answer from http://10.0.0.5:8086/…."),
        ("postgresql+psycopg://siaga:pw@db:5432/siaga?password=pw", "postgresql+psycopg://db:5432/…"),
        ("POST /bot123456:AAEE-xyz_123/sendMessage", "POST /bot…/sendMessage"),
        ("https://api.example.org", "https://api.example.org"),
        ("registry database sqlite:////var/lib/registry.db", "registry database sqlite:////var/lib/registry.db"),
        ("two: http://a/b, http://c@d/e", "two: http://a/…, http://d/…"),
    ],
)
def test_a_sentence_keeps_no_more_of_a_url_than_where_it_leads(said: str, shown: str):
    assert scrubbed(said) == shown


def test_what_an_answer_repeats_of_a_secret_url_is_taken_out():
    said = "not found: /services/T024/x8QzSECRET, key abcdef123, for ani geheim; bot 99:AAtoken"
    shown = SecretUrl(HOOK, secrets=("99:AAtoken",)).keep_out_of(said)
    assert not any(secret in shown for secret in ("x8QzSECRET", "abcdef123", "geheim", "AAtoken"))


def test_a_settings_field_takes_it_from_text_and_a_mistake_does_not_repeat_it():
    class Channel(Settings):
        url: SecretUrl
        wait_s: float

    assert parse_settings({"url": HOOK, "wait_s": 1}, Channel, "cloud.toml").url == SecretUrl(HOOK)
    with pytest.raises(SettingsError) as refused:
        parse_settings({"url": HOOK, "wait_s": HOOK}, Channel, "cloud.toml")
    assert "SECRET" not in str(refused.value)
    assert "hooks.example.org" in str(refused.value)
    assert issubclass(Channel, BaseModel)


def logged(message: str, *values: object, error: Exception | None = None) -> str:
    info = None if error is None else (type(error), error, None)
    return OneLine("%(levelname)s: %(message)s").format(
        logging.LogRecord("a", logging.WARNING, "f", 1, message, values, info)
    )


def test_an_event_of_the_log_is_one_line_whatever_it_tells_of():
    line = logged("gateway %s", "x\n2026-11-24T03:10:00Z cloud ERROR: forged \x1b[2J\ud800")
    assert line == "WARNING: gateway x\\n2026-11-24T03:10:00Z cloud ERROR: forged \\x1b[2J\\ud800"
    assert len(logged("%s", "x" * 100_000)) < LONGEST_LINE + 50


def test_a_traceback_stands_below_its_line_and_shows_neither_secrets_nor_forged_lines():
    text = logged("failed", error=ValueError(f"a\nWARNING: forged\x1b {HOOK}"))
    assert all(line.startswith("    ") for line in text.split("\n")[1:])
    assert "SECRET" not in text
    assert "\x1b" not in text
