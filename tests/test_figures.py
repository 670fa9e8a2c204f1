"""Figures: the numbers arrive exactly, the labels arrive literally, and little has to travel."""

import base64
import html
import io
import json
import re
import struct
import sys
import unicodedata
import zlib
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from gpt_core.tokenizer.vocabulary import Encoding, load
from pages import figures
from pages.figures import Axis, Beside, Cells, Masked, Measure, NumberAxis, Points, Scale, Summands
from pages.figures import layout as figures_layout
from pages.figures.labels import WORD_JOINER, solid_text
from pages.figures.mosaics import LEVELS
from pages.figures.palette import AXIS_COLOURS, PLAIN, SEQUENTIAL, SIGNED
from pages.figures.relations import free_sides

HOSTILE = [
    b"<b>x</b>",
    b"<script>",
    b"a<br>b",
    b"$x^2$",
    b"%{x}",
    b"#000001",
    b"2020",
    "\u202e".encode(),
    b"\xe2\x9c",
    b"the",
    b"the",
]
N = len(HOSTILE)
LATER = ~np.tril(np.ones((N, N), bool))
RNG = np.random.default_rng(0)
SQUARE = RNG.random((N, N)).astype(np.float32)
TOKENS = Axis(HOSTILE, meaning="token")
QUERIES, KEYS = Axis(HOSTILE, meaning="query"), Axis(HOSTILE, meaning="key")
AB = Axis(["a", "b"])


def attention(n_layers: int, n_heads: int, n_tokens: int) -> np.ndarray:
    scores = np.random.default_rng(1).normal(size=(n_layers, n_heads, n_tokens, n_tokens)) * 2
    scores[..., ~np.tril(np.ones((n_tokens, n_tokens), bool))] = -np.inf
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return (weights / weights.sum(-1, keepdims=True)).astype(np.float32)


def traces(figure: Any) -> Any:
    """What is drawn: Plotly does not say of which types its traces are."""
    return figure.data


def sent(figure) -> dict:
    return json.loads(figure.to_json())


def numbers(array) -> np.ndarray:
    """What travelled, as the browser will read it."""
    if not isinstance(array, dict):
        return np.asarray(array)
    shape = [int(n) for n in array["shape"].split(",")] if "shape" in array else [-1]
    return np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"]).reshape(shape)


def steps_of(n_keys: int) -> dict[str, np.ndarray]:
    scores = np.random.default_rng(2).normal(size=n_keys)
    weights = np.exp(scores)
    return {"<b>": scores, "%{x}": weights / weights.sum()}


EVERY_FIGURE = {
    "heatmap": lambda: figures.heatmap(
        SQUARE, QUERIES, KEYS, scale="probability", masked=Masked(LATER, "<b>x</b>"), selected=(2, 1)
    ),
    "signed": lambda: figures.heatmap(SQUARE - 0.5, QUERIES, KEYS, scale="signed", cells=Cells(shown=True)),
    "mosaic": lambda: figures.mosaic(attention(2, 3, 5), Axis(HOSTILE[:2]), Axis(HOSTILE[:3]), selected=(1, 2)),
    "bars": lambda: figures.bars(SQUARE[0], TOKENS, highlighted=1, beside=Beside(SQUARE[1], ("<b>", "$y$"))),
    "upright bars": lambda: figures.bars(SQUARE[0] - 0.5, TOKENS, horizontal=False, measure=Measure(format=".2f")),
    "log bars": lambda: figures.bars(SQUARE[0], TOKENS, measure=Measure(log=True)),
    "stacked bars": lambda: figures.stacked_bars({"<b>": SQUARE[0], "%{x}": -SQUARE[1]}, Axis(HOSTILE)),
    "lines": lambda: figures.lines({"<b>": SQUARE[0]}, Axis(HOSTILE), highlighted=3, measure=Measure(log=True)),
    "histogram": lambda: figures.histogram(SQUARE, beside=Beside(SQUARE + 1), marks={"<b>": 0.5}),
    "dots": lambda: figures.dots(
        {"<b>": {"$y$": SQUARE[0], "%{x}": SQUARE[1]}, "p": {"$y$": SQUARE[2]}},
        TOKENS,
        highlighted=2,
        logarithmic=["p"],
    ),
    "curve": lambda: figures.curve({"<b>": np.tanh}, x_range=(-2, 2), points=Points(SQUARE[0], labels=HOSTILE)),
    "arcs": lambda: figures.arcs(np.where(LATER, 0, SQUARE), TOKENS, query=4),
    "scatter": lambda: figures.scatter(SQUARE[:, :2], labels=HOSTILE, groups=["<b>", "$x$"] * 5 + ["c"], highlighted=1),
    "solid scatter": lambda: figures.scatter(SQUARE[:, :3], labels=HOSTILE),
    "steps": lambda: figures.attention_steps(
        steps_of(N), KEYS, Summands(SQUARE[:, :3], "<b>"), selected=1, masked=LATER[4]
    ),
}


