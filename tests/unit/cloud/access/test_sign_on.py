"""Single sign-on, and what somebody could try against it."""

import asyncio
import contextlib
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from joserfc.jwk import KeySet, OctKey

from cloud.access.login_throttle import FREE
from cloud.access.principal import Role
from cloud.access.provider_people import ProviderPerson
from cloud.access.rejection import AccessRejected
from cloud.access.sign_on import SingleSignOn
from cloud.core.health import Condition
from tests.unit.cloud.access.provider_stand_in import ISSUER, KEY, NOW_S, OTHER_KEY, SETTINGS, ProviderStandIn

ADDRESS = "10.0.0.7"


@pytest.fixture
def provider() -> ProviderStandIn:
    return ProviderStandIn()


@pytest.fixture
def sign_on(provider: ProviderStandIn) -> SingleSignOn:
    return SingleSignOn(SETTINGS, now_s=lambda: NOW_S, transport=provider.transport)


async def log_in(sign_on: SingleSignOn, provider: ProviderStandIn, **answer: str) -> tuple[ProviderPerson, str]:
    """The whole way, with what the provider answers spoiled by `answer`."""
    begun = await sign_on.begin("/console/en?a=1", language="en")
    return await sign_on.finish(provider.authorize(begun.url) | answer, begun.cookie, address=ADDRESS)


async def refused(sign_on: SingleSignOn, provider: ProviderStandIn, **answer: str) -> str:
    """Why a login that must fail fails."""
    with pytest.raises(AccessRejected) as rejection:
        await log_in(sign_on, provider, **answer)
    assert rejection.value.kind in {"sign-on-refused", "provider-away"}
    return rejection.value.sentence


async def test_who_logs_in_at_the_provider_is_who_it_says_with_the_rights_of_their_group(
    sign_on: SingleSignOn, provider: ProviderStandIn
):
    person, wanted = await log_in(sign_on, provider)
    assert (person.name, person.full_name) == ("sso:budi", "Budi Santoso")
    assert (person.role, person.sites) == (Role.OPERATOR, frozenset({"daruba"}))
    assert wanted == "/console/en?a=1"
    assert "4711" not in person.subject


async def test_the_browser_is_sent_with_all_that_binds_the_answer_to_it(sign_on: SingleSignOn):
    begun = await sign_on.begin("/", language="id")
    asked = dict(parse_qsl(urlsplit(begun.url).query))
    assert begun.url.startswith(f"{ISSUER}/authorize?tenant=1&")
    assert asked["redirect_uri"] == "http://127.0.0.1:8080/login/sso/callback"
    assert (asked["scope"], asked["ui_locales"]) == ("openid profile", "id")
    secret = begun.cookie.partition(".")[0]
    assert all(len(asked[name]) >= 43 and secret not in asked[name] for name in ("state", "nonce", "code_challenge"))
    again = await sign_on.begin("/", language="id")
    assert not set(asked.values()) & {dict(parse_qsl(urlsplit(again.url).query))[n] for n in ("state", "nonce")}


@pytest.mark.parametrize("state", ["", "wrong", "é", "x" * 10_000])
async def test_an_answer_with_another_state_is_refused_and_asks_the_provider_nothing(
    sign_on: SingleSignOn, provider: ProviderStandIn, state: str
):
    assert "begin again" in await refused(sign_on, provider, state=state)
    assert "/token" not in provider.asked


async def test_an_answer_that_another_browser_asked_for_is_refused(sign_on: SingleSignOn, provider: ProviderStandIn):
    attackers = await sign_on.begin("/", language="en")
    planted = provider.authorize(attackers.url)
    victims = await sign_on.begin("/", language="en")
    for cookie in (victims.cookie, "", ".", "x"):
        with pytest.raises(AccessRejected, match="begun elsewhere"):
            await sign_on.finish(planted, cookie, address=ADDRESS)


async def test_a_code_is_good_once(sign_on: SingleSignOn, provider: ProviderStandIn):
    begun = await sign_on.begin("/", language="en")
    answer = provider.authorize(begun.url)
    await sign_on.finish(answer, begun.cookie, address=ADDRESS)
    with pytest.raises(AccessRejected, match="Akun Morotai has not let you in: invalid_grant"):
        await sign_on.finish(answer, begun.cookie, address=ADDRESS)


