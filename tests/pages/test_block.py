"""Chapter 11: the sum is the model's own, and the wiring shows real sizes."""

import pytest

from gpt_core.measure.norm_order import ordered_stream, ordered_surprise
from gpt_core.measure.stream import movement
from pages import figures
from pages.experiments.block.stations import names
from pages.experiments.block.sum import added
from pages.figures.diagram import HALF_HEIGHT
from pages.services.reading import read
from pages.ui import history
from pages.ui.words import number
from tests.pages.conftest import assert_healthy, chart_numbers, drawn, explore, plain, revealed

TEXT = "The old king gave the golden key to the boy."
MODEL = "random-small"


def test_the_page_gives_the_lengths_of_both_additions(run):
    app = run("block", lang="en", text=TEXT, model=MODEL, layer=2, token=4)
    assert_healthy(app)
    found = movement(read(MODEL, TEXT).trace)
    attended, thought = (number(float(x[2, 4]), 2) for x in (found.attention, found.feed_forward))
    assert f"attention adds {attended}, feed-forward {thought}" in plain(app)
    assert "give x + attention + feed-forward = x′" in app.success[0].value


def test_the_answer_names_the_block_that_adds_the_most(run):
    app = revealed(run("block", lang="en", text=TEXT, model=MODEL, layer=0, token=4), "block")
    trace = read(MODEL, TEXT).trace
    moved = [float((block.att.out + block.ff.out)[4].norm()) for block in trace.blocks]
    assert f"Block {moved.index(max(moved))} adds the most" in plain(app)
    assert "; ".join(number(length, 1) for length in moved) in plain(app)


@pytest.mark.parametrize(("weights", "concludes"), [("own", "does not say which order is better"), ("start", "random")])
def test_either_order_of_norms_is_drawn_with_what_the_model_says_then(run, weights, concludes):
    app = explore(run("block", lang="en", text=TEXT, token=4), "block/norm_order", block_norm_weights=weights)
    assert_healthy(app)
    reading = read("storyteller", TEXT)
    one = reading if weights == "own" else history.read_at(history.kept_snapshots()[0], reading)
    for trace, order in enumerate(("pre", "post")):
        found = ordered_stream(one.model, one.trace.ids, order).norm(dim=-1)[:, 4]
        assert chart_numbers(app, "norm_order", "y", trace=trace) == pytest.approx(found.numpy(), rel=1e-4)
        bits = number(ordered_surprise(one.model, one.trace.ids, order), 2)
        assert f"{bits} {'before' if order == 'pre' else 'after'}" in plain(app)
    assert concludes in next(line for line in plain(app).split("\n") if line.startswith("Mean surprise"))


def test_the_stations_of_the_page_are_those_of_the_diagram():
    assert list(names()) == list(figures.PLACES)


def test_a_wiring_names_every_station_literally_and_frames_the_chosen_one():
    stations = {name: figures.Station(f"<b>{name}", ("3 × 12",)) for name in figures.PLACES}
    figure = figures.wiring(stations, shortcut="$x$", selected="bend").to_plotly_json()
    assert list(figure["data"][0]["customdata"]) == list(figures.PLACES)
    said = [one["text"] for one in figure["layout"]["annotations"]]
    assert all(f"<b>&#60;b&#62;{name}</b><br>3 × 12" in said for name in figures.PLACES)
    assert "&#36;x&#36;" in said
    assert figure["layout"]["meta"]["boxes"]["name"] == next(
        one["name"] for one in figure["layout"]["annotations"] if one["text"].startswith("<b>&#60;b&#62;x<")
    )
    boxes = [shape for shape in figure["layout"]["shapes"] if shape["type"] == "rect"]
    assert [box["line"]["width"] for box in boxes].index(3) == list(figures.PLACES).index("bend")


def test_dropout_stands_before_each_sum_dashed_and_is_no_station():
    stations = {name: figures.Station(name, ()) for name in figures.PLACES}
    figure = figures.wiring(stations, dropout="<b>dropout").to_plotly_json()
    said = [one for one in figure["layout"]["annotations"] if one["text"] == "&#60;b&#62;dropout"]
    boxes = [shape for shape in figure["layout"]["shapes"] if shape["line"].get("dash") == "dash"]
    sums = list(figure["data"][1]["x"])
    assert [one["x"] for one in said] == [(box["x0"] + box["x1"]) / 2 for box in boxes] == sums
    below_the_branch = 1 - HALF_HEIGHT
    assert all(0 < box["y0"] < one["y"] < box["y1"] < below_the_branch for one, box in zip(said, boxes, strict=True))
    assert list(figure["data"][0]["customdata"]) == list(figures.PLACES)


def test_the_branch_ends_at_dropout_and_goes_on_behind_it():
    stations = {name: figures.Station(name, ()) for name in figures.PLACES}
    figure = figures.wiring(stations, dropout="dropout").to_plotly_json()
    arrows = [one for one in figure["layout"]["annotations"] if one["showarrow"]]
    for box in (shape for shape in figure["layout"]["shapes"] if shape["line"].get("dash") == "dash"):
        column = (box["x0"] + box["x1"]) / 2
        down = [(one["ay"], one["y"]) for one in arrows if one["ax"] == one["x"] == column]
        assert sorted(down) == [(box["y0"], 0), (1 - HALF_HEIGHT, box["y1"])]


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_page_s_diagram_has_dropout(run, lang):
    figure = drawn(run("block", lang=lang, text=TEXT))["wiring"]
    assert [one["text"] for one in figure["layout"]["annotations"]].count("dropout") == 2


def test_the_page_says_that_dropout_is_off_as_the_model_has_none(run):
    app = run("block", lang="en", text=TEXT)
    assert "A model that reads or writes drops nothing" in plain(app)
    assert not [part for part in read("storyteller", TEXT).model.modules() if "Dropout" in type(part).__name__]


def test_long_words_in_a_wiring_are_set_in_lines():
    stations = {name: figures.Station("x + attention", ("30 × 128", "longueur 10239,2")) for name in figures.PLACES}
    said = figures.wiring(stations).to_plotly_json()["layout"]["annotations"]
    assert "<b>x + attention</b><br>30 × 128<br>longueur<br>10239,2" in [one["text"] for one in said]


def test_a_sum_is_written_with_signs():
    assert [added(value) for value in (2.5, -10.977)] == ["+ 2.500", "− 10.977"]
