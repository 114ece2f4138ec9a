"""cloud.toml."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from cloud.process.settings import CloudSettings, load_cloud_settings
from cloud.readings.settings import InfluxSettings, SqliteSettings
from runtime.settings import Settings, SettingsError

V1 = '[store]\nengine = "influxdb"\nurl = "http://10.0.0.5:8086/"\ndatabase = "siaga"\n'
ROOT = Path(__file__).parents[4]
DOCS = "".join((ROOT / "docs" / page).read_text() for page in ("cloud.md", "notifications.md"))


def loaded(tmp_path: Path, text: str) -> CloudSettings:
    (tmp_path / "cloud.toml").write_text(text)
    return load_cloud_settings(tmp_path / "cloud.toml")


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        loaded(tmp_path, text)
    return refused.value.problems


def test_an_empty_file_is_the_embedded_cloud_with_all_its_files_beside_it(tmp_path: Path):
    settings = loaded(tmp_path, "")
    assert settings.store == SqliteSettings(path=tmp_path / "readings.db")
    assert settings.registry.url == f"sqlite:///{tmp_path / 'registry.db'}"
    assert settings.registry.city == tmp_path / "city.toml"
    assert settings.ingest.shard_range == range(64)


def test_relative_paths_of_every_table_begin_beside_the_file(tmp_path: Path):
    text = f'{V1}username = "u"\npassword_file = "pw"\n[broker]\nusername = "u"\npassword_file = "mq"\n'
    text += '[broker.tls]\nca = "ca.pem"\n[console]\ncoastline = "coast.json"\n'
    settings = loaded(tmp_path, text)
    assert isinstance(settings.store, InfluxSettings)
    assert settings.store.password_file == tmp_path / "pw"
    assert settings.broker.password_file == tmp_path / "mq"
    assert settings.broker.tls is not None
    assert settings.broker.tls.ca == tmp_path / "ca.pem"
    assert settings.console.coastline == str(tmp_path / "coast.json")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "siaga.example"])
def test_logins_without_a_password_are_for_the_loopback_only(tmp_path: Path, host: str):
    text = f'[access]\ncode_file = "login.code"\n[api]\nhost = "{host}"'
    (problem,) = problems(tmp_path, text)
    assert "access.code_file: logins without a password are for a demo on one machine" in problem
    assert loaded(tmp_path, text.replace(host, "127.0.0.1")).access.code_file == tmp_path / "login.code"


def test_secrets_are_read_from_their_files(tmp_path: Path):
    (tmp_path / "token").write_text("s3cret\n")
    text = '[store]\nengine = "influxdb"\nurl = "http://x:1"\napi = "v2"\nbucket = "b"\ntoken_file = "token"\n'
    store = loaded(tmp_path, text).store
    assert isinstance(store, InfluxSettings)
    assert (store.token(), store.password(), store.query_database) == ("s3cret", None, "b")


def test_a_part_of_the_shards_is_a_range(tmp_path: Path):
    assert loaded(tmp_path, '[ingest]\nshards = "16-31"\n').ingest.shard_range == range(16, 32)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[ingest]\nshards = "5"', "ingest.shards: '5': write the first and the last shard"),
        ('[ingest]\nshards = "0-64"', "ingest.shards: '0-64': write the first and the last shard"),
        ('[store]\nengine = "mysql"', "store.engine: 'mysql': write one of: 'sqlite' or 'influxdb'"),
        ('[store]\nengine = "influxdb"\nurl = "host"\ndatabase = "d"', "store.url: 'host': write an address such as"),
        (
            '[store]\nengine = "influxdb"\nurl = "http://h:1"\napi = "v2"\nbucket = "b"\nconsistency = "all"',
            'store: consistency is for api "v1"; take it out',
        ),
        ('[store]\nengine = "influxdb"\nurl = "http://h:1"', 'store: api "v1" needs database; add it'),
        ('[store]\nengine = "influxdb"\nurl = "http://h:1"\napi = "v2"', 'store: api "v2" needs bucket; add it'),
        (f'{V1}username = "u"', "store: username and password_file go together"),
        ("[store]\npth = 1", "store.pth: unknown key; did you mean path?"),
        ("store = 3", "store: 3: write a table"),
        ('[registry]\nurl = "nonsense"', "registry.url: 'nonsense': "),
        ("[dead_letters]\nmax_mb = 0", "dead_letters.max_mb: 0: "),
        ("[api]\nport = 99999", "api.port: 99999: "),
        ('[api]\nproxies = ["proxy"]', "api.proxies: 'proxy' is no address; write one such as"),
        ('[enrol]\nhost = "h"', "enrol.password_file: is missing; add it"),
    ],
)
def test_a_mistake_is_named_by_its_key_as_it_stands_in_the_file(tmp_path: Path, text: str, sentence: str):
    (found,) = problems(tmp_path, text)
    assert found.startswith(f"cloud.toml: {sentence}")


def test_every_mistake_is_told_at_once(tmp_path: Path):
    text = '[store]\nengine = "influxdb"\nurl = "x"\npath = "p"\n[api]\nprt = 1\n[ingest]\nqueue_mb = "many"\n'
    keys = [problem.split(": ")[1] for problem in problems(tmp_path, text)]
    assert sorted(keys) == ["api.prt", "ingest.queue_mb", "store.path", "store.url"]


def keys_of(model: type[Settings]) -> Iterator[str]:
    """The keys of a table and of the tables within it, as docs/cloud.md may name them."""
    for name, field in model.model_fields.items():
        yield name
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, Settings):
                yield from keys_of(inner)


@pytest.mark.parametrize("key", sorted(set(keys_of(CloudSettings))))
def test_every_key_is_documented(key: str):
    assert re.search(rf"`[^`]*\b{key}\b[^`]*`|^\[+{key}\b", DOCS, re.MULTILINE), key
