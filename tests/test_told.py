"""What a picture says of itself: the numbers of the very matrix it shows."""

import numpy as np

from pages.ui import told

TOKENS = [b"one", b" two"]
WEIGHTS = np.array([[1.0, 0.0], [0.25, 0.75]])
LATER = np.array([[False, True], [False, False]])


def test_the_largest_the_smallest_and_the_chosen_cell_are_told():
    said = told.of_cells(WEIGHTS, TOKENS, TOKENS, masked=LATER, selected=(1, 0), writes=told.share)
    assert said == "Largest: “one” → “one”, 100.0%; smallest: 25.0%. Chosen: “␣two” → “one”, 25.0%."


def test_a_masked_cell_is_not_told_and_of_nothing_nothing_is_said():
    assert "Chosen" not in told.of_cells(WEIGHTS, TOKENS, TOKENS, masked=LATER, selected=(0, 1))
    assert told.of_cells(WEIGHTS, TOKENS, TOKENS, masked=np.ones((2, 2), bool)) == ""


def test_the_longest_bars_are_told_whichever_way_they_point():
    assert told.of_candidates(["a", "b", "c", "d"], [0.1, -0.5, 0.25, 0.0004]) == (
        "Longest bars: b −50.0%; c 25.0%; a 10.0%."
    )
    assert told.of_candidates([b"a"], [0.0004]) == "Longest bars: “a” < 0.1%."