@pytest.fixture(params=EVERY_FIGURE)
def figure(request):
    return EVERY_FIGURE[request.param]()


def test_no_text_reaches_plotly_as_markup(figure):
    markup = re.compile(r"<b>x|<script|<br>b|\$x|\$y|\"%\{x\}|#000001|�")
    figure = sent(figure)
    for trace in figure["data"]:
        if trace["type"] == "scatter3d":  # drawn on a canvas, which knows only a few tags
            assert not re.search(r"<\w", " ".join(trace.pop("text")))
    assert not markup.search(json.dumps(figure, ensure_ascii=False))


def test_axes_are_numbers_never_categories(figure):
    layout = sent(figure)["layout"]
    axes = [layout[name] for name in ("xaxis", "yaxis") if layout.get(name)]
    assert all(axis["type"] in {"linear", "log"} and axis["automargin"] is False for axis in axes)


def test_labels_of_near_points_stand_on_different_sides():
    points = np.array([[0, 0], [1, 0], [1.001, 0], [2, 1]], np.float32)
    sides = free_sides(points, [b" lonely", b" near", b" nearer", b" far"])
    assert (sides[0], sides[3]) == ("top center", "top center")
    assert sides[1] != sides[2]


def test_a_chosen_row_is_framed_without_a_column():
    figure = sent(figures.heatmap(SQUARE, QUERIES, KEYS, scale="probability", selected=(2, None)))
    (frame,) = figure["layout"]["shapes"]
    assert (frame["xref"], frame["x0"], frame["x1"]) == ("x domain", 0, 1)
    assert (frame["y0"], frame["y1"]) == (1.5, 2.5)
    assert not any(text.startswith("<b>") for text in figure["layout"]["xaxis"]["ticktext"])


def test_lines_are_told_apart_without_their_colours():
    series = {name: np.arange(3.0) for name in "abcdef"}
    drawn = [
        figures.lines(series),
        figures.curve(dict.fromkeys(series, np.sin), x_range=(0, 1)),
        figures.learning_curve({name: [2.0, 1.0] for name in "abc"}, tokens=[0, 10], ticks={0: "0"}),
    ]
    for figure in drawn:
        traces = sent(figure)["data"]
        assert len({trace["line"]["dash"] for trace in traces}) == len(traces)
    for figure in drawn[::2]:
        traces = sent(figure)["data"]
        assert len({trace["marker"]["symbol"] for trace in traces}) == len(traces)


def test_numbers_travel_as_typed_arrays_of_four_bytes_or_less(figure):
    def arrays(value):
        if isinstance(value, dict):
            if "bdata" in value:
                yield value["dtype"]
            for part in value.values():
                yield from arrays(part)
        elif isinstance(value, list):
            for part in value:
                yield from arrays(part)

    assert {*arrays(sent(figure))} <= {"f4", "i4", "i2", "i1", "u1"}


def test_every_tick_of_equal_tokens_has_its_own_place():
    figure = EVERY_FIGURE["heatmap"]()
    axis = sent(figure)["layout"]["xaxis"]
    assert len(axis["tickvals"]) == len({*axis["tickvals"]}) == len(axis["ticktext"]) == N


def test_a_heatmap_sends_the_very_numbers_and_leaves_out_the_masked_ones():
    z = numbers(sent(EVERY_FIGURE["heatmap"]())["data"][0]["z"])
    assert z.dtype == np.float32
    assert np.array_equal(z[~LATER], SQUARE[~LATER])
    assert np.isnan(z[LATER]).all()


def test_a_heatmap_does_not_write_into_the_values_it_is_given():
    values = SQUARE.copy()
    values.setflags(write=False)
    figures.heatmap(values, QUERIES, KEYS, scale="probability", masked=Masked(LATER))


@pytest.mark.parametrize(
    "scale, limit, ends",
    [("signed", None, (-3, 3)), ("probability", None, (0, 1)), ("sequential", None, (0, 3)), ("signed", 5, (-5, 5))],
)
def test_a_scale_is_centred_or_starts_at_zero(scale, limit, ends):
    values = np.array([[1.0, -3.0], [2.0, 0.0]])
    trace = sent(figures.heatmap(values, AB, AB, scale=Scale(scale, limit)))["data"][0]
    assert (trace["zmin"], trace["zmax"]) == ends


