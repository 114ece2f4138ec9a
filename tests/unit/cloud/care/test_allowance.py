"""How often somebody may do something."""

from cloud.care.allowance import Allowance


def test_a_few_at_once_then_one_each_while_for_each_name_alone():
    now = [100.0]
    allowance = Allowance(3, every_s=10.0, clock_s=lambda: now[0])
    assert [allowance.wait_s("ani") for _ in range(5)] == [0, 0, 0, 10, 10]
    assert allowance.wait_s("budi") == 0
    now[0] += 9.5
    assert allowance.wait_s("ani") == 1
    now[0] += 0.5
    assert [allowance.wait_s("ani") for _ in range(2)] == [0, 10]
    now[0] += 1_000.0
    assert [allowance.wait_s("ani") for _ in range(4)] == [0, 0, 0, 10]