async def test_a_code_of_another_login_fits_no_verifier_of_ours(sign_on: SingleSignOn, provider: ProviderStandIn):
    mine, theirs = await sign_on.begin("/", language="en"), await sign_on.begin("/", language="en")
    provider.authorize(theirs.url)  # whose code somebody has stolen, and injects into a login of their own
    state = dict(parse_qsl(urlsplit(mine.url).query))["state"]
    with pytest.raises(AccessRejected, match="invalid_grant"):
        await sign_on.finish({"code": "a code", "state": state}, mine.cookie, address=ADDRESS)


@pytest.mark.parametrize(
    "spoiled",
    [
        {"nonce": "of another login"}, {"nonce": None}, {"nonce": 1}, {"iss": "https://evil.example"}, {"iss": None},
        {"iss": f"{ISSUER}/"}, {"aud": "another client"}, {"aud": ["another"]}, {"aud": None}, {"aud": {}},
        {"aud": ["siaga", "another"]}, {"azp": "another"}, {"exp": NOW_S - 61}, {"exp": None}, {"exp": "tomorrow"},
        {"exp": True}, {"iat": NOW_S + 61}, {"iat": NOW_S - 601}, {"iat": None}, {"nbf": NOW_S + 61}, {"sub": ""},
        {"sub": None}, {"sub": 7}, {"sub": "x" * 256}, {"exp": 10**400},
    ],
    ids=str,
)  # fmt: skip
async def test_a_token_with_a_wrong_claim_proves_nothing(
    sign_on: SingleSignOn, provider: ProviderStandIn, spoiled: dict[str, object]
):
    provider.claims |= spoiled
    assert "proves nothing" in await refused(sign_on, provider)


@pytest.mark.parametrize("right", [{"exp": NOW_S - 59}, {"iat": NOW_S + 59}, {"aud": ["siaga", "b"], "azp": "siaga"}])
async def test_clocks_may_be_a_minute_apart_and_others_may_be_named_beside_us(
    sign_on: SingleSignOn, provider: ProviderStandIn, right: dict[str, object]
):
    provider.claims |= right
    assert (await log_in(sign_on, provider))[0].name == "sso:budi"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.", "é.é.é", "." * 70_000, "x" * 70_000])
async def test_what_is_no_token_proves_nothing(sign_on: SingleSignOn, provider: ProviderStandIn, token: str):
    provider.id_token = token or " "
    assert "proves nothing" in await refused(sign_on, provider)


@pytest.mark.filterwarnings("ignore:JWS algorithm")  # which the library says of what a test makes here
async def test_a_token_that_nobody_signed_proves_nothing(sign_on: SingleSignOn, provider: ProviderStandIn):
    provider.metadata["id_token_signing_alg_values_supported"] = ["none", "RS256"]
    provider.header = {"alg": "none"}
    assert "proves nothing" in await refused(sign_on, provider)


async def test_a_token_signed_with_the_public_key_as_a_secret_proves_nothing(
    sign_on: SingleSignOn, provider: ProviderStandIn
):
    provider.metadata["id_token_signing_alg_values_supported"] = ["HS256", "RS256"]
    provider.header = {"alg": "HS256", "kid": "first"}
    provider.key = OctKey.import_key(str(KEY.as_dict(private=False)["n"]))
    provider.keys["keys"].append(provider.key.as_dict() | {"kid": "first"})
    assert "proves nothing" in await refused(sign_on, provider)


async def test_a_token_by_an_algorithm_that_the_provider_does_not_name_proves_nothing(
    sign_on: SingleSignOn, provider: ProviderStandIn
):
    provider.metadata["id_token_signing_alg_values_supported"] = ["ES256"]
    assert "proves nothing" in await refused(sign_on, provider)


async def test_a_token_signed_by_somebody_else_under_the_provider_s_key_id_proves_nothing(
    sign_on: SingleSignOn, provider: ProviderStandIn
):
    provider.key = OTHER_KEY
    assert "proves nothing" in await refused(sign_on, provider)


