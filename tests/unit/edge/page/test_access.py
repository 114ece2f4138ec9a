"""Who may read the page, and in which language."""

import base64

import pytest

from edge.http.exchange import HttpRequest
from edge.page.access import is_for_us, knows, language_of


def request(query: str = "", **headers: str) -> HttpRequest:
    return HttpRequest("GET", "/", query, {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("192.168.4.1:8080", True), ("192.168.4.1", True), ("[fd00::1]:8080", True), ("[fe80::1%25wlan0]", True),
        ("gw-daruba", True), ("GW-Daruba.local:8080", True), ("gw-daruba.local.", True), ("gw.pulau.example", True),
        ("rebound.example.com", False), ("local.example.com:8080", False), ("192.168.4.1.example.com", False),
        ("", False), (".", False), ("[", False),
    ],
)  # fmt: skip
def test_only_a_name_of_the_gateways_own_leads_to_the_page(host: str, expected: bool):
    assert is_for_us(host, ("gw.Pulau.example",)) is expected


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (basic("siaga:kuat"), True), (basic(":kuat"), True), ("basic " + basic("x:kuat")[6:], True),
        (basic("siaga:kuat:"), False), (basic("siaga:"), False), (basic("kuat"), False), ("Basic ###", False),
        ("Basic a=", False), ("Basic é", False), ("Bearer kuat", False), ("", False),
    ],
)  # fmt: skip
def test_who_knows_the_password_may_read(given: str, expected: bool):
    assert knows(request(authorization=given), "kuat") is expected


def test_a_password_may_have_any_letters():
    assert knows(request(authorization=basic("a:banjir-è")), "banjir-è")


@pytest.mark.parametrize(
    ("query", "accepted", "expected"),
    [
        ("", "id-ID,id;q=0.9,en;q=0.8", "id"), ("", "de, en-GB;q=0.8", "en"), ("language=id", "en", "id"),
        ("language=de", "en", "en"), ("language", "en", "en"), ("", "", "id"), ("", "de", "id"),
    ],
)  # fmt: skip
def test_the_link_says_the_language_then_the_browser(query: str, accepted: str, expected: str):
    assert language_of(request(query, accept_language=accepted)) == expected
