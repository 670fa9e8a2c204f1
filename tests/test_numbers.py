"""The table beside a figure: the very numbers the figure was given, under labels as they are seen."""

import io
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from pages import figures
from pages.figures import Axis, Beside, Cells, Masked, Measure, NumberAxis, Points, Scale, Station, Summands
from pages.figures.palette import AxisName
from pages.ui import tables

RNG = np.random.default_rng(3)
TOKENS = [b" the", b"<b>", b"$x$", b" the"]
SEEN = ["0 ␣the", "1 <b>", "2 $x$", "3 ␣the"]
N = len(TOKENS)
SIGNED = RNG.normal(size=(N, N)).astype(np.float32)
WEIGHTS = np.tril(RNG.random((N, N)).astype(np.float32)) + np.float32(0.1)
LATER = ~np.tril(np.ones((N, N), bool))
ONE, TWO = 1e3 * RNG.random(N), RNG.random(N)
TOKEN, QUERY, KEY = (Axis(TOKENS, meaning=meaning) for meaning in ("token", "query", "key"))


def numbers_of(figure: figures.Picture, skip: int = 1) -> np.ndarray:
    """All numbers of its table, column by column, without the first columns, which hold labels."""
    return figure.numbers().iloc[:, skip:].to_numpy(np.float64)


@pytest.mark.parametrize(
    ("figure", "given"),
    [
        (figures.bars(ONE, TOKEN, measure=Measure("bits", log=True)), ONE[:, None]),
        (figures.bars(ONE, TOKEN, beside=Beside(TWO, ("a", "b")), highlighted=2), np.stack([ONE, TWO], 1)),
        (figures.stacked_bars({"a": ONE, "b": -TWO}, TOKEN), np.stack([ONE, -TWO], 1)),
        (figures.lines({"a": ONE, "b": TWO}, TOKEN), np.stack([ONE, TWO], 1)),
        (figures.lines({"a": ONE}, NumberAxis(TWO, "x"), measure=Measure(log=True)), ONE[:, None]),
        (figures.dots({"l": {"a": ONE}, "r": {"a": TWO}}, TOKEN, logarithmic=["l"]), np.stack([ONE, TWO], 1)),
        (figures.heatmap(SIGNED, QUERY, KEY, scale="signed"), SIGNED),
        (figures.heatmap(WEIGHTS, QUERY, KEY, scale=Scale("logarithmic", limit=(1e-3, 1))), WEIGHTS),
        (
            figures.heatmap(WEIGHTS, QUERY, KEY, scale="probability", masked=Masked(LATER, "later")),
            np.where(LATER, np.nan, WEIGHTS),
        ),
        (figures.arcs(WEIGHTS, TOKEN, query=2, threshold=0.5), WEIGHTS),
        (figures.scatter(SIGNED[:, :2], labels=TOKENS, axis_titles=("x", "y")), SIGNED[:, :2]),
        (figures.scatter(SIGNED[:, :3], labels=TOKENS, groups=["a", "b", "a", "b"]), None),
        (figures.curve({"square": np.square}, x_range=(-1, 1), points=Points(TWO, labels=TOKENS)), None),
    ],
)
def test_a_table_holds_what_its_figure_was_given_under_the_labels_that_are_seen(figure, given):
    assert figure.numbers().iloc[:, 0].tolist() in (SEEN, TWO.tolist())
    if given is not None:
        np.testing.assert_array_equal(numbers_of(figure), np.asarray(given, np.float64))


def test_points_on_a_curve_and_in_groups_keep_their_numbers():
    table = figures.curve({"square": np.square}, x_range=(-1, 1), points=Points(TWO), x_title="x").numbers()
    at = TWO.astype(np.float32)
    np.testing.assert_array_equal(table.to_numpy(), np.stack([at, np.square(at)], 1))
    curve = figures.curve({"square": np.square}, x_range=(-1, 1), x_title="x").numbers()
    np.testing.assert_array_equal(curve["square"], np.square(curve["x"]))
    grouped = figures.scatter(SIGNED[:, :3], labels=TOKENS, groups=["a", "b", "a", "b"]).numbers()
    assert grouped.iloc[:, 1].tolist() == ["a", "b", "a", "b"]
    np.testing.assert_array_equal(grouped.iloc[:, 2:].to_numpy(np.float32), SIGNED[:, :3])


def test_a_histogram_s_table_has_each_value_and_sets_of_any_size():
    table = figures.histogram(ONE, beside=Beside(TWO[:2], ("many", "few"))).numbers()
    np.testing.assert_array_equal(table["many"], ONE.astype(np.float32))
    np.testing.assert_array_equal(table["few"].dropna(), TWO[:2].astype(np.float32))