async def test_a_key_that_is_new_at_the_provider_is_fetched_once_a_minute_at_most(
    sign_on: SingleSignOn, provider: ProviderStandIn
):
    await log_in(sign_on, provider)
    provider.key, provider.header = OTHER_KEY, {"alg": "RS256", "kid": "second"}
    provider.keys = dict(KeySet([KEY, OTHER_KEY]).as_dict(private=False))
    assert "proves nothing" in await refused(sign_on, provider), "its keys were read less than a minute ago"
    sign_on._provider._keys.asked_ms -= 60_000
    assert (await log_in(sign_on, provider))[0].name == "sso:budi"
    assert provider.asked.count("/keys") == 2


async def test_the_answer_of_another_provider_is_refused(sign_on: SingleSignOn, provider: ProviderStandIn):
    assert "not come from the provider" in await refused(sign_on, provider, iss="https://evil.example")
    assert (await log_in(sign_on, provider, iss=ISSUER))[0].name == "sso:budi"


async def test_a_provider_that_names_itself_in_every_answer_must_do_so(
    sign_on: SingleSignOn, provider: ProviderStandIn
):
    provider.metadata["authorization_response_iss_parameter_supported"] = True
    assert "not come from the provider" in await refused(sign_on, provider)


async def test_why_the_provider_lets_nobody_in_is_told_and_cannot_fill_the_page(
    sign_on: SingleSignOn, provider: ProviderStandIn
):
    said = await refused(sign_on, provider, code="", error="access_denied\x00" + "x" * 9_000)
    assert said.startswith("Akun Morotai has not let you in: access_denied x")
    assert len(said) < 200
    assert "no code" in await refused(sign_on, provider, code="")
    assert "no code" in await refused(sign_on, provider, code="x" * 5_000)


async def test_claims_that_the_token_lacks_come_from_the_userinfo_of_the_same_person(
    sign_on: SingleSignOn, provider: ProviderStandIn
):
    del provider.claims["groups"]
    provider.user_info = {"sub": "4711", "groups": ["bpbd"], "preferred_username": "somebody else"}
    person, _ = await log_in(sign_on, provider)
    assert (person.name, person.role, person.sites) == ("sso:budi", Role.ENGINEER, None), "the token's word comes first"
    provider.user_info["sub"] = "4712"
    assert "proves nothing" in await refused(sign_on, provider)


async def test_a_long_way_in_any_script_is_remembered_whole(sign_on: SingleSignOn, provider: ProviderStandIn):
    wanted = "/" + "水" * 499
    begun = await sign_on.begin(wanted, language="en")
    assert len(begun.cookie) < 4_000, "browsers keep no more of a cookie"
    assert (await sign_on.finish(provider.authorize(begun.url), begun.cookie, address=ADDRESS))[1] == wanted


async def test_who_is_in_no_group_of_ours_is_not_let_in(sign_on: SingleSignOn, provider: ProviderStandIn):
    for groups in ([], ["other"], None, "BPBD", 5, [["bpbd"]]):
        provider.claims["groups"] = groups
        provider.user_info = {"sub": "4711"}
        assert "no group of yours" in await refused(sign_on, provider)


async def test_invented_codes_wait_as_wrong_passwords_do(sign_on: SingleSignOn, provider: ProviderStandIn):
    for _try in range(4):
        await refused(sign_on, provider, code="invented")
    with pytest.raises(AccessRejected) as rejection:
        await log_in(sign_on, provider)
    assert (rejection.value.kind, rejection.value.retry_after_s) == ("too-many-attempts", 1)


@pytest.mark.parametrize("network", ["10.0.0.7", "2001:db8:1:2::{}"], ids=["one address", "one network of IPv6"])
async def test_invented_codes_that_come_all_at_once_ask_the_provider_little(
    sign_on: SingleSignOn, provider: ProviderStandIn, network: str
):
    begun = await sign_on.begin("/", language="en")
    answer = provider.authorize(begun.url)
    provider.asked.clear()
    guesses = [
        sign_on.finish(answer | {"code": f"invented {number}"}, begun.cookie, address=network.format(number))
        for number in range(40)
    ]
    told = await asyncio.gather(*guesses, return_exceptions=True)
    kinds = [one.kind for one in told if isinstance(one, AccessRejected)]
    assert (len(kinds), kinds.count("too-many-attempts")) == (40, 40 - FREE - 1)
    assert provider.asked.count("/token") == FREE + 1


