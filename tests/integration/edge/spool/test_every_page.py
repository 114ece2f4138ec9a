"""Each page of a spool in turn is overwritten: it costs the readings of that page, which are declared, and no others.

SIAGA_SEED=7 SIAGA_READINGS=40000 pytest -m proof tests/integration/edge/spool/test_every_page.py
"""

import os
import random
import shutil
from pathlib import Path

import pytest

from tests.damaged_spool import PAGE_BYTES, drain, fill

STREAMS = {"before": int(os.environ.get("SIAGA_READINGS", "8000")), "last": 600}
MOST_ROWS = 64
"""Readings that one page holds, at most."""


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_any_page_may_be_overwritten_and_costs_its_own_readings_alone(tmp_path: Path):
    dice = random.Random(seed := int(os.environ.get("SIAGA_SEED", random.randrange(10_000))))
    whole, path = tmp_path / "whole.db", tmp_path / "cut" / "spool.db"
    fill(whole, STREAMS).close()
    content, mark = whole.read_bytes(), (tmp_path / "whole.db.mark").read_bytes()
    pages, most, cost = len(content) // PAGE_BYTES, 0, 0
    for page in range(pages):
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.mkdir()
        kinds = (bytes(PAGE_BYTES), dice.randbytes(PAGE_BYTES), content[-PAGE_BYTES:])
        start = page * PAGE_BYTES
        path.write_bytes(content[:start] + dice.choice(kinds) + content[start + PAGE_BYTES :])
        path.with_name("spool.db.mark").write_bytes(mark)
        drained = drain(path)
        lost = sum(spans.total for spans in drained.lost.values())
        assert drained.is_true(), f"seed {seed}, page {page}: a reading is not as it was written"
        assert drained.accounts_for(STREAMS), f"seed {seed}, page {page}: a reading neither came nor is declared lost"
        assert lost <= MOST_ROWS, f"seed {seed}, page {page}: it cost {lost} readings"
        most, cost = max(most, lost), cost + bool(lost)
    print(f"seed {seed}: {pages} pages of 1 kB, each overwritten in turn; {cost} cost readings, {most} at most")
