"""siaga-cloud fleet, from the keys to a version, in files that a test can look at."""

from pathlib import Path

import pytest

from cloud.cli.exit_codes import CANNOT_START
from cloud.cli.fleet_rollout import _state_of, said_of
from cloud.cli.main import main
from cloud.updates.rollout import Member, MemberState, Rollout, RolloutProgress, RolloutState
from tests.gateways_updating import GatewaySimulated
from tests.update_repository import PASSPHRASE, an_archive
from wire.gateway_update import UpdateState, UpdateStatus
from wire.status import decode_status

ROLLOUT = Rollout(7, "1.2.0", 5, False, False, 600.0, ("aarch64",), RolloutState.FAILED, "gw-1: refused", "ani", 0, 0)


@pytest.fixture
def cloud_toml(tmp_path: Path) -> Path:
    file = tmp_path / "cloud.toml"
    file.write_text('[updates]\nfolder = "updates"\nurl = "https://siaga.example/updates"\nonline_key = "online.key"\n')
    (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n")
    return file


def test_keys_are_made_a_version_is_published_a_lost_key_replaced_and_all_of_it_signed_again(
    cloud_toml: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    stick = tmp_path / "stick"
    common = ["--config", str(cloud_toml), "--passphrase-file", str(tmp_path / "passphrase")]
    assert main(["fleet", "keys", "make", "--into", str(stick), *common]) == 0
    assert sorted(each.name for each in stick.iterdir()) == ["root-1.pem", "root-2.pem", "root-3.pem", "targets.pem"]
    key = ["--key", str(stick / "targets.pem")]
    assert main(["fleet", "publish", str(an_archive(tmp_path / "a")), *key, *common]) == 0
    roots = ["--with", str(stick / "root-1.pem"), "--with", str(stick / "root-3.pem")]
    assert main(["fleet", "keys", "replace", "root-2", *roots, "--into", str(stick), *common]) == 0
    assert main(["fleet", "keys", "replace", "online", *roots, *common]) == 0
    assert main(["fleet", "keys", "renew", *roots, *common]) == 0
    assert main(["fleet", "refresh", "--config", str(cloud_toml)]) == 0
    capsys.readouterr()
    assert main(["fleet", "versions", "--config", str(cloud_toml)]) == 0
    assert capsys.readouterr().out == "1.2.0  aarch64\n"
    assert main(["fleet", "withdraw", "1.2.0", *key, *common]) == 0
    assert capsys.readouterr().out == "siaga-edge-1.2.0-aarch64.tar.gz is withdrawn\n"


def test_what_is_missing_is_a_sentence(cloud_toml: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["fleet", "versions", "--config", str(cloud_toml)]) == CANNOT_START
    assert "has no repository yet; begin one: siaga-cloud fleet keys make" in capsys.readouterr().err
    assert main(["fleet", "keys", "make", "--into", str(tmp_path), "--config", str(cloud_toml)]) == CANNOT_START
    assert "from a program, give --passphrase-file" in capsys.readouterr().err
    cloud_toml.write_text("")
    assert main(["fleet", "refresh", "--config", str(cloud_toml)]) == CANNOT_START
    assert "updates: is missing; add [updates]" in capsys.readouterr().err


def test_a_rollout_is_a_sentence():
    counts = {MemberState.CONFIRMED: 15, MemberState.LEFT_OUT: 2, MemberState.FAILED: 1}
    assert said_of(RolloutProgress(ROLLOUT, counts)) == (
        "rollout 7 of 1.2.0 has stopped: confirmed 15, failed 1, left out 2; gw-1: refused"
    )


@pytest.mark.parametrize(
    ("update", "member", "said"),
    [
        (None, None, ""),
        (None, Member("gw-1", MemberState.LEFT_OUT, reason="offline"), "left out: offline"),
        (None, Member("gw-1", MemberState.CONFIRMED), "confirmed"),
        (
            UpdateStatus("1.2.0", UpdateState.ON_TRIAL, "", 1_764_000_000_000), Member("gw-1", MemberState.ASKED),
            "1.2.0 on trial since 2025-11-24T16:00:00.000Z",
        ),
        (
            UpdateStatus("1.2.0", UpdateState.ROLLED_BACK, "no ack"), Member("gw-1", MemberState.FAILED),
            "1.2.0 rolled back: no ack",
        ),
    ],
)  # fmt: skip
def test_a_gateways_own_word_comes_first(update, member, said):
    gateway = GatewaySimulated("gw-1")
    gateway.update = update
    assert _state_of(decode_status(gateway.status()), ROLLOUT, member) == said
