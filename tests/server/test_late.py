"""What a browser says of widgets that the server has just changed, before it has heard of that."""

from dataclasses import replace

import pytest

from pages.server.late import Said, past

UNTOUCHED = Said("layer", 2, 2, 2)
PAST = Said("token", 3, 3, 5)  # the server made 5 of it, the browser still says 3
HEARD = Said("key", 7, 1, 7)  # the server made 7 of it, and the browser says so
CHOSEN = Said("head", 4, 0, 0)  # by its reader, just now


@pytest.mark.parametrize(
    ("said", "moved", "found"),
    [
        pytest.param([PAST, CHOSEN], False, {"token"}, id="another slider was moved meanwhile"),
        pytest.param([PAST, UNTOUCHED], True, {"token"}, id="a button was pressed meanwhile"),
        pytest.param(
            [PAST, Said("text", "a", "a", "b")], False, {"token", "text"}, id="two cannot be taken back at once"
        ),
        pytest.param([PAST, UNTOUCHED], False, set(), id="nothing else was done: its reader took it back"),
        pytest.param([replace(PAST, asks=False)], False, {"token"}, id="a clock has asked for the run"),
        pytest.param([PAST, HEARD], False, set(), id="it has heard of the other: its reader took it back"),
        pytest.param([CHOSEN, UNTOUCHED], False, set(), id="what is chosen is news"),
        pytest.param([Said("token", 4, 3, 5), CHOSEN], False, set(), id="its reader moved it on meanwhile"),
        pytest.param([HEARD], True, set(), id="nothing is late"),
        pytest.param([], True, set(), id="no widgets"),
    ],
)
def test_the_past_is_told_from_what_a_reader_does(said, moved, found):
    assert past(said, moved=moved) == found