def test_a_logarithmic_scale_takes_logarithms_of_what_is_above_zero():
    values = np.array([[1e-3, 0.0], [10.0, 1e2]])

    def trace(limit=None):
        return sent(figures.heatmap(values, AB, AB, scale=Scale("logarithmic", limit)))["data"][0]

    assert (trace()["zmin"], trace()["zmax"]) == pytest.approx((-3, 2))
    assert (trace((1e-4, 1e3))["zmin"], trace((1e-4, 1e3))["zmax"]) == pytest.approx((-4, 3))
    assert numbers(trace()["z"]) == pytest.approx(np.array([[-3, np.nan], [1, 2]]), nan_ok=True)


def test_a_heatmap_of_nothing_but_masked_cells_or_zeros_can_be_drawn():
    for values, masked in [(np.zeros((1, 1)), None), (np.ones((1, 1)), Masked(np.ones((1, 1), bool)))]:
        trace = sent(figures.heatmap(values, Axis(["a"]), Axis(["a"]), scale="signed", masked=masked))["data"][0]
        assert trace["zmin"] < 0 < trace["zmax"]


def test_cells_can_carry_words_of_their_own():
    words = [[b"<b>", "%{x}"]]
    trace = sent(
        figures.heatmap(
            np.zeros((1, 2)), Axis(["a"]), Axis(["b", "c"]), scale="signed", cells=Cells(shown=True, labels=words)
        )
    )["data"][0]
    assert trace["text"] == [["&#60;b&#62;", "&#37;{x}"]]
    assert trace["texttemplate"] == "%{text}"
    assert "%{customdata[3]}" in trace["hovertemplate"]


def test_the_chosen_cell_is_framed_and_its_labels_stand_out():
    layout = sent(EVERY_FIGURE["heatmap"]())["layout"]
    frame = layout["shapes"][-1]
    assert (frame["x0"], frame["x1"], frame["y0"], frame["y1"]) == (0.5, 1.5, 1.5, 2.5)
    assert AXIS_COLOURS["key"] in layout["xaxis"]["ticktext"][1]
    assert AXIS_COLOURS["query"] in layout["yaxis"]["ticktext"][2]


@pytest.mark.parametrize("n_tokens", [1, 2, 31, 64, 300])
def test_there_are_never_more_than_thirty_labels_and_the_chosen_one_is_among_them(n_tokens):
    chosen = n_tokens - 1
    positions, texts = figures.tick_labels([b" x"] * n_tokens, emphasised=chosen)
    assert len(positions) == len(texts) <= 30
    assert positions == sorted({*positions})
    assert "<b>" in texts[positions.index(chosen)]


def picture(source: str) -> tuple[np.ndarray, np.ndarray]:
    """The pixels of a palette PNG, and its palette, read independently of how it was written."""
    image = pytest.importorskip("PIL.Image").open(io.BytesIO(base64.b64decode(source.split(",")[1])))
    return np.asarray(image), np.array(image.getpalette(), np.uint8).reshape(-1, 3)


def test_the_mosaic_shows_each_head_in_its_place():
    weights = attention(2, 3, 5)
    later = ~np.tril(np.ones((5, 5), bool))
    figure = sent(figures.mosaic(weights, Axis.numbered(2), Axis.numbered(3), masked=later))
    pixels, palette = picture(figure["data"][0]["source"])
    assert pixels.shape == (2 * 6, 3 * 6)
    for layer in range(2):
        for head in range(3):
            block = pixels[layer * 6 : layer * 6 + 5, head * 6 : head * 6 + 5]
            seen = ~later
            assert np.abs(block[seen] / (LEVELS - 1) - weights[layer, head][seen]).max() <= 0.5001 / (LEVELS - 1)
            assert (block[later] == LEVELS).all()
    assert (pixels[5::6] == LEVELS + 1).all()
    assert bytes(palette[0]).hex() == SEQUENTIAL[0][1:]
    assert bytes(palette[LEVELS - 1]).hex() == SEQUENTIAL[-1][1:]


def test_a_point_of_the_mosaic_is_a_layer_and_a_head():
    figure = sent(figures.mosaic(attention(2, 3, 5), Axis.numbered(2), Axis.numbered(3)))
    cells = figure["data"][1]
    for layer in range(2):
        for head in range(3):
            x, y = cells["x0"] + head * cells["dx"], cells["y0"] + layer * cells["dy"]
            assert figures.mosaic_head(x, y, 5) == (layer, head)
            assert figures.mosaic_head(head * 6, layer * 6, 5) == figures.mosaic_head(head * 6 + 4, layer * 6 + 4, 5)


