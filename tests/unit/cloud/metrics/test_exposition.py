"""What the cloud counts."""

from prometheus_client import generate_latest

from cloud.core.reasons import Reason
from cloud.gateways.accounting import Accounts, Receipt
from cloud.metrics.exposition import Metrics
from wire import Domain


def test_readings_stored_are_counted_by_domain():
    metrics = Metrics(Accounts())
    metrics.count_stored({Domain.AIR: 3, Domain.FLOOD: 1}, live=True)
    metrics.count_stored({Domain.AIR: 2}, live=False)
    assert metrics.stored_by_domain()[Domain.AIR] == 5
    assert metrics.stored_by_domain()[Domain.FOOTFALL] == 0
    assert metrics.registry.get_sample_value("siaga_readings_stored_total", {"domain": "air"}) == 5
    assert metrics.registry.get_sample_value("siaga_readings_backlog_total") == 2


def test_every_reason_for_a_dead_letter_is_there_before_its_first():
    text = generate_latest(Metrics(Accounts()).registry).decode()
    assert all(f'siaga_dead_letters_total{{reason="{reason}"}} 0.0' in text for reason in Reason)


def test_missing_readings_and_losses_are_worked_out_when_asked():
    accounts = Accounts()
    metrics = Metrics(accounts)
    accounts.apply(accounts.plan([Receipt("gw", "s", 11, 20)]))
    assert metrics.registry.get_sample_value("siaga_readings_missing", {"gateway": "gw"}) == 10
    assert metrics.registry.get_sample_value("siaga_readings_declared_lost", {"gateway": "gw"}) == 0
