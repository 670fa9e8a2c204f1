"""Chapter 4, Why attention: the page's shares are those that gpt_core computes, and its settings change them."""

import numpy as np
import pytest

from gpt_core.examples.recurrent import alignment, attention_reach, erased, recurrent_reach
from pages.services.reading import read
from pages.services.shared import engine
from pages.ui.words import number
from tests.pages.conftest import assert_healthy, chart_numbers, explore, plain, revealed, words

TEXT = "The old king gave the golden key to the boy. The old king"
STATE, ERASE, BAHDANAU, MODEL = (f"why_attention/{id}" for id in ("one_state", "erase", "alignment", "model_reach"))


@pytest.fixture
def vectors():
    return read(engine.available_models()[0], TEXT).trace.embedding.token


def test_the_word_in_focus_has_the_share_that_was_computed(run, vectors):
    app = run("why_attention", lang="en", text=TEXT, token=5)
    share = float(recurrent_reach(vectors).shares[5])
    assert f"it has {number(100 * share, 2)}% in the recurrent network" in plain(app)
    assert "stands 8 tokens before the end" in plain(app)


def test_the_slider_and_the_seed_change_the_network(run, vectors):
    app = run("why_attention", lang="en", text=TEXT, token=5)
    app.select_slider(key="why_attention_strength").set_value(0.5).run()
    share = float(recurrent_reach(vectors, strength=0.5).shares[5])
    assert f"it has {number(100 * share, 2)}% in the recurrent network" in plain(app)
    app.slider(key="why_attention_seed").set_value(110).run()
    share = float(recurrent_reach(vectors, strength=0.5, seed=110).shares[5])
    assert f"it has {number(100 * share, 2)}% in the recurrent network" in plain(app)
    assert_healthy(app)


def test_the_curves_are_the_three_shares_of_every_word(run, vectors):
    app = run("why_attention", lang="en", text=TEXT, layer=2, head=1)
    weights = read(engine.available_models()[0], TEXT).trace.blocks[2].att.weights[1, -1]
    expected = recurrent_reach(vectors).shares, attention_reach(vectors).shares, weights
    for i, shares in enumerate(expected):
        np.testing.assert_allclose(chart_numbers(app, "fading", "y", trace=i), shares, rtol=1e-5)


def test_the_states_are_those_of_the_network_that_was_set_up(run, vectors):
    app = explore(run("why_attention", lang="en", text=TEXT), STATE, why_attention_strength=0.5)
    np.testing.assert_allclose(chart_numbers(app, "states"), recurrent_reach(vectors, strength=0.5).states, atol=1e-6)


def test_the_word_in_focus_is_told_by_how_much_its_absence_moves_the_last_state(run, vectors):
    app = explore(run("why_attention", lang="en", text=TEXT, token=5), ERASE)
    moved = chart_numbers(app, "erased", "y")
    np.testing.assert_allclose(moved, erased(vectors), rtol=1e-5)
    assert f"the last state moves by {number(100 * float(moved[5]), 2)}% of its length" in plain(app)


def test_the_alignment_of_the_picture_is_the_networks(run, vectors):
    app = explore(run("why_attention", lang="en", text=TEXT), BAHDANAU)
    weights = alignment(recurrent_reach(vectors).states)
    np.testing.assert_allclose(chart_numbers(app, "alignment"), weights, atol=1e-6)
    assert f"The largest weight is {number(100 * float(weights.max()), 1)}%" in plain(app)


def test_what_the_model_reaches_is_the_largest_weight_of_each_layers_heads(run):
    app = explore(run("why_attention", lang="en", text=TEXT, token=4), MODEL)
    blocks = read(engine.available_models()[0], TEXT).trace.blocks
    found = chart_numbers(app, "model_reaches")
    assert found.shape == (len(blocks), 5)
    for layer, key in ((0, 0), (2, 3)):
        heads = blocks[layer].att.weights[:, 4, key].tolist()
        assert found[layer, key] == pytest.approx(max(heads))


def test_what_is_not_trained_is_said(run):
    app = run("why_attention", lang="en", text=TEXT)
    assert "**untrained**" in words(app)
    assert "What is trained here: nothing" in words(explore(app, BAHDANAU))


def test_the_longest_text_draws(run):
    assert_healthy(explore(run("why_attention", lang="en", text="word " * 200), ERASE))


def test_the_question_is_answered_by_half_the_strength(run, vectors):
    app = run("why_attention", lang="en", text=TEXT)
    revealed(app, "why_attention")
    whole, half = (float(recurrent_reach(vectors, strength=s).shares[0]) for s in (0.9, 0.45))
    said = plain(app)
    assert (
        f"has {number(100 * whole, 2)}% of the influence on the last state; with 0.450, {number(100 * half, 2)}%"
        in said
    )


def test_with_the_focus_on_the_last_word_the_page_tells_of_the_first(run, vectors):
    app = run("why_attention", lang="en", text=TEXT)
    assert f"“**The**” stands {len(vectors) - 1} tokens before the end" in plain(app)