def test_the_mosaic_of_more_layers_than_labels_still_names_the_right_ones():
    figure = sent(figures.mosaic(attention(48, 2, 3), Axis.numbered(48), Axis.numbered(2)))
    axis = figure["layout"]["yaxis"]
    assert [round((place - 1.5) / 4) for place in axis["tickvals"]] == [int(text) for text in axis["ticktext"]]


def test_a_click_at_64_tokens_moves_less_than_300_kilobytes():
    tokens = Axis([f" token{i}".encode() for i in range(64)], meaning="token")
    later = ~np.tril(np.ones((64, 64), bool))
    weights = attention(12, 12, 64)
    twelve = Axis.numbered(12)
    heat = figures.heatmap(weights[0, 0], tokens, tokens, scale="probability", masked=Masked(later))
    assert len(str(heat.to_json())) < 40_000
    assert len(str(figures.mosaic(weights, twelve, twelve, masked=later, limit=0.3).to_json())) < 300_000
    assert len(str(figures.arcs(weights[0, 0], tokens).to_json())) < 300_000


def test_bars_wear_one_colour_or_one_each():
    def colours(**how):
        (bars,) = traces(figures.bars([1, 2, 3], Axis(["a", "b", "c"], meaning="token"), **how))
        return list(bars.marker.color)

    assert colours(colour="#111111") == ["#111111"] * 3
    assert colours(colour=["#111111", "#222222", "#333333"], highlighted=1) == [
        "#111111",
        AXIS_COLOURS["token"],
        "#333333",
    ]


def test_parts_are_named_in_a_legend_or_inside_where_there_is_room():
    parts = {"<b>": [1, 2], "rest": [3, 4]}
    with_legend, inside = (figures.stacked_bars(parts, AB, named_inside=named) for named in (False, True))
    assert with_legend.layout.showlegend and not inside.layout.showlegend
    assert [trace.texttemplate for trace in traces(inside)] == ["&#60;b&#62;", "rest"]
    assert inside.layout.uniformtext.mode == "hide"
    assert all(trace.texttemplate is None for trace in traces(with_legend))


def test_ranks_by_depth_give_each_station_its_place_and_colour():
    ranks = [900, 40, 7, 12, 1]
    figure = figures.ranks_by_depth(ranks, names=("e", "a", "f"), x_title="block", y_title="rank")
    way, *points = traces(figure)
    assert list(way.y) == ranks
    assert [dict(zip(one.x.tolist(), one.y.tolist(), strict=True)) for one in points] == [
        {0: 900},
        {1: 40, 3: 12},
        {2: 7, 4: 1},
    ]
    assert [one.name for one in points] == ["e", "a", "f"]
    assert list(points[1].customdata) == list(points[2].customdata) == [0, 1]
    assert list(figure.layout.xaxis.tickvals) == [1.5, 3.5]
    worst, best = figure.layout.yaxis.range
    assert worst > np.log10(900) and best < 0, "rank 1 is on top, and no point is cut"


def test_a_short_logarithmic_axis_writes_its_ticks_in_full():
    """Plotly writes the ticks between two powers of ten as a single digit: 0.2 would be called 2."""
    short = figures.lines({"one": [0.2, 0.5]}, measure=Measure("y", log=True)).layout.yaxis
    long = figures.lines({"one": [1e-4, 1.0]}, measure=Measure("y", log=True)).layout.yaxis
    assert (short.dtick, short.tickformat) == ("D2", "~g")
    assert (long.dtick, long.exponentformat) == (1, "power")


def test_the_legend_of_two_series_has_the_colour_of_a_bar_that_is_not_highlighted():
    figure = figures.bars([0.5, 0.3, 0.2], Axis("abc", meaning="token"), beside=Beside([0.1, 0.2, 0.7]), highlighted=0)
    first, second = traces(figure)
    assert list(first.marker.color) == [PLAIN, PLAIN, AXIS_COLOURS["token"]]  # Plotly takes that of the first
    assert dict(zip(first.y.tolist(), first.x.tolist(), strict=True)) == pytest.approx({0: 0.5, 1: 0.3, 2: 0.2})
    assert dict(zip(second.y.tolist(), second.x.tolist(), strict=True)) == pytest.approx({0: 0.1, 1: 0.2, 2: 0.7})
    assert dict(zip(first.y.tolist(), first.customdata, strict=True)) == {0: "a", 1: "b", 2: "c"}


