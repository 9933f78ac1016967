"""What benchmarks hand over: the median of ratios, the spread, the table, the document."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.measure import Outcome, Row, document, median_of_ratios, spread, table

RATES = st.lists(st.tuples(st.floats(0.01, 1e6), st.floats(0.01, 1e6)), min_size=1, max_size=9)


def test_the_ratio_is_the_median_over_the_rounds() -> None:
    """One round that another tenant of the machine disturbed does not move the figure."""
    assert median_of_ratios([50, 10, 60], [100, 100, 100]) == 0.5


@given(RATES, st.floats(0.01, 100))
def test_a_machine_that_is_slower_in_a_round_changes_no_ratio(rounds: list[tuple[float, float]], speed: float) -> None:
    """Both halves of a round slow down alike, which is why ratios are compared and rates are not."""
    ours, yardstick = [one for one, _ in rounds], [other for _, other in rounds]
    slowed = median_of_ratios([ours[0] * speed, *ours[1:]], [yardstick[0] * speed, *yardstick[1:]])
    assert slowed == pytest.approx(median_of_ratios(ours, yardstick))


@pytest.mark.parametrize(("ours", "yardstick"), [([], []), ([1.0], [1.0, 2.0]), ([1.0], [0.0])])
def test_rounds_that_do_not_pair_are_refused(ours: list[float], yardstick: list[float]) -> None:
    """No figure comes of a missing round or of a yardstick that did nothing."""
    with pytest.raises(ValueError, match=r"pair|positive"):
        median_of_ratios(ours, yardstick)


def test_the_spread_is_relative_to_the_median() -> None:
    """Rounds of 90 to 110 around 100 lie a fifth apart; one round has no spread."""
    assert spread([90, 100, 110]) == pytest.approx(0.2)
    assert spread([3]) == 0


def test_the_table_aligns_numbers_and_leaves_a_yardstick_without_a_ratio() -> None:
    """One line a row under one head; thousands are grouped, small values keep three digits."""
    text = table((Row("yardstick", "1/s", (1234.0,)), Row("ours", "1/s", (617.0,), 0.5, "of it")))
    assert text.splitlines() == [
        "           median       spread  ratio",
        "yardstick   1,234  1/s      0%",
        "ours          617  1/s      0%    0.5  of it",
    ]


def test_the_document_holds_every_round() -> None:
    """Whoever doubts the median finds the rounds, the settings and the machine beside it, as JSON."""
    outcome = Outcome("issue", "certificates", {"certificates": 3}, (Row("ours", "1/s", (1.0, 3.0, 2.0), 0.25),))
    made = json.loads(json.dumps(document(outcome, {"processor": "any"})))
    assert made["settings"] == {"certificates": 3}
    assert made["surroundings"] == {"processor": "any"}
    (row,) = made["rows"]
    assert (row["rounds"], row["median"], row["ratio"]) == ([1.0, 3.0, 2.0], 2.0, 0.25)
