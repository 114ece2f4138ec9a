import copy

import pytest

from dashboards.cli import main
from dashboards.grafana import connect
from dashboards.installation import CannotUse, Installation
from dashboards.push import contains, push
from i18n.catalog import LanguageCode
from tests.grafana_simulated import (
    ADMIN_TOKEN,
    EXPIRED_TOKEN,
    ROOT,
    TOKEN,
    VIEWER_TOKEN,
    SimulatedGrafana,
    simulated_grafana,
)
from tests.servers import free_port

SAME_PLAYLISTS = "Grafana's playlists are up to date\n"
DOCUMENTS = Installation().documents()
UIDS = {document["uid"] for of_language in DOCUMENTS.values() for document in of_language.values()}


@pytest.fixture
def grafana():
    with simulated_grafana(free_port()) as running:
        yield running


@pytest.fixture
def command(tmp_path, capsys):
    def run(grafana: SimulatedGrafana, *options: str, token: str = TOKEN) -> tuple[int, str]:
        (tmp_path / "token").write_text(f"{token}\n")
        code = main(
            ["push", "--url", grafana.url, "--token-file", str(tmp_path / "token"), "--coastline=none", *options]
        )
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_everything_is_pushed_into_a_folder_for_each_language(grafana, command):
    code, said = command(grafana)
    assert code == 0
    assert set(grafana.dashboards) == UIDS
    assert {grafana.places[uid] for uid in UIDS} == {"siaga-id", "siaga-en"}
    assert {folder["title"] for folder in grafana.folders.values()} == {"Siaga", "Siaga (English)"}
    assert all(f"{uid}: made" in said for uid in UIDS)


def test_a_second_push_writes_nothing(grafana, command):
    command(grafana)
    grafana.writes.clear()
    assert command(grafana) == (0, f"Grafana's dashboards are up to date\n{SAME_PLAYLISTS}")
    assert grafana.writes == []
    assert command(grafana, "--dry-run")[0] == 0


def test_only_what_somebody_changed_in_grafana_is_pushed_again(grafana, command):
    command(grafana)
    grafana.writes.clear()
    grafana.dashboards["siaga-id-fleet"]["panels"][0]["title"] = "Diubah"
    assert command(grafana) == (0, f"siaga-id-fleet: changed\n{SAME_PLAYLISTS}")
    assert grafana.writes == ["dashboard siaga-id-fleet"]
    assert grafana.dashboards["siaga-id-fleet"]["version"] == 2


def test_what_we_took_out_of_a_panel_is_a_difference_too(grafana):
    push(connect(grafana.url, TOKEN), DOCUMENTS, dry_run=False)
    ours = copy.deepcopy(DOCUMENTS)
    del ours[LanguageCode("id")]["fleet"]["panels"][0]["fieldConfig"]["defaults"]["noValue"]
    assert [change.uid for change in push(connect(grafana.url, TOKEN), ours, dry_run=True)] == ["siaga-id-fleet"]


def test_a_dashboard_in_another_folder_is_put_back(grafana, command):
    command(grafana)
    grafana.places["siaga-en-ingest"] = ROOT
    assert command(grafana) == (0, f"siaga-en-ingest: changed\n{SAME_PLAYLISTS}")
    assert grafana.places["siaga-en-ingest"] == "siaga-en"


def test_a_dry_run_shows_the_difference_and_changes_nothing(grafana, command):
    code, said = command(grafana, "--dry-run")
    assert (code, grafana.writes) == (1, [])
    assert "siaga-id-command: would be made" in said
    command(grafana)
    grafana.writes.clear()
    (panel,) = (each for each in grafana.dashboards["siaga-id-fleet"]["panels"] if each["title"] == "Gateway daring")
    panel["title"] = "Diubah"
    code, said = command(grafana, "--dry-run")
    assert (code, grafana.writes) == (1, [])
    assert '-   "title": "Diubah",\n+   "title": "Gateway daring",' in said
    assert len(said.splitlines()) < 25, "the difference shows more than what has changed"


def test_a_wrong_token_is_one_sentence(grafana, command):
    code, said = command(grafana, token="glsa_wrong")
    assert (code, said.count("\n")) == (2, 1)
    assert "does not take the token" in said


def test_a_token_that_may_only_read_is_one_sentence(grafana, command):
    code, said = command(grafana, token=VIEWER_TOKEN)
    assert (code, said.count("\n")) == (2, 1)
    assert "the token may not make the folder siaga-id; give its service account the role Editor" in said
    assert grafana.writes == []


def test_an_unreachable_grafana_is_one_sentence(command):
    nobody = SimulatedGrafana()
    nobody.url = f"http://127.0.0.1:{free_port()}"
    code, said = command(nobody)
    assert (code, said.count("\n")) == (2, 1)
    assert f"{nobody.url} cannot be reached" in said


def test_an_old_grafana_is_refused_with_the_version_that_is_needed():
    with simulated_grafana(free_port(), version="11.6.1") as old:
        with pytest.raises(CannotUse, match=r"is 11\.6\.1; Siaga's dashboards need 12\.0 or newer"):
            connect(old.url, TOKEN)
        assert old.writes == []


