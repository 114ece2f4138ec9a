"""What the watch says of a server, in the language of who reads it."""

import pytest

from cloud.health_watch.messages import life_sign, notice_line
from cloud.health_watch.probe import parse_answer
from cloud.health_watch.settings import WatchSettings
from cloud.health_watch.verdict import WatchNotice

SERVER = "https://siaga.test"
HOOK = {"name": "hook", "kind": "webhook", "url": "https://hook.test", "secret_file": "secret"}
SETTINGS = WatchSettings.model_validate({"channels": [HOOK]})
DOWN = parse_answer(503, b'{"status":"down","components":{"store":"down","broker":"ok","alarms":"down"}}')
STRANGE = parse_answer(502, b"<h1>Bad gateway</h1>")


@pytest.mark.parametrize(
    ("what", "english", "indonesian"),
    [
        (
            DOWN.what,
            "says that it is down: Readings store, Evaluation of alarm rules, since 2026-11-24 03:00 UTC.",
            "menyatakan dirinya tidak berfungsi: Penyimpan data, Penilaian aturan peringatan, sejak 2026",
        ),
        (
            STRANGE.what,
            "answered 502 and not as this platform does: '<h1>Bad gateway</h1>', since",
            "menjawab 502, tetapi tidak seperti platform ini: '<h1>Bad gateway</h1>', sejak",
        ),
    ],
    ids=["down", "strange"],
)
def test_a_notice_says_what_the_server_did_in_both_languages(what: str, english: str, indonesian: str):
    since_ms = 1_795_489_200_000
    line = notice_line(SETTINGS, SERVER, WatchNotice.GONE, what=what, since_ms=since_ms, now_ms=since_ms)
    assert line.advice.startswith(english)
    assert line.advice_id.startswith(indonesian)


def test_the_sign_of_life_says_in_both_languages_what_is_seen():
    limited = parse_answer(200, b'{"status":"degraded"}').what
    line = life_sign(SETTINGS, {SERVER: limited, "https://b.test": DOWN.what}, now_ms=0)
    assert f"{SERVER} degraded; https://b.test says that it is down: " in line.advice
    assert f"{SERVER} bekerja terbatas; https://b.test menyatakan dirinya tidak berfungsi: " in line.advice_id
