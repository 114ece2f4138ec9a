"""Parts of the deployment that need no rehearsal of their neighbours, or one of their own."""

import shutil
from pathlib import Path

import httpx
import pytest

from cloud.process.settings import load_cloud_settings
from cloud.registry.city_file import read_city_file
from tests import loopback
from tests.people import user_in
from tests.rehearsal import HOST, ROOT, Rehearsal
from tests.servers import Command, Program, free_port, require, siaga_cloud, wait_until

PASSWORD = "a river that rises"


@pytest.mark.proof
def test_a_proxy_that_the_settings_do_not_name_is_not_believed(tmp_path: Path):
    port = free_port()
    proxies = '["192.0.2.1"]'
    (tmp_path / "cloud.toml").write_text(f"[broker]\nport = {free_port()}\n[api]\nport = {port}\nproxies = {proxies}\n")
    shutil.copyfile("demo/city/city.toml", tmp_path / "city.toml")
    user_in(tmp_path, "ani", "administrator", PASSWORD)
    with (
        siaga_cloud(tmp_path, tmp_path / "cloud.toml", port=port),
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=60, headers={"X-Forwarded-For": "203.0.113.9"}
        ) as browser,
    ):
        assert browser.post("/api/v1/session", json={"name": "ani", "password": PASSWORD}).status_code == 200
        lines = browser.get("/api/v1/journal").raise_for_status().json()["entries"]
    assert {line["origin"] for line in lines if line["actor"] == "ani"} == {"127.0.0.1"}


def test_a_rehearsal_takes_somebodys_own_city_and_pages_nobody(tmp_path: Path):
    yours = tmp_path / "yours"
    (yours / "city").mkdir(parents=True)
    (yours / ".env").write_text("SIAGA_HOST=siaga.morotai.test\nSIAGA_MQTT_PORT=8883\n")
    (yours / "city" / "island.toml").write_text('[city]\nname = "Rao"\nzone = "Asia/Jayapura"\n')
    (yours / "city" / "cloud.toml").write_text(
        '[broker]\nhost = "broker"\nport = 8883\ntls = { ca = "/run/secrets/ca.crt" }\n'
        '[registry]\ncity = "island.toml"\n[notify]\n[[notify.channels]]\nname = "bot"\nkind = "telegram"\n'
        'token_file = "/run/secrets/bot.token"\nchat = "-100"\n[[notify.steps]]\nchannels = ["bot"]\n'
    )
    (tmp_path / "here").mkdir()
    mine = Rehearsal(tmp_path / "here", yours=yours)
    try:
        mine.start()
        health = f"http://127.0.0.1:{mine.api_port}/api/v1/health"
        wait_until(
            lambda: loopback.get(health, timeout=60).json()["status"] == "ok",
            "the cloud is well on somebody's own settings",
        )
        assert read_city_file(mine.city_file).city.name == "Rao"
        assert {channel.kind for channel in load_cloud_settings(mine.cloud_toml).notify.channels} == {"cap_file"}
    finally:
        mine.stop()


def test_the_redirect_goes_to_the_port_that_people_use(tmp_path: Path):
    http, https = free_port(), free_port()
    environment = {
        "SIAGA_HOST": HOST, "SIAGA_TLS": "internal", "SIAGA_HTTP_PORT": str(http), "SIAGA_HTTPS_PORT": str(https),
        "SIAGA_PUBLIC_PORT": "8443", "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path),
    }  # fmt: skip
    caddyfile = ROOT / "deploy" / "caddy" / "Caddyfile"
    given = [f"{name}={value}" for name, value in environment.items()]
    command: Command = ["/usr/bin/env", *given, require("caddy"), "run", "--config", caddyfile]
    with Program("proxy", command, tmp_path, port=http):
        sent_on = loopback.get(f"http://127.0.0.1:{http}/login?next=%2F", headers={"Host": HOST})
    assert (sent_on.status_code, sent_on.headers["location"]) == (308, f"https://{HOST}:8443/login?next=%2F")