async def test_a_state_that_is_guessed_asks_the_provider_nothing(sign_on: SingleSignOn, provider: ProviderStandIn):
    begun = await sign_on.begin("/", language="en")
    answer = provider.authorize(begun.url)
    provider.asked.clear()
    for number in range(200):
        with pytest.raises(AccessRejected, match="begun elsewhere"):
            await sign_on.finish(answer | {"state": f"{number:043}"}, begun.cookie, address=ADDRESS)
    assert provider.asked == []
    assert (await sign_on.finish(answer, begun.cookie, address=ADDRESS))[0].name == "sso:budi", "and keeps nobody out"


async def test_logins_that_succeed_give_no_free_guesses(sign_on: SingleSignOn, provider: ProviderStandIn):
    for _try in range(FREE):
        await log_in(sign_on, provider)
        await refused(sign_on, provider, code="invented")
    await log_in(sign_on, provider)
    await refused(sign_on, provider, code="invented")
    with pytest.raises(AccessRejected, match="too many failed logins"):
        await log_in(sign_on, provider)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("no route to https://login.example/keys?secret=1"),
        httpx.Response(500), httpx.Response(302, headers={"Location": "http://127.0.0.1:1/"}),
        httpx.Response(200, content=b"<html>"), httpx.Response(200, content=b"[" * 200_000),
        httpx.Response(200, content=b'{"keys": [' + b" " * 300_000 + b"]}"), httpx.Response(200, content=b"\xff"),
        httpx.Response(200, content=b"{}"), httpx.Response(200, content=b'{"keys": []}'),
    ],
    ids=["away", "broken", "redirect", "html", "deep", "huge", "bytes", "empty", "no keys"],
)  # fmt: skip
async def test_a_provider_that_does_not_answer_as_one_is_away_in_one_sentence(
    sign_on: SingleSignOn, provider: ProviderStandIn, path: str, trouble: httpx.Response | Exception
):
    provider.answers[path] = trouble
    said = await refused(sign_on, provider)
    assert said.startswith("nobody can log in by Akun Morotai now: ")
    assert "log in with a name and a password" in said
    assert "secret" not in said


async def test_a_slow_provider_is_away_when_its_time_is_over():
    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    slow = SETTINGS.model_copy(update={"timeout_s": 0.01})
    sign_on = SingleSignOn(slow, transport=httpx.MockTransport(never))
    with pytest.raises(AccessRejected, match=r"login\.example did not answer within 0\.01 s"):
        await sign_on.begin("/", language="en")


async def test_who_comes_while_the_provider_is_away_hears_it_without_asking_again(
    sign_on: SingleSignOn, provider: ProviderStandIn
):
    provider.answers["/.well-known/openid-configuration"] = httpx.ConnectError("away")
    said = await asyncio.gather(*(sign_on.begin("/", language="en") for _ in range(50)), return_exceptions=True)
    assert all(isinstance(each, AccessRejected) for each in said)
    assert len(provider.asked) == 1


async def test_health_says_that_the_provider_is_away_and_that_it_is_back(
    sign_on: SingleSignOn, provider: ProviderStandIn
):
    provider.answers["/.well-known/openid-configuration"] = httpx.ConnectError("away")
    with pytest.raises(AccessRejected):
        await sign_on.begin("/", language="en")
    health = sign_on.component()
    assert (health.status, sign_on.is_away) == (Condition.DEGRADED, True)
    assert health.detail.endswith("people with a password here log in as always")
    provider.answers.clear()
    sign_on._provider._metadata.asked_ms -= 5_000
    await log_in(sign_on, provider)
    assert (sign_on.component().status, sign_on.is_away) == (Condition.OK, False)


async def test_what_was_read_is_believed_for_a_day_while_the_provider_does_not_answer(
    sign_on: SingleSignOn, provider: ProviderStandIn
):
    remembered = sign_on._provider._metadata
    for age_ms, ends in ((3_600_000, False), (86_400_000, True)):
        begun = await sign_on.begin("/", language="en")
        answer = provider.authorize(begun.url)
        provider.answers["/.well-known/openid-configuration"] = httpx.Response(503)
        remembered.asked_ms -= age_ms
        remembered.read_ms -= age_ms
        with pytest.raises(AccessRejected, match="status 503") if ends else contextlib.nullcontext():
            person, _ = await sign_on.finish(answer, begun.cookie, address=ADDRESS)
            assert person.name == "sso:budi"
        provider.answers.clear()
        remembered.asked_ms -= 5_000


