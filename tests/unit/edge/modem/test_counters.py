"""Where the bytes are counted: the kernel, else ModemManager."""

from edge.modem.counters import counters_of

BEARER = "/org/freedesktop/ModemManager1/Bearer/3"


def interface(net, name, *, index, received, sent):
    (net / name / "statistics").mkdir(parents=True)
    (net / name / "ifindex").write_text(f"{index}\n")
    (net / name / "statistics" / "rx_bytes").write_text(f"{received}\n")
    (net / name / "statistics" / "tx_bytes").write_text(f"{sent}\n")


def test_the_kernel_counts_where_it_has_the_interface(tmp_path):
    interface(tmp_path, "wwan0", index=4, received=1_000, sent=200)
    bearers = {BEARER: {"Interface": "wwan0", "Stats": {"total-rx-bytes": 9, "total-tx-bytes": 9}}}
    assert counters_of(bearers, boot="b1", owner=":1.7", net=tmp_path) == {"b1/wwan0/4": 1_200}


def test_modemmanager_counts_what_the_kernel_does_not_know(tmp_path):
    all_of_it = {BEARER: {"Interface": "ttyUSB2", "Stats": {"total-rx-bytes": 30, "total-tx-bytes": 4, "rx-bytes": 1}}}
    assert counters_of(all_of_it, boot="b1", owner=":1.7", net=tmp_path) == {"b1/:1.7/Bearer/3": 34}
    this_one = {BEARER: {"Interface": "", "Stats": {"rx-bytes": 5, "tx-bytes": 6}}}
    assert counters_of(this_one, boot="b1", owner=":1.9", net=tmp_path) == {"b1/:1.9/Bearer/3": 11}


def test_what_counts_nothing_is_no_counter(tmp_path):
    (tmp_path / "wwan0").mkdir()
    for bearer in ({"Interface": "wwan0"}, {"Interface": "../../etc"}, {"Stats": {"rx-bytes": "x", "tx-bytes": 1}}, {}):
        assert counters_of({BEARER: bearer}, boot="b1", owner=":1.7", net=tmp_path) == {}
