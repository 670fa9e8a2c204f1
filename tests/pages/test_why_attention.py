"""Chapter 4, Why attention: the page's shares are those that gpt_core computes, and its settings change them."""

import numpy as np
import pytest

from gpt_core.examples.recurrent import attention_reach, erased, recurrent_reach
from pages.chapters import chapter_of
from pages.services.reading import read
from pages.services.shared import engine
from pages.ui import story
from pages.ui.words import number
from tests.pages.conftest import assert_healthy, chart_numbers, drawn, explore, plain, revealed, words

CHAPTER = chapter_of("why_attention")
assert CHAPTER
PAGE = story.page_of(CHAPTER)
TEXT = "The old king gave the golden key to the boy. The old king"
STATE, ERASE, MODEL = (f"why_attention/{id}" for id in ("one_state", "erase", "model_reach"))


@pytest.fixture
def vectors():
    return read(engine.available_models()[0], TEXT).trace.embedding.token


def test_the_word_in_focus_has_the_share_that_was_computed(run, vectors):
    app = run("why_attention", lang="en", text=TEXT, token=5)
    share = float(recurrent_reach(vectors).shares[5])
    assert f"state, {number(100 * share, 2)}% is its own in the recurrent network" in plain(app)
    assert "stands 8 tokens before the end" in plain(app)


def test_the_slider_and_the_seed_change_the_network(run, vectors):
    app = run("why_attention", lang="en", text=TEXT, token=5)
    app.select_slider(key="why_attention_strength").set_value(0.5).run()
    share = float(recurrent_reach(vectors, strength=0.5).shares[5])
    assert f"state, {number(100 * share, 2)}% is its own in the recurrent network" in plain(app)
    app.slider(key="why_attention_seed").set_value(110).run()
    share = float(recurrent_reach(vectors, strength=0.5, seed=110).shares[5])
    assert f"state, {number(100 * share, 2)}% is its own in the recurrent network" in plain(app)
    assert_healthy(app)


def test_the_bars_are_what_is_left_of_every_word(run, vectors):
    text = " ".join(TEXT.split()[:10])
    app = run("why_attention", lang="en", text=text)
    words = read(engine.available_models()[0], text).trace.embedding.token
    for i, reach in enumerate((recurrent_reach(words), attention_reach(words))):
        np.testing.assert_allclose(chart_numbers(app, "fading", "y", trace=i), reach.shares, rtol=1e-5)


def test_of_many_words_the_bars_are_means_over_groups_that_leave_none_out(run, vectors):
    app = run("why_attention", lang="en", text=TEXT)
    groups = PAGE.groups_by_distance(len(vectors))
    assert sorted(back for group in groups for back in group) == list(range(len(vectors)))
    far = groups[0]
    shares = recurrent_reach(vectors).shares.numpy()[::-1]
    found = chart_numbers(app, "fading", "y")
    assert len(found) == len(groups) <= PAGE.MOST_BARS < len(vectors)
    assert found[0] == pytest.approx(np.mean([shares[back] for back in far]), rel=1e-5)
    named = drawn(app)["fading"]["layout"]["xaxis"]["ticktext"]
    assert named[0] == f"{far.start}–{far.stop - 1}" and named[-2:] == ["1", "0"]


@pytest.mark.parametrize("text", [TEXT, "a"])
def test_how_many_times_as_much_is_the_quotient_of_the_two_shares(run, text):
    app = run("why_attention", lang="en", text=text, token=0)
    words = read(engine.available_models()[0], text).trace.embedding.token
    left, right = (float(reach.shares[0]) for reach in (recurrent_reach(words), attention_reach(words)))
    assert f"it is {number(right / left, 2)} times as much" in plain(app)


def test_where_nothing_is_left_at_all_no_number_of_times_is_told(run):
    """Float32 holds nothing so small: a quotient by 0."""
    app = run("why_attention", lang="en", text="The king. " * 60, token=0)
    assert_healthy(app)
    assert "0.00% is its own" in plain(app)
    assert "times as much" not in plain(app)


def test_the_states_are_those_of_the_network_that_was_set_up(run, vectors):
    app = explore(run("why_attention", lang="en", text=TEXT), STATE, why_attention_strength=0.5)
    np.testing.assert_allclose(chart_numbers(app, "states"), recurrent_reach(vectors, strength=0.5).states, atol=1e-6)


def test_the_word_in_focus_is_told_by_how_much_its_absence_moves_the_last_state(run, vectors):
    app = explore(run("why_attention", lang="en", text=TEXT, token=5), ERASE)
    moved = chart_numbers(app, "erased", "y")
    np.testing.assert_allclose(moved, erased(vectors), rtol=1e-5)
    assert f"the last state moves by {number(100 * float(moved[5]), 2)}% of its length" in plain(app)


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
