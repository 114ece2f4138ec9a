"""siaga-edge sms, and what siaga-edge doctor says of the modem: on a simulated ModemManager that serves in a thread."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.cli import main
from edge.commands import BROKEN, WELL
from edge.control.snapshot import ModemNow
from edge.doctor.finding import CheckOutcome
from edge.doctor.modem import of_the_modem
from tests.modem_manager_simulated import MODEM, SimulatedModemManager, private_bus, serving

ANI = "+628110000001"
FILE = '[gateway]\nid = "gw-test"\n[uplink]\nhost = "127.0.0.1"\n[spool]\nmin_free_mb = 0\n'


@pytest.fixture
def manager() -> Iterator[SimulatedModemManager]:
    with private_bus() as address, serving(address) as manager:
        yield manager


def sms(folder: Path, *more: str) -> int:
    (folder / "edge.toml").write_text(FILE)
    return main(["--language", "en", "sms", "test", *more, "--config", str(folder / "edge.toml")])


def found(known: ModemNow | None = None, *, sends_sms: bool = True) -> dict[str, tuple[CheckOutcome, str]]:
    return {each.check: (each.outcome, str(each.said)) for each in of_the_modem(known, sends_sms=sends_sms)}


def test_one_sms_goes_out_when_somebody_asks_for_it(manager, tmp_path, capsys):
    assert sms(tmp_path, ANI) == WELL
    assert manager.sent == [(ANI, "Test of SMS by gw-test: no alarm.")]
    assert "see whether it arrives" in capsys.readouterr().out


def test_why_none_goes_out_is_said(manager, tmp_path, capsys):
    manager.modem[MODEM]["UnlockRequired"] = ("u", 2)
    assert sms(tmp_path, ANI) == BROKEN
    assert "locked by its SIM-PIN" in capsys.readouterr().err
    manager.modem = None
    assert sms(tmp_path, ANI) == BROKEN
    assert manager.sent == []


@pytest.mark.parametrize("number", ["0812345678", "+0812345678", "+62", "+62 811", "62811000000"])
def test_what_is_no_number_is_refused(tmp_path, number):
    with pytest.raises(SystemExit):
        sms(tmp_path, number)


def test_the_doctor_says_how_modem_sim_and_plan_are(manager):
    well = found(ModemNow(left_percent=64.0))
    assert well["modem"] == (CheckOutcome.PASS, "TELKOMSEL, 4G, signal 64 %")
    assert well["sms"][0] is CheckOutcome.PASS
    assert well["quota"] == (CheckOutcome.PASS, "64 percent of the plan's data are left")
    manager.modem[f"{MODEM}.Modem3gpp"]["RegistrationState"] = ("u", 5)
    assert found(ModemNow(left_percent=3.0))["quota"][0] is CheckOutcome.WARN
    assert found()["modem"] == (CheckOutcome.WARN, "roaming: TELKOMSEL, 4G, which may cost more")
    manager.modem[MODEM]["UnlockRequired"] = ("u", 2)
    locked = found(sends_sms=False)
    assert locked.keys() == {"modem"}
    assert locked["modem"][0] is found()["sms"][0] is CheckOutcome.FAIL


def test_without_a_modemmanager_the_doctor_says_what_to_look_at():
    with private_bus():
        assert found()["sms"] == (
            CheckOutcome.FAIL, "ModemManager does not run; see systemctl status ModemManager",
        )  # fmt: skip
