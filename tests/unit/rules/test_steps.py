import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.steps import MOST_STEPS, count_steps, step_of, steps_in
from tests.unit.cloud.console.alarms_made import RIVER

BOTH = msgspec.structs.replace(
    RIVER,
    advice="1. Call the heads. 2) Close the bridge.",
    advice_id="1. Hubungi kepala desa. 2. Tutup jembatan. 3. Lapor.",
)


@pytest.mark.parametrize(
    ("advice", "steps"),
    [
        ("1. Call the heads. 2. Close the bridge. 3) Look.", ("Call the heads.", "Close the bridge.", "Look.")),
        ("First: 1. Call. 2. Close.", ("Call.", "Close.")),
        ("Look at the camera.", ()),
        ("At 2.5 m call 110. Then rest.", ()),
        ("1. Wait 2. 5 minutes. 2. Go.", ("Wait", "5 minutes. 2. Go.")),
        ("", ()),
    ],
)
def test_an_advice_that_counts_is_a_checklist(advice: str, steps: tuple[str, ...]):
    assert steps_in(advice) == steps


@given(st.text(max_size=300))
def test_any_advice_has_a_bounded_number_of_steps_all_of_its_own_words(advice: str):
    steps = steps_in(advice)
    assert len(steps) <= MOST_STEPS
    assert all(step in advice for step in steps)


def test_a_step_that_one_language_lacks_is_said_in_the_other():
    assert count_steps(BOTH) == 3
    assert step_of(BOTH, 2, indonesian=True) == "Tutup jembatan."
    assert step_of(BOTH, 3, indonesian=False) == "Lapor."
    with pytest.raises(LookupError):
        step_of(BOTH, 4, indonesian=False)
