"""Two halves of one cloud.toml: what each takes from it, and what it cannot do without."""

from pathlib import Path

import pytest

from cloud.process.roles import ProcessRole, load_settings_for
from runtime.settings import SettingsError


def settings_in(folder: Path, text: str) -> Path:
    (folder / "cloud.toml").write_text(text)
    return folder / "cloud.toml"


def test_both_halves_meet_at_the_socket_and_answer_on_ports_of_their_own(tmp_path: Path):
    file = settings_in(tmp_path, '[api]\nhost = "0.0.0.0"\nport = 80\n[feed]\nsocket = "feed.sock"\nport = 8181\n')
    ingest, screens = (load_settings_for(role, file) for role in (ProcessRole.INGEST, ProcessRole.SCREENS))
    assert ingest.feed.socket == tmp_path / "feed.sock"
    assert screens.feed.followed == (tmp_path / "feed.sock",)
    assert (ingest.api.host, ingest.api.port, screens.api.port) == ("127.0.0.1", 8181, 80)
    assert (ingest.ingest.enabled, screens.ingest.enabled) == (True, False)


def test_without_a_word_they_meet_in_the_folder_in_which_they_are_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = settings_in(tmp_path, "")
    monkeypatch.chdir(tmp_path)
    for role in (ProcessRole.INGEST, ProcessRole.SCREENS):
        assert load_settings_for(role, file).feed.followed == (tmp_path / "feed.sock",)
    assert load_settings_for(ProcessRole.ALL, file).feed.socket is None, (
        "one process tells nobody unless it is asked to"
    )


def test_screens_follow_several_ingesters_by_their_sockets(tmp_path: Path):
    file = settings_in(tmp_path, '[feed]\nfollow = ["one.sock", "two.sock"]\n')
    followed = load_settings_for(ProcessRole.SCREENS, file).feed.followed
    assert followed == (tmp_path / "one.sock", tmp_path / "two.sock")


@pytest.mark.parametrize(
    ("role", "text", "words"),
    [
        (ProcessRole.INGEST, "[ingest]\nenabled = false\n", "ingest.enabled: is false, and this process ingests"),
        (ProcessRole.SCREENS, "[api]\nenabled = false\n", "api.enabled: is false, and this process serves pages"),
        (ProcessRole.SCREENS, '[feed]\nfollow = ["a.sock", "a.sock"]\n', "names a socket twice"),
    ],
)
def test_a_half_that_its_settings_forbid_is_refused_in_a_sentence(
    tmp_path: Path, role: ProcessRole, text: str, words: str
):
    with pytest.raises(SettingsError, match=words):
        load_settings_for(role, settings_in(tmp_path, text))
