"""The channels against real servers on the loopback: what they send, and what they make of answers."""

import ssl
import subprocess
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from cloud.notify.channels.catalog import sender_of
from cloud.notify.channels.email.settings import EmailChannel
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.channels.telegram.settings import TelegramChannel
from cloud.notify.channels.webhook.send import signature
from cloud.notify.channels.webhook.settings import WebhookChannel
from cloud.notify.contract import Later, Never, Outcome, Sent
from cloud.notify.notifications import Notification
from tests.receivers import Answer, HttpReceiver, SmtpReceiver
from tests.servers import free_port
from tests.unit.cloud.notify.examples import channel_context, line, notification

SECRET = "0123456789abcdef"
NOTIFICATION = notification(line(), key="9c41:mail:77", address="ani@morotai.test")


async def send(settings: ChannelSettings, sent: Notification = NOTIFICATION) -> Outcome:
    async with httpx.AsyncClient() as client:
        return await sender_of(settings, channel_context(client)).send(sent)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text(SECRET + "\n")
    return tmp_path / "secret"


def webhook(secret: Path, url: str) -> WebhookChannel:
    return WebhookChannel(name="hook", kind="webhook", url=url, secret_file=secret)


async def test_a_webhook_is_json_signed_with_its_time_and_carries_its_key(secret: Path):
    with HttpReceiver() as web:
        assert await send(webhook(secret, f"{web.url}/siaga")) == Sent("200")
    (got,) = web.deliveries
    assert (got.path, got.key) == ("/siaga", NOTIFICATION.key)
    assert got.headers["siaga-signature"] == f"v1={signature(SECRET, got.headers['siaga-timestamp'], got.body)}"
    document = msgspec.json.decode(got.body)
    assert (document["key"], document["subject"]) == (NOTIFICATION.key, "EXTREME · Siaga 1 · Daruba river")
    assert document["alarms"][0]["value"] == 1_325.5


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(202), Sent),
        (Answer(500), Later),
        (Answer(503), Later),
        (Answer(429, wait_s="7"), Later),
        (Answer(404), Never),
        (Answer(401), Never),
    ],
)
async def test_an_answer_says_whether_another_attempt_makes_sense(secret: Path, answer: Answer, outcome: type):
    with HttpReceiver([answer]) as web:
        found = await send(webhook(secret, web.url))
    assert isinstance(found, outcome)
    if isinstance(found, Later):
        assert found.retry_after_s == (7.0 if answer.wait_s else None)
        assert not found.unsure


async def test_a_receiver_that_is_not_there_has_surely_got_nothing(secret: Path):
    found = await send(webhook(secret, f"http://127.0.0.1:{free_port()}"))
    assert isinstance(found, Later)
    assert not found.unsure


async def test_a_receiver_that_does_not_answer_may_have_got_it(secret: Path):
    settings = webhook(secret, "http://x.test").model_copy(update={"timeout_s": 0.5})
    with HttpReceiver([Answer(slow_s=1.5)]) as web:
        found = await send(settings.model_copy(update={"url": web.url}))
    assert isinstance(found, Later)
    assert found.unsure


async def test_telegram_gets_the_text_in_its_chat_and_no_sentence_holds_the_token(secret: Path):
    answers = [Answer(403, body=b'{"description":"Forbidden: bot was blocked"}')]
    with HttpReceiver() as bot:
        settings = TelegramChannel(name="chat", kind="telegram", token_file=secret, url=bot.url)
        assert await send(settings, notification(line(), address="1001")) == Sent("200")
        bot.plan(*answers)
        refused = await send(settings, notification(line(), address="1001"))
    got = bot.deliveries[0]
    assert got.path == f"/bot{SECRET}/sendMessage"
    assert msgspec.json.decode(got.body)["chat_id"] == "1001"
    assert isinstance(refused, Never)
    assert "blocked" in refused.problem
    assert SECRET not in refused.problem


async def test_telegrams_own_word_for_patience_is_understood(secret: Path):
    body = b'{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":8}}'
    with HttpReceiver([Answer(429, body=body)]) as bot:
        settings = TelegramChannel(name="chat", kind="telegram", token_file=secret, url=bot.url)
        found = await send(settings)
    assert isinstance(found, Later)
    assert found.retry_after_s == 8.0


def email(port: int, **more: Any) -> EmailChannel:
    given = {"name": "mail", "kind": "email", "host": "127.0.0.1", "port": port, "sender": "siaga@morotai.test"}
    return EmailChannel.model_validate({**given, "security": "none", **more})


async def test_a_mail_is_plain_text_and_html_with_the_same_message_id_each_time():
    with SmtpReceiver() as server:
        assert isinstance(await send(email(server.port)), Sent)
        assert isinstance(await send(email(server.port)), Sent)
        first, second = server.mail(0), server.mail(1)
    assert first["Message-ID"] == second["Message-ID"] == "<9c41.mail.77@morotai.test>"
    assert first["To"] == "ani@morotai.test"
    plain, html = first.get_body(("plain",)), first.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "Sound the siren." in plain.get_content()
    assert "Sound the siren." in html.get_content()


@pytest.mark.parametrize(("reply", "outcome"), [("451 try later", Later), ("550 no such box", Never)])
async def test_a_mail_servers_reply_says_whether_another_attempt_makes_sense(reply: str, outcome: type):
    with SmtpReceiver([reply]) as server:
        found = await send(email(server.port))
    assert isinstance(found, outcome)
    assert reply[:3] in found.problem


async def test_a_mail_server_that_is_not_there_is_tried_later():
    assert isinstance(await send(email(free_port())), Later)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, cert


async def test_mail_goes_over_starttls_with_the_server_verified_and_a_login(
    tmp_path: Path, certificate: tuple[Path, Path]
):
    key, cert = certificate
    (tmp_path / "password").write_text("open sesame\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    known = {"security": "starttls", "username": "siaga", "password_file": tmp_path / "password"}
    with SmtpReceiver(context=context, login=("siaga", "open sesame")) as server:
        assert isinstance(await send(email(server.port, **known, ca=cert)), Sent)
        stranger = await send(email(server.port, **known))
        assert isinstance(stranger, Later)
        assert "certificate" in stranger.problem.lower()
        (tmp_path / "password").write_text("wrong")
        assert isinstance(await send(email(server.port, **known, ca=cert)), Never)
        assert len(server.deliveries) == 1


async def test_mail_never_goes_in_the_clear_when_starttls_is_asked_for():
    with SmtpReceiver() as server:
        assert isinstance(await send(email(server.port, security="starttls")), Later)
        assert server.deliveries == []