def test_bars_have_texts_of_ours_beside_them():
    figure = figures.bars([9_650_000, 0], Axis(["table", "head"]), measure=Measure(texts=["9,65\u202fM", "0"]))
    (bars,) = traces(figure)
    assert (bars.text, bars.texttemplate) == (("9,65\u202fM", "0"), "%{text}")
    assert "%{text}" in bars.hovertemplate


def test_bars_keep_their_numbers_and_show_what_was_cut():
    faded = np.array([False, True, True])
    trace = sent(figures.bars([0.7, 0.2, 0.1], Axis([b"a", b"b", b"c"]), faded=faded))["data"][0]
    assert np.array_equal(numbers(trace["x"]), np.array([0.7, 0.2, 0.1], np.float32))
    opacity = numbers(trace["marker"]["opacity"])
    assert opacity[0] == 1 and (opacity[1:] < 0.5).all() and (opacity > 0).all()


@pytest.mark.parametrize("values", [[0.0], [1.0], [-1.0, -2.0], [-1.0, 2.0], [1e-9, 1.0]])
@pytest.mark.parametrize("log", [False, True])
def test_bars_leave_room_for_their_numbers(values, log):
    axis = sent(figures.bars(values, Axis(["x"] * len(values)), measure=Measure(log=log)))["layout"]["xaxis"]
    low, high = axis["range"]
    ends = np.log10([v for v in values if v > 0] or [0.1]) if log else np.array([0.0, *values])
    assert low < high and low <= ends.min() and high >= ends.max()
    assert log or max(high, -low) > np.abs(ends).max()


@pytest.mark.parametrize("largest", [0.7, 1.0])
def test_no_share_of_all_is_above_100_percent(largest):
    axis = sent(figures.bars([largest, 1 - largest], AB))["layout"]["xaxis"]
    assert max(axis["tickvals"]) == 1


def test_lines_points_and_counts_are_exact():
    line = sent(figures.lines({"a": [1.5, 2.5]}, NumberAxis([3, 9])))["data"][0]
    assert numbers(line["x"]).tolist() == [3, 9] and numbers(line["y"]).tolist() == [1.5, 2.5]
    counts = sent(figures.histogram([0, 0, 1, 2], bins=2))["data"][0]
    assert numbers(counts["y"]).tolist() == [2, 2]
    points = sent(figures.curve({"square": np.square}, x_range=(-1, 1), points=Points([0.5])))["data"][1]
    assert (numbers(points["x"]).tolist(), numbers(points["y"]).tolist()) == ([0.5], [0.25])


def test_of_very_many_points_on_a_curve_those_that_would_hide_one_another_are_drawn_once_with_their_own_names():
    values = np.random.default_rng(0).normal(size=5000).clip(-2.9, 2.9).astype(np.float32)
    labels = [str(i) for i in range(len(values))]
    points = sent(figures.curve({"GELU": np.tanh}, x_range=(-3, 3), points=Points(values, labels=labels)))["data"][1]
    x = numbers(points["x"])
    assert 500 < len(x) <= 1001
    assert x.tolist() == [values[int(name)] for name in points["customdata"]]
    assert np.abs(values[:, None] - x).min(axis=1).max() <= 6 / 1000


def test_panels_of_dots_share_their_rows_and_have_axes_of_their_own():
    figure = sent(
        figures.dots({"m": {"a": [1.0, 2.0], "b": [0, 0]}, "v": {"a": [10, 1000]}}, Axis(["x", "y"]), logarithmic=["v"])
    )
    assert [numbers(trace["x"]).tolist() for trace in figure["data"]] == [[1, 2], [0, 0], [10, 1000]]
    assert [trace["xaxis"] for trace in figure["data"]] == ["x", "x", "x2"]
    assert [trace["showlegend"] for trace in figure["data"]] == [True, True, False]
    left, right = figure["layout"]["xaxis"], figure["layout"]["xaxis2"]
    assert (left["type"], right["type"]) == ("linear", "log")
    assert left["domain"][0] == 0 and left["domain"][1] < right["domain"][0] and right["domain"][1] == 1


def test_the_named_lines_of_a_histogram_have_room_above_its_bars():
    figure = sent(figures.histogram([0, 0, 1, 2], bins=2, marks={"mean": 0.75}))
    assert figure["layout"]["yaxis"]["range"][1] > numbers(figure["data"][0]["y"]).max()


