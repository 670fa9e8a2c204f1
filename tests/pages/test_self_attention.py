"""Chapter 5, Self-attention: every sum written out is the model's, and the book's figures are the book's."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpt_core.written_sum import weighted
from pages import figures
from pages.ui import engine
from tests.pages.conftest import assert_healthy, words

TEXT = "The old king gave the golden key to the boy. The old king"
SIMPLE_TEXT, SIMPLE_BOOK, TRAINABLE_BOOK, MEETING, CONTEXT = range(5)
EXAMPLES = json.loads((Path(__file__).parents[1] / "reference" / "book_examples.json").read_text("utf-8"))


def explore(app, experiment, **widgets):
    for key, value in {"experiment self_attention": experiment, **widgets}.items():
        app.session_state[key] = value
    return app.run()


@pytest.fixture
def att():
    return engine.read(engine.choosable()[0], TEXT).trace.blocks[2].att


@pytest.mark.parametrize(("text", "language"), [(TEXT, "en"), ("a", "fr"), ("<b>x</b> $y$ 👨‍👩‍👧", "fr")])
def test_every_experiment_draws(run, text, language):
    app = run("self_attention", lang=language, text=text)
    for experiment in range(5):
        assert_healthy(explore(app, experiment))


def test_the_sum_leads_from_the_score_to_the_weight(run, att):
    page = words(run("self_attention", lang="en", text=TEXT, layer=2, head=1, token=9, key=4))
    score, scaled, weight = (float(numbers[1, 9, 4]) for numbers in (att.scores, att.scaled, att.weights))
    assert f" = **{score:.3f}**" in page
    assert f"{score:.3f} ÷ √{att.queries.shape[-1]} = **{scaled:.3f}**" in page
    assert f"= **{weight:.3f}**" in page
    assert f"… {att.queries.shape[-1] - 6} more terms" in page


def test_a_later_key_gets_no_weight_and_the_page_says_why(run):
    assert "the key comes later" in words(run("self_attention", lang="en", text=TEXT, token=3, key=8))


def test_the_books_six_words_without_weights(run):
    expected = EXAMPLES["simple_self_attention"]
    app = explore(run("self_attention", lang="en", text=TEXT), SIMPLE_BOOK)
    for key, score in enumerate(expected["scores_of_query"]):
        app = explore(app, SIMPLE_BOOK, simple_book_key=key)
        assert f" = **{score:.4f}**" in words(app)
    assert "(0.87 × 0.80) + (0.66 × 0.55) + (0.55 × 0.05)" in words(app)
    for number in expected["context_of_query"]:
        assert f"{number:.4f}" in words(app)


def test_the_books_six_words_with_weights(run):
    expected = EXAMPLES["trainable_self_attention"]
    app = explore(run("self_attention", lang="en", text=TEXT), TRAINABLE_BOOK)
    for key, (score, weight) in enumerate(
        zip(expected["scores_of_journey"], expected["weights_of_journey"], strict=True)
    ):
        page = words(explore(app, TRAINABLE_BOOK, trainable_book_key=key))
        assert f" = **{score:.4f}**" in page
        assert f"= **{weight:.4f}**" in page
    for number in expected["context_of_journey"]:
        assert f"{number:.4f}" in page
    page = words(explore(app, TRAINABLE_BOOK, trainable_book_version=1))
    for number in expected["linear_version"]["context"][1]:
        assert f"{number:.4f}" in page


def test_without_scaling_the_softmax_is_sharper(run, att):
    app = run("self_attention", lang="en", text=TEXT, layer=2, head=1, token=9)
    app.session_state["predict self_attention"] = True
    app.run()
    app.toggle(key="reveal self_attention").set_value(True).run()
    sharp = att.scores[1, 9, :10].softmax(dim=-1).max()
    assert f"without, it would be {100 * float(sharp):.1f} %" in words(app)


def test_the_five_rows_show_the_traces_own_numbers(att):
    steps = {"scores": att.scores, "scaled": att.scaled, "masked": att.masked, "weights": att.weights}
    rows = {name: numbers[1, 9].numpy() for name, numbers in steps.items()}
    figure = figures.attention_steps(
        rows,
        parts=weighted(att.weights[1, 9], att.values[1]).numpy(),
        parts_title="context",
        keys=[b"the"] * 14,
        selected=4,
        masked=att.later[9].numpy(),
        masked_from=2,
    )
    drawn: tuple[Any, ...] = figure.data
    bars = [trace for trace in drawn if trace.type == "bar"]
    for bar, (name, numbers) in zip(bars, rows.items(), strict=True):
        assert bar.name == name
        np.testing.assert_array_equal(bar.customdata, np.where(np.isfinite(numbers), numbers, np.nan))
    lengths = bars[3].y / bars[3].y.sum()
    np.testing.assert_allclose(lengths, rows["weights"], atol=1e-6)
    heat = [trace for trace in drawn if trace.type == "heatmap"]
    np.testing.assert_allclose(heat[1].z[:, 0], att.context[1, 9].numpy(), atol=1e-6)
    np.testing.assert_allclose(heat[0].z.sum(axis=1), heat[1].z[:, 0], atol=1e-6)
