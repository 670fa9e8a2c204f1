"""Chapter 10: the book's gradients as printed, this model's own, and what cutting does."""

import json
from pathlib import Path

import pytest

from gpt_core import Intervention
from gpt_core.measure.difference import next_token_change
from gpt_core.measure.lens import surprise
from gpt_core.measure.stream import stream_lengths
from pages.chapters import chapter_of
from pages.figures import palette
from pages.services.reading import Reading, read
from pages.ui import story
from pages.ui.words import number
from tests.pages.conftest import assert_healthy, chart_numbers, drawn, explore, plain

TEXT = "The old king gave the golden key to the boy."
MODEL = "random-small"
EXAMPLES = json.loads((Path(__file__).parents[1] / "reference" / "book_examples.json").read_text("utf-8"))


def all_cut(reading: Reading) -> Intervention:
    """Both shortcuts of every block, written out here once more."""
    return Intervention(shortcuts_off={(i, which) for i in range(reading.card.config.n_layers) for which in (1, 2)})


CHAPTER = chapter_of("shortcuts")
assert CHAPTER
page = story.page_of(CHAPTER)


def test_the_printed_gradients_are_those_of_the_book():
    assert page.PRINTED.tolist() == EXAMPLES["shortcut"]["mean_abs_weight_gradient_without"]


def test_the_page_says_how_much_more_reaches_the_first_layer(run):
    app = run("shortcuts", lang="en", text=TEXT, model=MODEL)
    assert_healthy(app)
    assert "0.000202 without shortcuts, 0.2217 with them: 1,099 times more" in plain(app)
    assert len(app.success) == 2


def test_the_page_says_what_is_lost_without_shortcuts(run):
    app = run("shortcuts", lang="en", text=TEXT, model=MODEL)
    reading = read(MODEL, TEXT)
    broken = reading.under(all_cut(reading)).trace
    whole, cut = (number(float(surprise(t.logits, t.ids).mean()), 1) for t in (reading.trace, broken))
    assert f"goes from {whole} to {cut} bits a token" in plain(app)


def test_the_answer_with_shortcuts_and_without_is_that_of_the_two_passes(run):
    app = run("shortcuts", lang="en", text=TEXT)
    reading = read("storyteller", TEXT)
    whole, cut = (run.next_logits.softmax(-1) for run in (reading.trace, reading.under(all_cut(reading)).trace))
    best = int(whole.argmax())
    assert max(chart_numbers(app, "damage", "x")) == pytest.approx(float(whole[best]), rel=1e-5)
    assert max(chart_numbers(app, "damage", "x", trace=1)) == pytest.approx(float(cut.max()), rel=1e-5)
    assert f"is left {number(100 * float(cut[best]), 1)}%" in plain(app)


def test_with_shortcuts_is_green_and_without_is_grey(run):
    """Gradients, too: the line that the words call grey is the one without."""
    app = explore(run("shortcuts", lang="en", text=TEXT, model=MODEL), "shortcuts/own_gradients")
    named = {line["name"]: line["line"]["color"] for line in drawn(app)["own_gradients"]["data"]}
    assert named == {"with shortcuts": palette.VALUE, "without": palette.NEUTRAL}
    assert "is larger at" in plain(app)


def test_one_token_has_no_gradient_and_the_page_says_so(run):
    app = explore(run("shortcuts", lang="en", text="a", model=MODEL), "shortcuts/own_gradients")
    assert_healthy(app)
    assert "no gradient" in app.info[0].value


def test_the_stream_is_measured(run):
    app = explore(run("shortcuts", lang="en", text=TEXT, model=MODEL, token=5), "shortcuts/growth")
    lengths = stream_lengths(read(MODEL, TEXT).trace)[:, 5]
    start, end = (number(float(lengths[i]), 1) for i in (0, -1))
    assert f"enters with length {start} and leaves with {end}" in plain(app)


def test_cutting_breaks_the_prediction(run):
    app = run("shortcuts", lang="en", text=TEXT, model=MODEL)
    explore(app, "shortcuts/cut")
    assert_healthy(app)
    reading = read(MODEL, TEXT)
    broken = reading.under(all_cut(reading)).trace
    moved = next_token_change(reading.trace, broken).moved
    assert moved > 0
    assert number(100 * moved, 1) in plain(app)