def test_arcs_join_the_tokens_whose_weight_reaches_the_threshold():
    weights = np.array([[1.0, 0, 0], [0.04, 0.96, 0], [0.5, 0.3, 0.2]])
    *paths, _ = sent(figures.arcs(weights, Axis([b"a", b"b", b"c"]), threshold=0.05))["data"]
    assert [path["meta"] for path in paths] == [["c", "a", 0.5, 2, 0], ["c", "b", 0.3, 2, 1]]
    x = numbers(paths[0]["x"])
    assert sorted([round(float(x[0])), round(float(x[-1]))]) == [0, 2]
    *paths, _ = sent(figures.arcs(weights, Axis([b"a", b"b", b"c"]), query=1, threshold=0.01))["data"]
    assert [path["meta"][3:] for path in paths] == [[1, 0]]


def test_a_zoom_lasts_as_long_as_the_labels():
    def revision(values, tokens):
        return sent(figures.heatmap(values, Axis(tokens), Axis(tokens), scale="signed"))["layout"]["uirevision"]

    assert revision(np.zeros((2, 2)), [b"a", b"b"]) == revision(np.ones((2, 2)), [b"a", b"b"])
    assert revision(np.zeros((2, 2)), [b"a", b"b"]) != revision(np.zeros((2, 2)), [b"a", b"c"])


def test_one_token_can_be_drawn_everywhere():
    one = Axis([b"the"], meaning="token")
    figures.heatmap(np.ones((1, 1)), one, one, scale="probability", selected=(0, 0))
    figures.mosaic(np.ones((1, 1, 1, 1)), Axis.numbered(1), Axis.numbered(1))
    figures.arcs(np.ones((1, 1)), one)
    figures.bars([1.0], one)
    figures.lines({"a": [1.0]}, one)
    figures.scatter(np.zeros((1, 2)), labels=one.labels)
    figures.histogram([1.0], marks={"mean": 1.0})
    figures.dots({"a": {"b": [1.0]}}, one, highlighted=0, logarithmic=["a"])
    figures.attention_steps(steps_of(1), one, Summands(np.ones((1, 2)), "context"), selected=0)