async def test_nobody_is_sent_to_a_provider_that_has_just_stopped_to_answer(
    sign_on: SingleSignOn, provider: ProviderStandIn
):
    await log_in(sign_on, provider)
    provider.answers["/.well-known/openid-configuration"] = httpx.ConnectError("away")
    sign_on._provider._metadata.asked_ms -= 15_000
    assert "cannot be asked: away" in await refused(sign_on, provider)


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ({"issuer": "https://evil.example"}, "calls itself 'https://evil.example'"),
        ({"authorization_endpoint": "http://login.example/a"}, "without https"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "without https"),
        ({"end_session_endpoint": "http://login.example/"}, "without https"),
        ({"token_endpoint": "http://login.example/token"}, "no address with https://"),
        ({"jwks_uri": "http://127.0.0.1:8086/query"}, "no address with https://"),
        ({"authorization_endpoint": "http://127.0.0.1/a"}, "without https"),
        ({"jwks_uri": "file:///etc/passwd"}, "no address with https://"),
        ({"jwks_uri": "https://[::1"}, "no address with https://"),
    ],
)
async def test_a_provider_that_leads_to_where_others_listen_is_not_followed(
    sign_on: SingleSignOn, provider: ProviderStandIn, metadata: dict[str, str], told: str
):
    provider.metadata |= metadata
    assert told in await refused(sign_on, provider)


async def test_keys_that_no_signature_could_be_checked_by_are_left_out(
    sign_on: SingleSignOn, provider: ProviderStandIn
):
    right = provider.keys["keys"]
    bad = [{"kty": "RSA"}, {"kty": "oct", "k": "AAAA"}, {"kty": "new"}, {}, {"kty": ["RSA"]},
           {"kty": "EC", "crv": "P-256", "x": 1, "y": 2}, right[0] | {"use": "enc", "kid": "first"},
           right[0] | {"n": "A" * 100_000, "kid": "first"}]  # fmt: skip
    provider.keys = {"keys": [*bad, *right]}
    assert (await log_in(sign_on, provider))[0].name == "sso:budi"
    sign_on._provider._keys.asked_ms -= 3_600_000
    sign_on._provider._keys.read_ms -= 86_400_000
    provider.keys = {"keys": right * 101}
    assert "more than 100 keys" in await refused(sign_on, provider)


@pytest.mark.parametrize(
    ("methods", "shown"),
    [(None, "Basic c2lhZ2E6cyUyQmNyZXQ="), (["client_secret_post"], "s+cret"), (["client_secret_basic"], "Basic c2l")],
)
async def test_siaga_proves_to_be_itself_as_the_provider_wants(
    provider: ProviderStandIn, tmp_path: Path, methods: list[str] | None, shown: str
):
    (tmp_path / "secret").write_text("s+cret\n")
    if methods is not None:
        provider.metadata["token_endpoint_auth_methods_supported"] = methods
    settings = SETTINGS.model_copy(update={"client_secret_file": tmp_path / "secret"})
    await log_in(SingleSignOn(settings, now_s=lambda: NOW_S, transport=provider.transport), provider)
    assert provider.logins[0].startswith(shown)
    (tmp_path / "secret").unlink()
    other = SingleSignOn(settings, now_s=lambda: NOW_S, transport=provider.transport)
    assert "client_secret_file cannot be read" in await refused(other, provider)


async def test_people_are_led_to_the_provider_s_logout_where_there_is_one(
    sign_on: SingleSignOn, provider: ProviderStandIn
):
    out = await sign_on.logout_url()
    assert out is not None
    assert dict(parse_qsl(urlsplit(out).query)) == {
        "client_id": "siaga", "post_logout_redirect_uri": "http://127.0.0.1:8080/login",
    }  # fmt: skip
    del provider.metadata["end_session_endpoint"]
    assert await SingleSignOn(SETTINGS, transport=provider.transport).logout_url() is None
    provider.answers["/.well-known/openid-configuration"] = httpx.Response(500)
    assert await SingleSignOn(SETTINGS, transport=provider.transport).logout_url() is None