def test_a_grafana_below_a_sub_path_is_found(command):
    with simulated_grafana(free_port(), sub_path="/grafana") as below:
        assert command(below)[0] == 0
        assert set(below.dashboards) == UIDS


def test_a_dashboard_of_somebody_else_under_our_uid_is_left_alone(grafana, command):
    grafana.dashboards["siaga-id-fleet"] = {
        "uid": "siaga-id-fleet",
        "title": "My own",
        "tags": [],
        "id": 1,
        "version": 1,
    }
    grafana.places["siaga-id-fleet"] = ""
    code, said = command(grafana)
    assert code == 2
    assert "siaga-id-fleet that is not Siaga's" in said
    assert grafana.dashboards["siaga-id-fleet"]["title"] == "My own"


def test_what_grafana_has_from_files_is_left_as_it_is_where_it_is_the_same(grafana, command):
    command(grafana)
    for document in grafana.dashboards.values():  # files have no fingerprint
        del document["revision"]
    grafana.provisioned |= UIDS
    grafana.writes.clear()
    assert command(grafana) == (0, f"Grafana's dashboards are up to date\n{SAME_PLAYLISTS}")
    assert grafana.writes == []


def test_what_grafana_has_from_other_files_is_told_as_such(grafana, command):
    command(grafana)
    grafana.provisioned |= UIDS
    grafana.dashboards["siaga-en-fleet"]["panels"][0]["title"] = "Changed"
    code, said = command(grafana)
    assert code == 2
    assert "has siaga-en-fleet from files; run `siaga-dashboards provision` on its machine instead" in said


def test_an_editors_token_makes_the_folders_that_grafana_hides_from_it_as_long_as_they_are_not_there(grafana, command):
    assert grafana.answer("GET", "/api/folders/siaga-id", None, TOKEN)[0] == 403
    assert command(grafana)[0] == 0
    assert set(grafana.folders) == {"siaga-id", "siaga-en"}


def test_a_folder_that_is_there_and_hidden_from_the_token_is_told_as_such(grafana, command):
    command(grafana, token=ADMIN_TOKEN)
    grafana.hidden.add("siaga-id")
    code, said = command(grafana)
    assert (code, said.count("\n")) == (2, 1)
    assert "the folder siaga-id is there and hidden from the token; give its service account Edit on it" in said


def test_an_expired_token_is_told_in_grafanas_words(grafana, command):
    code, said = command(grafana, token=EXPIRED_TOKEN)
    assert (code, said.count("\n")) == (2, 1)
    assert "does not take the token (Expired API key)" in said


def test_a_playlist_for_each_language_turns_the_pages_of_the_wall(grafana, command):
    command(grafana)
    assert set(grafana.playlists) == {"siaga-id-wall", "siaga-en-wall"}
    pages = [item["value"] for item in grafana.playlists["siaga-id-wall"]["items"]]
    assert pages == ["siaga-id-wall-situation", "siaga-id-wall-flood", "siaga-id-wall-air", "siaga-id-wall-footfall"]
    assert set(pages) <= set(grafana.dashboards)


def test_a_playlist_that_somebody_changed_is_put_right(grafana, command):
    command(grafana)
    grafana.playlists["siaga-en-wall"]["items"].pop()
    grafana.writes.clear()
    assert command(grafana, "--dry-run") == (
        1,
        "Grafana's dashboards are up to date\nplaylist siaga-en-wall: would change\n",
    )
    assert grafana.writes == []
    assert command(grafana)[0] == 0
    assert grafana.writes == ["playlist siaga-en-wall"]
    assert len(grafana.playlists["siaga-en-wall"]["items"]) == 4


def test_playlists_alone_are_made_where_dashboards_come_from_files(grafana, tmp_path, capsys):
    (tmp_path / "token").write_text(TOKEN)
    arguments = ["playlists", "--url", grafana.url, "--token-file", str(tmp_path / "token")]
    assert main([*arguments, "--dry-run"]) == 1
    assert grafana.writes == []
    assert main(arguments) == 0
    assert grafana.writes == ["playlist siaga-id-wall", "playlist siaga-en-wall"]
    said = capsys.readouterr().out
    assert f"{grafana.url}/playlists/play/siaga-id-wall?kiosk&autofitpanels" in said
    assert main(arguments) == 0
    assert len(grafana.writes) == 2


def test_a_missing_or_empty_token_file_is_named(tmp_path, capsys):
    arguments = ["push", "--url", "http://127.0.0.1:1", "--token-file"]
    assert main([*arguments, str(tmp_path / "none")]) == 2
    assert "No such file" in capsys.readouterr().err
    (tmp_path / "empty").write_text("\n")
    assert main([*arguments, str(tmp_path / "empty")]) == 2
    assert "it is empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("theirs", "ours", "same"),
    [
        ({"a": 1, "added": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1, 2, 3], [1, 2], False),
        ([{"a": 1, "added": 2}], [{"a": 1}], True),
        ({"a": [1]}, {"a": {"b": 1}}, False),
        (None, {"a": 1}, False),
    ],
)
def test_a_document_is_the_same_where_all_of_ours_stands_in_theirs(theirs, ours, same):
    assert contains(theirs, ours) is same
