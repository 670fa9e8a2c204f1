"""The learning curve has a place for the start, and tells each point by the tokens that were read."""

from typing import Any

from pages import figures


def test_the_start_stands_left_of_the_first_step_and_the_chosen_moment_is_named():
    figure = figures.learning_curve(
        {"loss": [9.0, 5.0, 4.0]}, tokens=[0, 1_000, 100_000], ticks={0: "<0>", 2: "100"}, chosen=2
    )
    traces: Any = figure.data  # Plotly does not say of which types they are
    (curve,) = traces
    start, first, last = (float(x) for x in curve.x)
    assert start < first < last
    assert (first, last) == (3.0, 5.0)
    assert list(curve.customdata) == [0, 1_000, 100_000]
    assert list(figure.layout.xaxis.tickvals) == [start, last]
    assert figure.layout.xaxis.ticktext == ("&#60;0&#62;", "100")
    assert figure.layout.shapes[0].x0 == last
    assert figure.layout.xaxis.range[0] < start < last < figure.layout.xaxis.range[1]  # the browser needs a range


def test_names_have_room_and_the_chosen_and_the_last_moment_are_named():
    tokens = [0, 1_000, 1_100, 50_000, 100_000]
    figure = figures.learning_curve(
        {"loss": [5.0] * 5}, tokens=tokens, ticks={i: str(n) for i, n in enumerate(tokens)}, chosen=2
    )
    assert figure.layout.xaxis.ticktext == ("0", "1100", "100000")


def test_where_training_turns_stands_a_dotted_line():
    figure = figures.learning_curve(
        {"loss": [9.0, 5.0, 5.5, 4.0]}, tokens=[0, 1_000, 2_000, 100_000], ticks={3: "end"}, chosen=3, turns=[2]
    )
    turn, chosen = figure.layout.shapes
    traces: Any = figure.data
    assert (turn.x0, turn.line.dash) == (traces[0].x[2], "dot")
    assert (chosen.x0, chosen.line.dash) == (traces[0].x[3], None)