# What has another length than its labels, and how the error names both numbers.
MISFITS = {
    "heatmap, rows": (
        lambda: figures.heatmap(np.zeros((2, 2)), Axis.numbered(3), AB, scale="signed"),
        "values of shape (2, 2) do not fit 3 rows and 2 columns",
    ),
    "heatmap, mask": (
        lambda: figures.heatmap(np.zeros((2, 2)), AB, AB, scale="signed", masked=Masked(np.zeros((2, 3), bool))),
        "masked cells of shape (2, 3) do not fit 2 rows and 2 columns",
    ),
    "heatmap, words": (
        lambda: figures.heatmap(np.zeros((2, 2)), AB, AB, scale="signed", cells=Cells(labels=["ab", "abc"])),
        "labels of cells, [2, 3] in each row, do not fit 2 rows and 2 columns",
    ),
    "mosaic, heads": (
        lambda: figures.mosaic(np.zeros((2, 3, 5, 5)), Axis.numbered(2), Axis.numbered(4)),
        "weights of shape (2, 3, 5, 5) do not fit 2 layers and 4 heads",
    ),
    "mosaic, mask": (
        lambda: figures.mosaic(np.zeros((2, 3, 5, 5)), AB, Axis.numbered(3), masked=np.zeros((4, 4), bool)),
        "masked cells of shape (4, 4) do not fit 5 queries and keys",
    ),
    "bars": (lambda: figures.bars([1, 2, 3], AB), "values: 3 do not fit 2 labels"),
    "bars, second": (lambda: figures.bars([1, 2], AB, beside=Beside([1])), "second series: 1 do not fit 2 labels"),
    "bars, texts": (
        lambda: figures.bars([1, 2], AB, measure=Measure(texts=["1", "2", "3"])),
        "texts: 3 do not fit 2 labels",
    ),
    "bars, faded": (lambda: figures.bars([1, 2], AB, faded=np.zeros(1, bool)), "faded: 1 do not fit 2 labels"),
    "bars, colours": (lambda: figures.bars([1, 2], AB, colour=["#111111"]), "colours: 1 do not fit 2 labels"),
    "stacked bars": (lambda: figures.stacked_bars({"p": [1, 2], "q": [1]}, AB), "q: 1 do not fit 2 labels"),
    "lines": (lambda: figures.lines({"p": [1, 2], "q": [1]}, AB), "q: 1 do not fit 2 labels"),
    "lines, numbers": (lambda: figures.lines({"p": [1, 2]}, NumberAxis([1])), "p: 2 do not fit 1 places on x"),
    "lines, unequal": (lambda: figures.lines({"p": [1, 2], "q": [1]}), "q: 1 do not fit 2 places on x"),
    "dots": (lambda: figures.dots({"m": {"p": [1, 2, 3]}}, AB), "p: 3 do not fit 2 labels"),
    "curve": (
        lambda: figures.curve({"f": np.tanh}, x_range=(0, 1), points=Points([0.5], labels="ab")),
        "labels: 2 do not fit 1 points",
    ),
    "arcs": (lambda: figures.arcs(np.zeros((2, 3)), AB), "weights of shape (2, 3) do not fit 2 tokens"),
    "scatter": (lambda: figures.scatter(np.zeros((3, 2)), labels="ab"), "labels: 2 do not fit 3 points"),
    "scatter, groups": (
        lambda: figures.scatter(np.zeros((2, 2)), labels="ab", groups="abc"),
        "groups: 3 do not fit 2 points",
    ),
    "scatter, dimensions": (
        lambda: figures.scatter(np.zeros((2, 4)), labels="ab"),
        "points of shape (2, 4) are not in 2 or 3 dimensions",
    ),
    "steps": (
        lambda: figures.attention_steps(steps_of(3), AB, Summands(np.zeros((2, 1)), "context")),
        "<b>: 3 do not fit 2 keys",
    ),
    "steps, summands": (
        lambda: figures.attention_steps(steps_of(2), AB, Summands(np.zeros((3, 1)), "context")),
        "summands: 3 do not fit 2 keys",
    ),
    "learning curve": (
        lambda: figures.learning_curve({"loss": [9.0, 5.0]}, tokens=[0, 10, 100], ticks={}),
        "loss: 2 do not fit 3 numbers of tokens",
    ),
    "ranks by depth": (
        lambda: figures.ranks_by_depth([3, 2], names=("e", "a", "f"), x_title="", y_title=""),
        "ranks of shape (2,) do not fit an embedding and two for each block",
    ),
    "wiring": (
        lambda: figures.wiring({name: figures.Station(name, ()) for name in list(figures.PLACES)[1:]}),
        f"1 of {len(figures.PLACES)} stations are missing: x",
    ),
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_values_and_labels_of_different_length_are_refused(misfit):
    draw, message = MISFITS[misfit]
    with pytest.raises(ValueError, match=re.escape(message)):
        draw()


@pytest.mark.parametrize(
    "draw",
    [
        lambda: figures.stacked_bars({"p": [1, 2]}, AB, measure=Measure(log=True)),
        lambda: figures.lines({"p": [1, 2]}, AB, measure=Measure(texts=["1", "2"])),
        lambda: figures.curve({"f": np.tanh}, x_range=(0, 1), measure=Measure(log=True)),
    ],
)
def test_what_a_picture_would_not_show_is_refused(draw):
    with pytest.raises(ValueError, match="no use for"):
        draw()


def test_numbered_labels_begin_at_0():
    assert Axis.numbered(3, "head", "query") == Axis(["0", "1", "2"], "head", "query")


@pytest.mark.parametrize(
    "piece, shown",
    [
        (b" the", "␣the"),
        (b"\n\n", "⏎⏎"),
        (b"\t", "⇥"),
        (b"\xe2\x9c", "⟨e2 9c⟩"),
        (b" \xf0\x9f", "␣⟨f0 9f⟩"),
        ("é日".encode(), "é日"),
        ("\u200b", "⟨200b⟩"),
        ("\u202eabc", "⟨202e⟩abc"),
        ("\x00", "⟨00⟩"),
        ("\ud83d", "⟨d83d⟩"),
        ("\ufffd", "⟨fffd⟩"),
        ("\u0301", "◌\u0301"),
        ("\u0903", "◌\u0903"),
        (b"\xef\xb8\x8f", "⟨fe0f⟩"),
        ("\u2764\ufe0f", "\u2764⟨fe0f⟩"),
        ("\u3164", "⟨3164⟩"),
        ("\u2800", "⟨2800⟩"),
        ("\U000e0067", "⟨e0067⟩"),
        ("", "⟨⟩"),
        ("x" * 50, "x" * 15 + "…"),
        (b"$x$", "$x$"),
    ],
)
def test_a_token_is_shown_as_what_it_is(piece, shown):
    assert figures.visible(piece) == shown


@given(st.binary(max_size=40) | st.text(max_size=40))
def test_no_label_is_empty_long_invisible_or_markup(piece):
    shown = figures.visible(piece)
    assert shown and len(shown) <= 16
    assert shown.isprintable() and "\ufffd" not in shown
    assert not shown.isspace() and not shown.startswith(" ")
    escaped = figures.plotly_text(piece)
    assert not re.search(r"[<>$%]|&(?!#\d+;)|#(?!\d+;)", escaped)
    escaped.encode("utf-8")


# By the tables of another library than the one that decides what a label shows, and by the names of the characters.
UNSEEN = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Other}\p{Separator}--[ ]]", regex.V1)
MARK = regex.compile(r"\p{Mark}")
BLANK_BY_NAME = re.compile(
    r"(HANGUL|KHITAN) .*FILLER|BRAILLE PATTERN BLANK|(FULL|HALF) BLANK|NULL NOTEHEAD|OBJECT REPLACEMENT"
)