def test_ranks_and_losses_stand_beside_what_was_read():
    depth = figures.ranks_by_depth([90, 7, 1], names=("embedding", "attention", "mlp"), x_title="", y_title="rank")
    assert depth.numbers().to_numpy().tolist() == [["embedding", 90], ["attention 0", 7], ["mlp 0", 1]]
    curve = figures.learning_curve({"loss": [9.0, np.nan, 2.0]}, tokens=[0, 5, 900], ticks={0: "start"}, x_title="read")
    assert curve.numbers()["read"].tolist() == [0, 5, 900]
    np.testing.assert_array_equal(curve.numbers()["loss"], [9.0, np.nan, 2.0])


def test_a_mosaic_s_table_has_each_head_s_weights():
    weights = RNG.random((2, 3, N, N)).astype(np.float32)
    mosaic = figures.mosaic(weights, Axis.numbered(2, "layer"), Axis.numbered(3, "head"), masked=LATER).numbers()
    of_one = mosaic[(mosaic["layer"] == "1") & (mosaic["head"] == "2")]
    np.testing.assert_array_equal(of_one.iloc[:, 3:].to_numpy(np.float32), np.where(LATER, np.nan, weights[1, 2]))


def test_the_steps_of_attention_have_their_scores_and_sums():
    steps = {"score": np.array([1.0, 2.0, -np.inf, 0.5]), "weight": TWO}
    table = figures.attention_steps(steps, KEY, Summands(SIGNED[:, :2], "v", "sum")).numbers()
    assert table.iloc[:, 0].tolist() == [*SEEN, "sum"]
    np.testing.assert_array_equal(table["score"].iloc[:N], steps["score"])
    np.testing.assert_array_equal(table["weight"], np.append(TWO, TWO.sum()))
    np.testing.assert_array_equal(table["v 1"].iloc[:N], SIGNED[:, 1])


def test_cells_with_words_and_a_diagram_are_told_in_rows():
    labels = [[f"{i}{j}" for j in range(N)] for i in range(N)]
    table = figures.heatmap(SIGNED, QUERY, KEY, scale="signed", cells=Cells(labels=labels)).numbers()
    assert table.iloc[5].tolist() == [SEEN[1], SEEN[1], "11", SIGNED[1, 1]]
    stations = {name: Station(name, ("1 · 2",)) for name in figures.PLACES}
    assert figures.wiring(stations).numbers().iloc[:, 0].tolist() == list(figures.PLACES)


def test_the_numbers_are_not_sent_to_the_browser():
    figure = figures.bars(ONE, TOKEN)
    assert "numbers" not in figure.to_plotly_json()
    assert figure.numbers().shape == (N, 2)


FRAME = pd.DataFrame({"token": ["␣thé", "=1+2", "a;b,c"], "weight": [0.5, -1.25e-7, float("nan")], "n": [1, 2, 3]})


@pytest.mark.parametrize(("language", "separator", "decimal"), [("en", ",", "."), ("fr", ";", ",")])
def test_a_spreadsheet_of_the_reader_s_language_reads_the_csv_back(language, separator, decimal):
    sent = tables.as_csv([("one", FRAME)], language)
    assert sent.startswith("\ufeff".encode())
    back = pd.read_csv(io.BytesIO(sent), sep=separator, decimal=decimal, encoding="utf-8-sig")
    assert back["token"].tolist() == ["␣thé", "'=1+2", "a;b,c"]  # a text, which no spreadsheet computes
    pd.testing.assert_frame_equal(back.drop(columns="token"), FRAME.drop(columns="token"))


def test_several_tables_stand_below_each_other_under_their_titles():
    both = tables.as_csv([("one, two", FRAME.head(1)), ("three", FRAME.head(1))], "en").decode("utf-8-sig")
    assert both == '"one, two"\ntoken,weight,n\n␣thé,0.5,1\n\nthree\ntoken,weight,n\n␣thé,0.5,1\n'


def test_every_meaning_of_a_side_has_a_heading_and_a_reader_s_token_is_none():
    sides = [Axis(["a"], meaning=meaning) for meaning in get_args(AxisName)]
    assert {tables.headed(figures.bars([1], side).numbers()).columns[0] for side in sides} == {
        *("name", "query", "key", "token", "position")
    }
    frame = figures.heatmap(SIGNED[:1, :2], Axis(["a"]), Axis([b"name", b"key"]), scale="signed").numbers()
    assert tables.headed(frame).columns.tolist() == ["name", "name (2)", "key"]
    assert tables.headed(figures.bars(ONE, TOKEN).numbers()).columns.tolist() == ["token", "number"]