def would_not_be_seen(shown: str) -> bool:
    """Whether a label has a sign without a shape, or a mark with nothing to stand on."""
    inner = shown.strip(" ")  # between the bytes of ⟨e2 80⟩ a space is meant
    blank = any(BLANK_BY_NAME.search(unicodedata.name(char, "")) for char in inner)
    return not inner or inner != shown or bool(UNSEEN.search(inner)) or blank or bool(MARK.match(inner))


def test_no_code_point_is_drawn_as_nothing():
    shown = {f"{code:02x}": figures.visible(chr(code)) for code in range(sys.maxunicode + 1)}
    assert {code: label for code, label in shown.items() if label != f"⟨{code}⟩" and would_not_be_seen(label)} == {}


@pytest.mark.parametrize("encoding", get_args(Encoding))
def test_no_token_of_a_vocabulary_is_drawn_as_nothing(encoding):
    tokens = load(encoding).ranks
    assert len(tokens) > 50_000
    assert [token for token in tokens if would_not_be_seen(figures.visible(token))] == []


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_words_of_ours_are_escaped_and_otherwise_unchanged(words):
    assert html.unescape(figures.plotly_text(words)) == words


def test_the_spaces_of_our_own_words_are_kept_and_those_of_a_token_are_marked():
    ours = "direction\u00a01\u202f: 22\u00a0"
    assert (figures.plotly_text(ours), solid_text(ours)) == (ours, ours)
    for text in (figures.plotly_text, solid_text):
        assert text("a\u00a0b\u202fc".encode()) == "a⟨a0⟩b⟨202f⟩c"


@given(st.binary(max_size=40) | st.text(max_size=40))
def test_a_label_in_three_dimensions_is_the_text_itself_without_a_tag(piece):
    label = solid_text(piece)
    assert not re.search(r"<[^\u2060]", label)
    assert label.replace(WORD_JOINER, "") == html.unescape(figures.plotly_text(piece))


def test_titles_in_three_dimensions_hold_no_entities():
    titles = ["50 %", "<b>", "&amp;"]
    scene = sent(figures.scatter(SQUARE[:, :3], labels=HOSTILE, axis_titles=titles))["layout"]["scene"]
    sent_titles = [scene[f"{name}axis"]["title"]["text"].replace(WORD_JOINER, "") for name in "xyz"]
    assert sent_titles == titles


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_axis_colours_can_be_read_on_light_and_dark():
    light, dark = luminance("#fdfcfa"), luminance("#14171c")
    for name, colour in AXIS_COLOURS.items():
        own = luminance(colour)
        assert (light + 0.05) / (own + 0.05) >= 3, name
        assert (own + 0.05) / (dark + 0.05) >= 3, name


def test_darker_means_less_on_the_sequential_scale_and_zero_is_the_palest_of_the_signed_one():
    brightness = [luminance(colour) for colour in SEQUENTIAL]
    assert brightness == sorted(brightness)
    signed = [luminance(colour) for colour in SIGNED]
    assert signed[:5] == sorted(signed[:5]) and signed[4:] == sorted(signed[4:], reverse=True)


def test_the_mosaic_is_a_valid_png():
    figure = sent(EVERY_FIGURE["mosaic"]())
    png = base64.b64decode(figure["data"][0]["source"].split(",")[1])
    at, kinds = 8, []
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body)
        kinds.append(kind)
        at += 12 + length
    assert kinds == [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"]


def test_a_property_that_plotly_does_not_know_fails_in_tests_and_not_before_a_class(monkeypatch):
    wrong = {
        "x": figures_layout.axis(),
        "y": figures_layout.axis(sauce="wrong"),
        "keep_zoom": (),
        "numbers": pd.DataFrame,
    }
    with pytest.raises(ValueError, match="sauce"):
        figures_layout.figure([], **wrong)
    monkeypatch.setattr(figures_layout, "CHECKED", False)
    assert figures_layout.figure([], **wrong).to_json(validate=False)
